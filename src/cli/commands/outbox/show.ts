import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { dateTime } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { printableLine } from "../../terminal.ts";

export const run: CommandBody = async (context, [key = ""], options) => {
  const { out } = context;
  const answer = await callGateway(context, { method: "outbox.list", params: { key } });
  const row =
    isObject(answer) && Array.isArray(answer.deliveries)
      ? answer.deliveries.find((each) => isObject(each))
      : null;
  if (!isObject(row))
    throw new UserError("DELIVERY_UNKNOWN", `there is no delivery ${JSON.stringify(key)}`, {
      hint: "openclaw outbox list",
    });
  if (flag(options, "json")) return out.json(row);
  const target = isObject(row.target) ? row.target : {};
  const time = (value: unknown) => (typeof value === "number" ? dateTime(value) : "-");
  out.pairs([
    ["Delivery", String(row.key)],
    ["State", `${String(row.state)} after ${String(row.attempts)} tries`],
    ["To", `${String(target.channel)}/${String(target.account)} ${String(target.to)}`],
    ["Kind", isObject(row.content) ? String(row.content.kind) : "message"],
    ["Created", time(row.createdAt)],
    [
      row.state === "pending" ? "Next try" : "Settled",
      time(row.state === "pending" ? row.nextAttemptAt : row.settledAt),
    ],
    ...(typeof row.lastError === "string"
      ? [["Last error", printableLine(row.lastError)] as [string, string]]
      : []),
    ...(typeof row.runId === "string" ? [["Run", row.runId] as [string, string]] : []),
    ["Text", printableLine(String(row.text))],
  ]);
};
