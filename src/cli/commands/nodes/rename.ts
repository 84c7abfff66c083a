import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { findNode } from "./nodes.ts";

export const run: CommandBody = async (context, [typed = "", displayName = ""], options) => {
  const client = await context.connect();
  try {
    const nodeId = await findNode(client, typed);
    const answer = await client.call("node.rename", { nodeId, displayName });
    if (flag(options, "json")) return context.out.json(answer);
    context.out.line(`${nodeId.slice(0, 16)} is now called ${displayName}.`);
  } finally {
    client.close();
  }
};
