import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, show } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const answer = await callGateway(context, { method: "cron.status" });
  if (flag(options, "json") || !isObject(answer)) return out.json(answer);
  const next = typeof answer.nextWakeAtMs === "number" ? ago(answer.nextWakeAtMs, clock.now()) : "-";
  out.pairs([
    ["Scheduler", answer.enabled === true ? "on" : "off"],
    ["Jobs", show(answer.jobs, 0)],
    ["Next", next],
  ]);
};
