export type { AbortCause, Tool, ToolEffect } from "./contract.ts";
export { createAgentRunner, type AgentEngine, type AsideCommands, type MediaReader } from "./runner.ts";
export type { DeviceRequests } from "./pair-command.ts";
export { heartbeatToken, isHeartbeat, worthTelling } from "./aside.ts";
export { silentReply } from "./prompt.ts";
export { usageFooter } from "./session-commands.ts";
export { createToolInvoker } from "./invoke.ts";
export { agentDefaults, type AgentSettings } from "./settings.ts";
export { chatCommandMenu, parseChatCommand, preemptsRun } from "./commands.ts";
export {
  declaredVariables,
  isVariableName,
  skillVariables,
  type SkillEntry,
  type SkillVariable,
} from "./skill-env.ts";
export { type SkillCache } from "./skills.ts";
export {
  skillsOf,
  skillsStatus,
  type SkillHost,
  type SkillsReport,
  type SkillStatus,
} from "./skills-status.ts";
