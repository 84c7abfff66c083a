import type { CronSchedule } from "./contract.ts";
import { atMs, invalid } from "./cron-input.ts";

/**
 * When a schedule fires next, strictly after `after` (epoch milliseconds); undefined when never again. `every` counts
 * from its anchor, else from `createdAtMs`, so a restart does not shift it.
 * @throws UserError CRON_INVALID for an expression or time zone that is not one.
 */
export async function nextRunMs(
  schedule: CronSchedule,
  after: number,
  createdAtMs: number,
): Promise<number | undefined> {
  switch (schedule.kind) {
    case "at": {
      const when = atMs(schedule.at);
      return when > after ? when : undefined;
    }
    case "every": {
      const anchor = schedule.anchorMs ?? createdAtMs;
      if (after < anchor) return anchor;
      return anchor + (Math.floor((after - anchor) / schedule.everyMs) + 1) * schedule.everyMs;
    }
    case "cron": {
      const { Cron } = await import("croner");
      try {
        const cron = new Cron(schedule.expr, schedule.tz === undefined ? {} : { timezone: schedule.tz });
        return cron.nextRun(new Date(after))?.getTime();
      } catch (error) {
        const tz = schedule.tz === undefined ? "" : ` in time zone ${JSON.stringify(schedule.tz)}`;
        throw invalid(
          `schedule.expr ${JSON.stringify(schedule.expr)}${tz}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}
