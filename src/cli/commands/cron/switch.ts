import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { onJob } from "./jobs.ts";

const body =
  (enabled: boolean): CommandBody =>
  async (context, [typed = ""], options) => {
    const request = { method: "cron.update", params: { patch: { enabled } } };
    const { job, answer } = await onJob(context, typed, request);
    if (flag(options, "json")) return context.out.json(answer);
    context.out.line(`${String(job.name)} is ${enabled ? "on" : "off"}.`);
  };

export const enable = { run: body(true) };
export const disable = { run: body(false) };
