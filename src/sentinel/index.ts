export { lookAndTell, watch, type SentinelOptions } from "./sentinel.ts";
export type { Condition, Delivery, Notice, SentinelReport, SentinelSettings } from "./contract.ts";
