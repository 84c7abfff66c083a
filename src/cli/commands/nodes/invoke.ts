import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { integer, jsonOption } from "../../options.ts";
import { findNode, whilePeopleAnswer } from "./nodes.ts";

export const run: CommandBody = async (context, [typed = "", command = ""], options) => {
  const timeoutMs = integer(options, "timeout", { min: 1, max: 3_600_000, default: 30_000 });
  const params = jsonOption(options, "params");
  const client = await context.connect();
  try {
    const nodeId = await findNode(client, typed);
    const call = {
      nodeId,
      command,
      timeoutMs,
      idempotencyKey: uuid(),
      ...(params === undefined ? {} : { params }),
    };
    const answer = await whilePeopleAnswer(context, client, { call, timeoutMs });
    context.out.json(isObject(answer) && "payload" in answer ? answer.payload : answer);
  } finally {
    client.close();
  }
};
