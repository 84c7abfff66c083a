import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { placeOf, required } from "./options.ts";

export const create: CommandBody = async (context, _args, options) => {
  const messageId = text(options, "messageId");
  const answer = await callGateway(context, {
    method: "message.thread.create",
    params: {
      ...placeOf(options),
      name: required(options, "name", "--name"),
      ...(messageId === undefined ? {} : { messageId }),
    },
    options: { timeout: "30000" },
  });
  if (flag(options, "json")) return context.out.json(answer);
  const made = isObject(answer) ? answer : {};
  context.out.line(
    made.dryRun === true ? `Would start it in ${String(made.to)}` : `Thread ${String(made.threadId)} started`,
  );
};

export const list: CommandBody = async (context, _args, options) => {
  const channel = text(options, "channel");
  const accountId = text(options, "account");
  const answer = await callGateway(context, {
    method: "channels.directory",
    params: {
      kind: "thread",
      ...(channel === undefined ? {} : { channel }),
      ...(accountId === undefined ? {} : { accountId }),
    },
    options: { timeout: "30000" },
  });
  if (flag(options, "json")) return context.out.json(answer);
  const entries = isObject(answer) && Array.isArray(answer.entries) ? answer.entries.filter(isObject) : [];
  if (entries.length === 0) return context.out.line("No threads.");
  context.out.table(entries.map(({ id, name }) => ({ id: String(id), name: String(name) })));
};
