import { readFileSync } from "node:fs";
import { UsageError, messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { text } from "../../options.ts";
import { findNode } from "./nodes.ts";

export const run: CommandBody = async (context, [typed = ""], options) => {
  const source = text(options, "set");
  const file = source === undefined ? null : await document(context, source);
  const client = await context.connect();
  try {
    const nodeId = await findNode(client, typed);
    const now = await client.call("exec.approvals.node.get", { nodeId });
    if (file === null) return context.out.json(now);
    // Over what was read just now: a change in between is refused by the node.
    const baseHash = isObject(now) && now.exists === true ? now.hash : null;
    context.out.json(await client.call("exec.approvals.node.set", { nodeId, file, baseHash }));
  } finally {
    client.close();
  }
};

async function document(context: CommandContext, source: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(source === "-" ? await readAll(context.stdin) : readFileSync(source, "utf8"));
  } catch (cause) {
    throw new UsageError(`--set ${JSON.stringify(source)} cannot be read as JSON: ${messageOf(cause)}`, {
      hint: "openclaw nodes policy <node> prints one to start from, under `file`",
      cause,
    });
  }
  if (!isObject(value)) throw new UsageError(`--set ${JSON.stringify(source)} holds no JSON object`);
  return value;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += String(chunk);
  return all;
}
