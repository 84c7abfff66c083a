import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, dateTime } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const last = await callGateway(context, { method: "last-heartbeat" });
  if (flag(options, "json")) return out.json(last);
  if (!isObject(last) || typeof last.ts !== "number") return out.line("No heartbeat yet.");
  out.pairs([
    ["At", `${dateTime(last.ts)} (${ago(last.ts, clock.now())})`],
    ["Status", String(last.status)],
    ...(["channel", "to", "reason", "preview"] as const).flatMap((key): Array<[string, string]> =>
      typeof last[key] === "string" ? [[key.charAt(0).toUpperCase() + key.slice(1), last[key]]] : [],
    ),
  ]);
};
