export { createHeartbeatService, type HeartbeatDeps } from "./service.ts";
export { createHeartbeatStore, type HeartbeatStore } from "./store.ts";
export { heartbeatSettings } from "./settings.ts";
export {
  heartbeatReasons,
  type AgentHeartbeat,
  type HeartbeatEvent,
  type HeartbeatReason,
  type HeartbeatService,
  type HeartbeatSettings,
} from "./contract.ts";
