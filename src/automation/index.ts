export { createCronService } from "./cron-service.ts";
export { createCronStore } from "./cron-store.ts";
export { cronJobInput, atMs as cronAtMs } from "./cron-input.ts";
export { nextRunMs } from "./next-run.ts";
export type { CronJob, CronRunEntry, CronService } from "./contract.ts";
export { createSystemEvents, type SystemEvent, type SystemEvents } from "./system-events.ts";
export * from "./heartbeat/index.ts";
