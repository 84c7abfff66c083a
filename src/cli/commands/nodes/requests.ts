import type { GatewayClient } from "../../../client/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";

/** A node that asks to be let in, and the namespace that answers it. */
export interface NodeRequest {
  requestId: string;
  nodeId: string;
  name: string;
  platform: string;
  remoteIp: string;
  ts: number | null;
  /** Nodes ask by connecting; older apps ask through an operator. */
  method: "device.pair" | "node.pair";
}

/** Both kinds of requests, newest first. */
export async function nodeRequests(client: GatewayClient): Promise<NodeRequest[]> {
  const [devices, nodes] = await Promise.all([
    client.call("device.pair.list", {}),
    client.call("node.pair.list", {}),
  ]);
  const rows = (answer: unknown) =>
    isObject(answer) && Array.isArray(answer.pending) ? answer.pending.filter(isObject) : [];
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : "-");
  const asRequest = (row: Record<string, unknown>, method: NodeRequest["method"]): NodeRequest => ({
    requestId: text(row.requestId),
    nodeId: text(row.deviceId ?? row.nodeId),
    name: text(row.displayName),
    platform: text(row.platform),
    remoteIp: text(row.remoteIp),
    ts: typeof row.ts === "number" ? row.ts : null,
    method,
  });
  return [
    ...rows(devices)
      .filter((row) => row.role === "node")
      .map((row) => asRequest(row, "device.pair")),
    ...rows(nodes).map((row) => asRequest(row, "node.pair")),
  ];
}

/** Answers the one request whose id begins with `prefix`. @throws UserError NODE_REQUEST_UNKNOWN */
export async function answerRequest(
  context: CommandContext,
  prefix: string,
  verb: "approve" | "reject",
): Promise<NodeRequest> {
  const client = await context.connect();
  try {
    const hits = (await nodeRequests(client)).filter(({ requestId }) => requestId.startsWith(prefix));
    const [only, ...more] = hits;
    if (!only || more.length > 0) {
      throw new UserError(
        "NODE_REQUEST_UNKNOWN",
        only
          ? `${JSON.stringify(prefix)} is the beginning of ${hits.length} requests`
          : `no node asks under ${JSON.stringify(prefix)}`,
        { hint: "openclaw nodes pending" },
      );
    }
    await client.call(`${only.method}.${verb}`, { requestId: only.requestId });
    return only;
  } finally {
    client.close();
  }
}
