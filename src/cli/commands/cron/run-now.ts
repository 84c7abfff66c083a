import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { onJob } from "./jobs.ts";
import { show } from "../../format.ts";

/** A job may be an agent turn: as long as that may take. */
const timeoutMs = 660_000;

export const run: CommandBody = async (context, [typed = ""], options) => {
  const { job, answer } = await onJob(context, typed, {
    method: "cron.run",
    params: { mode: flag(options, "due") ? "due" : "force" },
    timeoutMs,
  });
  const ran = isObject(answer) && answer.ran === true;
  if (flag(options, "json")) context.out.json(answer);
  else if (ran) context.out.line(`Ran ${String(job.name)}.`);
  else context.out.line(`${String(job.name)} did not run: ${isObject(answer) ? show(answer.reason) : "?"}`);
  return ran || flag(options, "due") ? 0 : 1;
};
