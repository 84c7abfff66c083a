import type { GatewayClient } from "../../../client/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";

/** The nodes the gateway knows, connected ones first. */
export async function listNodes(client: GatewayClient): Promise<Array<Record<string, unknown>>> {
  const answer = await client.call("node.list", {});
  return isObject(answer) && Array.isArray(answer.nodes) ? answer.nodes.filter(isObject) : [];
}

/** The id of the node meant by an id, the beginning of one, or a display name. @throws UserError NODE_UNKNOWN */
export async function findNode(client: GatewayClient, typed: string): Promise<string> {
  const nodes = await listNodes(client);
  const hits = nodes.filter((node) => String(node.nodeId).startsWith(typed) || node.displayName === typed);
  const exact = hits.find((node) => node.nodeId === typed) ?? (hits.length === 1 ? hits[0] : undefined);
  if (exact) return String(exact.nodeId);
  throw new UserError(
    "NODE_UNKNOWN",
    hits.length > 1
      ? `${JSON.stringify(typed)} fits ${hits.length} nodes`
      : `there is no node ${JSON.stringify(typed)}`,
    { hint: "openclaw nodes list" },
  );
}

/** Milliseconds the gateway gives people to approve what a node was asked (and a little for the way). */
const approvalMs = 125_000;

/** `node.invoke`, and a word on standard error when the answer waits for a person. */
export async function whilePeopleAnswer(
  context: CommandContext,
  client: GatewayClient,
  request: { call: { nodeId: string } & Record<string, unknown>; timeoutMs: number },
): Promise<unknown> {
  const { call, timeoutMs } = request;
  const stop = client.onEvent(({ event, payload }) => {
    if (event !== "exec.approval.requested" || !isObject(payload) || !isObject(payload.request)) return;
    if (!String(payload.request.host).startsWith("node:")) return;
    const id = String(payload.id);
    context.out.note(`Waiting for approval of: ${String(payload.request.command)}`);
    context.out.note(`Allow it here or anywhere: openclaw approvals approve ${id}`);
  });
  try {
    return await client.call("node.invoke", call, {
      timeoutMs: timeoutMs + approvalMs,
      signal: context.signal,
    });
  } finally {
    stop();
  }
}
