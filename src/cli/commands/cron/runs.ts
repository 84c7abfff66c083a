import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { dateTime, duration, show } from "../../format.ts";
import { flag, integer } from "../../options.ts";
import { onJob } from "./jobs.ts";

export const run: CommandBody = async (context, [typed = ""], options) => {
  const { out } = context;
  const limit = integer(options, "limit", { min: 1, max: 5000, default: 50 });
  const { answer } = await onJob(context, typed, { method: "cron.runs", params: { limit } });
  if (flag(options, "json")) return out.json(answer);
  const entries = isObject(answer) && Array.isArray(answer.entries) ? answer.entries.filter(isObject) : [];
  if (entries.length === 0) return out.line("It has not run yet.");
  out.table(
    entries.map((entry) => ({
      at: dateTime(Number(entry.runAtMs ?? entry.ts)),
      status: show(entry.status),
      took: typeof entry.durationMs === "number" ? duration(entry.durationMs) : "-",
      summary: show(entry.error, entry.summary, ""),
    })),
  );
};
