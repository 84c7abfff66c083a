export { createCronService, type CronServiceDeps } from "./cron-service.ts";
export { createCronStore, type CronStore } from "./cron-store.ts";
export type {
  CronEvent,
  CronJob,
  CronJobInput,
  CronRunEntry,
  CronSchedule,
  CronService,
} from "./contract.ts";
