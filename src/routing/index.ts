export { createChannelHost } from "./channel-host.ts";
export type { AccountHealth, AccountSettings } from "./accounts.ts";
export { createRunService, type RunServiceSettings } from "./run-service.ts";
export type { AccountPolicy } from "./admit.ts";
export type { ChannelHost, RunService, Submission, Submitted } from "./contract.ts";
