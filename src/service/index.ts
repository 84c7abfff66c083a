// The gateway, or a node host, as a service of the operating system: definitions as text, and the managers that run them.
export type * from "./contract.ts";
export { lookUpAccount } from "./account.ts";
export { findDrift, nodeOptions, type Drift } from "./drift.ts";
export { checkAccountName, isSecretText } from "./grammar.ts";
export { detectSupervisor, resolveGatewayService, resolveNodeService, thisHost, wslAdvice } from "./host.ts";
export { serviceNames } from "./names.ts";
export { createServiceNotifier, type ServiceNotifier } from "./notify.ts";
export { buildServiceSpec, type SpecInput } from "./spec.ts";
export { resolveTimer, type Timer, type TimerJob, type TimerSpec, type TimerState } from "./timer.ts";
export { configExitStatus } from "./systemd-unit.ts";
