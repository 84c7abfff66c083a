import type { Principal } from "../../core/authority.ts";
import { OpenClawError } from "../../core/errors.ts";
import { parseJson } from "../../guard/index.ts";
import type { ApprovalService } from "../../sandbox/contract.ts";
import { allowedCommands } from "./commands.ts";
import { refuseCommand } from "./registry.ts";
import type { NodeListDeps } from "./rows.ts";
import { askAboutRun, withoutApproval } from "./run-approval.ts";

const defaultTimeoutMs = 30_000;
const maxTimeoutMs = 600_000;

export interface NodeInvokeDeps extends NodeListDeps {
  /** Where people are asked about what a node may run; null refuses it. */
  approvals: ApprovalService | null;
}

export interface InvokeParams {
  nodeId: string;
  command: string;
  params?: unknown;
  timeoutMs?: number | undefined;
  idempotencyKey: string;
}

/** Who asks; built from a verified connection or a run, never from parameters. */
export interface NodeCaller {
  principal: Principal;
  /** Whose idempotency keys these are. */
  id: string;
  /** Ends the wait for people's answer. */
  signal: AbortSignal;
  /** Calls the command off on the node as well, when it is aborted. */
  cancel?: AbortSignal;
  /** A plan of this node that was agreed to already: people are not asked here again. */
  approval?: { planId: string; approvalDecision?: "allow-once" | "allow-always" };
}

/**
 * One command on a node, and back with its answer. A command the node's own policy wants approved is asked about here,
 * and sent a second time with the answer.
 * @throws UserError INVALID_REQUEST not allowed, NODE_RUN_DENIED; OpenClawError UNAVAILABLE
 */
export async function invokeNode(
  deps: NodeInvokeDeps,
  call: InvokeParams,
  caller: NodeCaller,
): Promise<{ ok: true; nodeId: string; command: string; payload: unknown; payloadJSON: string | null }> {
  const { nodeId, command } = call;
  const node = deps.nodes.get(nodeId);
  // The platform of the pairing counts, not what the node says today (threats.md 4.1, unsigned metadata).
  const platform = deps.devices.get(nodeId)?.platform;
  if (node) {
    if (!allowedCommands(platform, deps.settings().nodes).has(command)) refuseCommand(command, "not-allowed");
    if (!node.commands.includes(command)) refuseCommand(command, "not-declared");
  }
  const params = withoutApproval(command, call.params);
  const ask = (sent: unknown, idempotencyKey: string) =>
    deps.nodes.invoke({
      nodeId,
      command,
      params: sent,
      timeoutMs: Math.min(maxTimeoutMs, call.timeoutMs || defaultTimeoutMs),
      idempotencyKey,
      caller: caller.id,
      runId: runIdOf(params),
      cancel: caller.cancel,
    });
  const { approval } = caller;
  let result = await ask(approval ? { ...(params as object), ...approval } : params, call.idempotencyKey);
  if (command === "system.run" && deps.approvals !== null && !approval) {
    const name = node?.connection.client.displayName ?? nodeId.slice(0, 16);
    const answer = await askAboutRun({
      approvals: deps.approvals,
      node: { nodeId, name },
      result,
      params,
      signal: caller.signal,
    });
    if (answer !== null)
      result = await ask({ ...(params as object), ...answer }, `${call.idempotencyKey}:approved`);
  }
  if (!result.ok) {
    const { code, message } = result.error ?? {};
    throw new OpenClawError("UNAVAILABLE", message ?? "node invoke failed", {
      details: { nodeError: { code: code ?? "UNKNOWN", message: message ?? "" } },
    });
  }
  const payload =
    result.payload ?? (result.payloadJSON === undefined ? null : parseNodePayload(result.payloadJSON));
  return { ok: true, nodeId, command, payload, payloadJSON: result.payloadJSON ?? null };
}

function parseNodePayload(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // The caller still gets the text itself as payloadJSON.
    return null;
  }
}

function runIdOf(params: unknown): string | undefined {
  const runId = (params as { runId?: unknown } | null | undefined)?.runId;
  return typeof runId === "string" && runId !== "" ? runId.slice(0, 256) : undefined;
}
