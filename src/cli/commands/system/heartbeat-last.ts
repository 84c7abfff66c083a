import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, dateTime } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

const labels = {
  agentId: "Agent",
  channel: "Channel",
  to: "To",
  detail: "Because",
  preview: "Said",
  runId: "Run",
} as const;

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const last = await callGateway(context, { method: "last-heartbeat", options });
  if (flag(options, "json")) return out.json(last);
  if (!isObject(last) || typeof last.ts !== "number") return out.line("No heartbeat yet.");
  out.pairs([
    ["At", `${dateTime(last.ts)} (${ago(last.ts, clock.now())})`],
    ["Status", String(last.status)],
    ...(["agentId", "channel", "to", "detail", "preview", "runId"] as const).flatMap(
      (key): Array<[string, string]> => (typeof last[key] === "string" ? [[labels[key], last[key]]] : []),
    ),
  ]);
};
