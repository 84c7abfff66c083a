import { UsageError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, jsonOption } from "../../options.ts";
import { connectWith, timeoutOf } from "../../remote-options.ts";

export const run: CommandBody = async (context, [method = ""], options) => {
  const params = jsonOption(options, "params") ?? {};
  if (!isObject(params)) {
    throw new UsageError("--params must be a JSON object", {
      hint: `e.g. --params '{"limit": 5}'`,
    });
  }
  const client = await connectWith(context, options);
  try {
    const timeoutMs = timeoutOf(options);
    const answer = flag(options, "expectFinal")
      ? await client.callTwice(method, params, { timeoutMs, signal: context.signal })
      : await client.call(method, params, { timeoutMs, signal: context.signal });
    if (!flag(options, "json") && context.out.isTTY) context.out.note(`${method}: ok`);
    context.out.json(answer);
  } finally {
    client.close();
  }
};
