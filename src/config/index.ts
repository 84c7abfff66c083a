export type * from "./contract.ts";
export { agentEntry, agentIds, configuredAgents, defaultAgentId, type AgentEntry } from "./agents.ts";
export * from "./schema/index.ts";
export { formatPath, getAt, parsePath } from "./config-path.ts";
export type { FlagValue } from "./overlay.ts";
export { invalid as configInvalid, openConfigStore, type ConfigStoreOptions } from "./store.ts";
export { nearest } from "./unknown-keys.ts";
export { diffConfigs, type ConfigChange } from "./diff.ts";
export { redactValue } from "./redact.ts";
