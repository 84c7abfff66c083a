import type { GatewayClient } from "../../../client/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import type { ApprovalDecision } from "../../../app/contract.ts";
import { show } from "../../format.ts";

export interface PendingApproval {
  id: string;
  command: string;
  cwd: string | null;
  /** Where it would run: `gateway`, or a node. */
  host: string | null;
  resolvedPath: string | null;
  agentId: string | null;
  sessionKey: string | null;
  createdAtMs: number | null;
  expiresAtMs: number | null;
}

/** Pending requests, whether the gateway lists records or requests. */
export async function pendingApprovals(
  client: GatewayClient,
  context: CommandContext,
): Promise<PendingApproval[]> {
  const answer = await client.call("exec.approval.list", {}, { signal: context.signal });
  const list = Array.isArray(answer)
    ? answer
    : isObject(answer)
      ? (answer.pending ?? answer.approvals ?? answer.requests)
      : [];
  return (Array.isArray(list) ? list : []).filter(isObject).map((row) => {
    const request = isObject(row.request) ? { ...row.request, ...row } : row;
    const nested = isObject(row.request) ? row.request : row;
    const pick = (name: string): unknown => nested[name] ?? request[name];
    return {
      id: String(row.id ?? nested.id),
      command: show(pick("command"), ""),
      cwd: textOf(pick("cwd")),
      host: textOf(pick("host")),
      resolvedPath: textOf(pick("resolvedPath")),
      agentId: textOf(pick("agentId")),
      sessionKey: textOf(pick("sessionKey")),
      createdAtMs: numberOf(pick("createdAtMs")),
      expiresAtMs: numberOf(pick("expiresAtMs")),
    };
  });
}

/** Answers the request whose id begins with `prefix`. @throws UserError APPROVAL_UNKNOWN */
export async function decide(
  context: CommandContext,
  prefix: string,
  options: { decision: ApprovalDecision; json: boolean },
): Promise<void> {
  const client = await context.connect();
  try {
    const pending = await pendingApprovals(client, context);
    const hits = pending.filter((row) => row.id === prefix || row.id.startsWith(prefix));
    const hit = hits.find((row) => row.id === prefix) ?? hits[0];
    if (!hit || (hits.length > 1 && hit.id !== prefix)) {
      throw new UserError(
        "APPROVAL_UNKNOWN",
        hit
          ? `${JSON.stringify(prefix)} is the beginning of ${hits.length} requests`
          : `no request ${JSON.stringify(prefix)} waits for an answer`,
        { hint: "openclaw approvals list" },
      );
    }
    await client.call("exec.approval.resolve", { id: hit.id, decision: options.decision });
    if (options.json) context.out.json({ ok: true, id: hit.id, decision: options.decision });
    else context.out.line(`${options.decision === "deny" ? "Denied" : "Allowed"}: ${hit.command}`);
  } finally {
    client.close();
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
