import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, [key = ""], options) => {
  const answer = await callGateway(context, { method: "sessions.reset", params: { key } });
  if (flag(options, "json")) return context.out.json(answer);
  const canonical = isObject(answer) && typeof answer.key === "string" ? answer.key : key;
  context.out.line(`Reset ${canonical}: the next message starts a new conversation.`);
};
