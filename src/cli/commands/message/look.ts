import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { dateTime } from "../../format.ts";
import { flag, integer, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { printableLine, truncate } from "../../terminal.ts";
import { placeOf, required } from "./options.ts";

export const read: CommandBody = async (context, _args, options) => {
  const before = text(options, "before");
  const answer = await callGateway(context, {
    method: "message.read",
    params: { ...placeOf(options), limit: limitOf(options), ...(before === undefined ? {} : { before }) },
    options: { timeout: "30000" },
  });
  if (flag(options, "json")) return context.out.json(answer);
  printMessages(context, answer);
};

export const search: CommandBody = async (context, _args, options) => {
  const answer = await callGateway(context, {
    method: "message.search",
    params: {
      ...placeOf(options, false),
      query: required(options, "query", "--query"),
      limit: limitOf(options),
    },
    options: { timeout: "30000" },
  });
  if (flag(options, "json")) return context.out.json(answer);
  printMessages(context, answer);
};

const limitOf = (options: Record<string, unknown>) =>
  integer(options, "limit", { min: 1, max: 200, default: 20 });

function printMessages({ out }: CommandContext, answer: unknown): void {
  const messages = isObject(answer) && Array.isArray(answer.messages) ? answer.messages.filter(isObject) : [];
  if (messages.length === 0) return out.line("No messages.");
  for (const message of messages) {
    const who = String(message.senderName ?? message.senderId);
    const when = typeof message.sentAt === "number" ? dateTime(message.sentAt) : "";
    out.line(
      `${out.style.dim(when)}  ${printableLine(who)}: ${truncate(printableLine(String(message.text)), 300)}`,
    );
  }
}
