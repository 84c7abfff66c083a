export type {
  AbortCause,
  AgentRunner,
  RunHooks,
  Tool,
  ToolContext,
  ToolEffect,
  ToolOutput,
} from "./contract.ts";
export {
  createAgentRunner,
  type AgentEngine,
  type AgentRunnerDeps,
  type AsideCommands,
  type MediaReader,
} from "./runner.ts";
export type { DeviceRequests } from "./pair-command.ts";
export { heartbeatToken, isHeartbeat, worthTelling } from "./aside.ts";
export { silentReply } from "./prompt.ts";
export { usageFooter } from "./session-commands.ts";
export { createToolInvoker, type ToolInvocation } from "./invoke.ts";
export {
  agentDefaults,
  nonOwnerPolicy,
  type AgentSettings,
  type CompactionSettings,
  type ToolPolicySettings,
} from "./settings.ts";
export {
  canonicalToolName,
  decideTool,
  policySessionKind,
  type PolicySessionKind,
  type ToolDecision,
  type ToolPolicyInput,
  type ToolPolicyLayer,
} from "./tools-policy.ts";
export {
  chatCommandMenu,
  parseChatCommand,
  preemptsRun,
  runChatCommand,
  type ChatCommand,
  type ChatCommandDeps,
  type ChatCommandResult,
} from "./commands.ts";
export {
  declaredVariables,
  isVariableName,
  skillVariables,
  type SkillEntry,
  type SkillVariable,
} from "./skill-env.ts";
export { loadSkillsFromDir, type Skill, type SkillCache } from "./skills.ts";
export {
  skillsOf,
  skillsStatus,
  type SkillHost,
  type SkillInstall,
  type SkillsReport,
  type SkillStatus,
} from "./skills-status.ts";
export { workspaceFileNames } from "./workspace-files.ts";
