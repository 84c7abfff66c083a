import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { setting } from "../../target.ts";
import { listJobs, scheduleText, stateTime } from "./jobs.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const client = await context.connect();
  try {
    const jobs = await listJobs(client, flag(options, "all"));
    if (flag(options, "json")) return out.json({ jobs });
    if (jobs.length === 0) return out.line("No scheduled jobs.");
    out.table(
      jobs.map((job) => {
        const next = stateTime(job, "nextRunAtMs");
        const last = setting(job, "state.lastStatus");
        return {
          job: String(job.id).slice(0, 8),
          name: String(job.name),
          schedule: scheduleText(job),
          next: job.enabled === false ? "disabled" : next === null ? "-" : ago(next, clock.now()),
          last:
            typeof last === "string" ? `${last} ${ago(stateTime(job, "lastRunAtMs"), clock.now())}` : "never",
        };
      }),
    );
  } finally {
    client.close();
  }
};
