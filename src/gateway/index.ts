export { createGatewayServer } from "./server.ts";
export { createDoors, type Doors } from "./doors.ts";
export type { GatewayServer, ServerHandle, ServerParts } from "./server-types.ts";
export { resolveBind, refuseOpenBind } from "./bind.ts";
export { type ServerSettings } from "./settings.ts";
export { createLiveRuns } from "./live-runs.ts";
export { loadStaticManifest, type StaticManifest } from "./http/static.ts";
export { FailedResult } from "./results.ts";
export { method } from "./contract.ts";
