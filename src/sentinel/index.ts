export { lookAndTell, watch } from "./sentinel.ts";
export type { SentinelReport, SentinelSettings } from "./contract.ts";
