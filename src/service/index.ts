// The gateway, or a node host, as a service of the operating system: definitions as text, and the managers that run them.
export type * from "./contract.ts";
export { lookUpAccount } from "./account.ts";
export { findDrift, nodeOptions, type Drift } from "./drift.ts";
export { detectSupervisor, resolveGatewayService, resolveNodeService, thisHost, wslAdvice } from "./host.ts";
export { serviceNames } from "./names.ts";
export { buildServiceSpec } from "./spec.ts";
export { resolveTimer, type Timer, type TimerSpec, type TimerState } from "./timer.ts";
