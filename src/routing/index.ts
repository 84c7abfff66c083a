export { createChannelHost } from "./channel-host.ts";
export type { AccountHealth, AccountRouting, AccountSettings } from "./accounts.ts";
export { createRunService, type RunServiceSettings } from "./run-service.ts";
export type { AccountPolicy, GroupPolicy } from "./admit.ts";
export { createGate, type Gate } from "./admit-gate.ts";
export { answeringAgents, type Binding } from "./bindings.ts";
export { createGroupHistory, type GroupHistory } from "./group-history.ts";
export { createPairingDesk, type ApprovedSender, type PairingDesk, type PendingPairing } from "./pairing.ts";
export type { ChannelHost, RunService, Submission, Submitted } from "./contract.ts";
