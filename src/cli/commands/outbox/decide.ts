import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const retry: CommandBody = async (context, [key = ""], options) => {
  const answer = await callGateway(context, { method: "outbox.retry", params: { key } });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`${key} is sent once more`);
};

export const drop: CommandBody = async (context, [key = ""], options) => {
  const answer = await callGateway(context, { method: "outbox.drop", params: { key } });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`${key} is given up`);
};
