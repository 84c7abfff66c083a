export { createGatewayServer } from "./server.ts";
export { createDoors, type Doors } from "./doors.ts";
export type {
  GatewayServer,
  GatewayServerOptions,
  HealthSource,
  ServerAddress,
  ServerHandle,
  ServerParts,
  StopOptions,
} from "./server-types.ts";
export { resolveBind, refuseOpenBind, type ResolvedBind } from "./bind.ts";
export { defaultLimits, type BindMode, type ServerLimits, type ServerSettings } from "./settings.ts";
export { createLiveRuns } from "./live-runs.ts";
export { loadStaticManifest, type StaticManifest } from "./http/static.ts";
export type { Route, RouteRequest } from "./http/route.ts";
export { FailedResult, RawJson } from "./results.ts";
export { method } from "./contract.ts";
