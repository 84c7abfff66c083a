import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { onJob } from "./jobs.ts";

export const run: CommandBody = async (context, [typed = ""], options) => {
  const { job, answer } = await onJob(context, typed, { method: "cron.remove" });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Removed ${String(job.name)}.`);
};
