export { createCronService, type CronServiceDeps } from "./cron-service.ts";
export { createCronStore, type CronStore } from "./cron-store.ts";
export { cronJobInput, atMs as cronAtMs } from "./cron-input.ts";
export { nextRunMs } from "./next-run.ts";
export type {
  CronEvent,
  CronJob,
  CronJobInput,
  CronRunEntry,
  CronSchedule,
  CronService,
} from "./contract.ts";
export { createSystemEvents, type SystemEvent, type SystemEvents } from "./system-events.ts";
export * from "./heartbeat/index.ts";
