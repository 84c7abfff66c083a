import { z } from "zod";
import { uuid } from "../../core/ids.ts";
import type { ApprovalDecision, ApprovalRecord } from "../../sandbox/contract.ts";
import { method, type CallContext, type GatewayServices, type Method } from "../contract.ts";

const named = z.string().min(1);
const nullableText = z.string().nullable().optional();
const decisions = ["allow-once", "allow-always", "deny"] as const satisfies readonly ApprovalDecision[];
const defaultTimeoutMs = 120_000;
const longestTimeoutMs = 24 * 60 * 60 * 1000;

/** `exec.approval.*` and `exec.approvals.*` (protocol.md 3.10). */
export function createApprovalMethods(services: GatewayServices): Method[] {
  const { approvals } = services;
  return [
    method({
      name: "exec.approval.request",
      authority: "approvals",
      params: () =>
        z.strictObject({
          command: named,
          id: named.max(200).optional(),
          cwd: nullableText,
          host: nullableText,
          security: nullableText,
          ask: nullableText,
          agentId: nullableText,
          resolvedPath: nullableText,
          sessionKey: nullableText,
          timeoutMs: z.int().min(1).max(longestTimeoutMs).optional(),
        }),
      async handler(params, context) {
        const id = params.id ?? uuid();
        const record = await approvals.request(
          {
            id,
            command: params.command,
            cwd: params.cwd ?? null,
            host: params.host ?? null,
            security: params.security ?? null,
            ask: params.ask ?? null,
            agentId: params.agentId ?? null,
            resolvedPath: params.resolvedPath ?? null,
            sessionKey: params.sessionKey ?? null,
          },
          params.timeoutMs ?? defaultTimeoutMs,
        );
        const decided = record.decision === null ? await approvals.wait(id, context.signal) : record;
        return {
          id,
          decision: decided.decision,
          createdAtMs: decided.request.createdAtMs,
          expiresAtMs: decided.request.expiresAtMs,
        };
      },
    }),
    method({
      name: "exec.approval.resolve",
      authority: "approvals",
      params: () => z.strictObject({ id: named, decision: z.enum(decisions) }),
      async handler({ id, decision }, context) {
        await approvals.resolve(id, decision, nameOf(context));
        return { ok: true };
      },
    }),
    method({
      name: "exec.approval.list",
      authority: "approvals",
      params: () => z.strictObject({}),
      handler: () => ({ approvals: approvals.pending().map(requestedPayload) }),
    }),
    method({
      name: "exec.approvals.get",
      authority: "admin",
      params: () => z.strictObject({}),
      handler: () => services.execApprovals.get(),
    }),
    method({
      name: "exec.approvals.set",
      authority: "admin",
      params: () =>
        z.strictObject({ file: z.record(z.string(), z.unknown()), baseHash: z.string().optional() }),
      handler: ({ file, baseHash }) => services.execApprovals.set(file, baseHash),
    }),
  ];
}

function nameOf(context: CallContext): string {
  const { client } = context.connection;
  return client.displayName ?? client.id;
}

/**
 * Announces approvals to operators that may decide them (protocol.md 4). An approval that expires is not announced.
 * @returns stops announcing.
 */
export function createApprovalRelay(
  services: Pick<GatewayServices, "approvals" | "broadcaster" | "clock">,
): () => void {
  const { approvals, broadcaster, clock } = services;
  return approvals.subscribe(({ type, record }) => {
    const options = { droppable: true, requires: "approvals" } as const;
    if (type === "requested") {
      broadcaster.broadcast("exec.approval.requested", requestedPayload(record), options);
      return;
    }
    if (record.decision === null) return;
    broadcaster.broadcast(
      "exec.approval.resolved",
      {
        id: record.request.id,
        decision: record.decision,
        ...(record.resolvedBy === null ? {} : { resolvedBy: record.resolvedBy }),
        ts: record.resolvedAtMs ?? clock.now(),
      },
      options,
    );
  });
}

function requestedPayload({ request }: ApprovalRecord): Record<string, unknown> {
  return {
    id: request.id,
    request: {
      command: request.command,
      cwd: request.cwd,
      host: request.host,
      security: request.security,
      ask: request.ask,
      agentId: request.agentId,
      resolvedPath: request.resolvedPath,
      sessionKey: request.sessionKey,
      ...(request.toolName ? { toolName: request.toolName } : {}),
      ...(request.runId ? { runId: request.runId } : {}),
      ...(request.callId ? { callId: request.callId } : {}),
    },
    createdAtMs: request.createdAtMs,
    expiresAtMs: request.expiresAtMs,
  };
}
