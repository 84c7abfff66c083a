import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { findNode } from "./nodes.ts";

export const run: CommandBody = async (context, [typed = ""], options) => {
  const { out } = context;
  const client = await context.connect();
  try {
    const answer = await client.call("node.describe", { nodeId: await findNode(client, typed) });
    if (flag(options, "json") || !isObject(answer)) return out.json(answer);
    out.pairs(
      Object.entries(answer)
        .filter(([key]) => key !== "ts")
        .map(([key, value]) => [key, show(value)]),
    );
  } finally {
    client.close();
  }
};

function show(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return isObject(value) ? JSON.stringify(value) : String(value);
}
