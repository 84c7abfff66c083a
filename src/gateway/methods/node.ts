import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { parseJson } from "../../guard/index.ts";
import { method, type CallContext, type Method } from "../contract.ts";
import { isPowerful } from "../nodes/commands.ts";
import { invokeNode, type NodeCaller, type NodeInvokeDeps } from "../nodes/invoke.ts";
import { listNodes } from "../nodes/rows.ts";
import type { SystemEvents } from "../../automation/system-events.ts";

const id = z.string().min(1).max(256);
const maxSubscriptions = 64;

export interface NodeMethodDeps extends NodeInvokeDeps {
  systemEvents: Pick<SystemEvents, "push">;
}

/** The caller behind a connection. */
export function callerOf({ principal, connection, signal }: CallContext): NodeCaller {
  return { principal, id: connection.deviceId ?? principal.kind, signal };
}

/** `node.list`, `node.describe`, `node.invoke` and what nodes call: `node.invoke.result`, `node.event` (protocol.md 3.9). */
export function createNodeMethods(deps: NodeMethodDeps): Method[] {
  const { nodes, systemEvents } = deps;
  return [
    method({
      name: "node.list",
      authority: "read",
      params: () => z.object({}),
      handler: (_params, { clock }) => ({ ts: clock.now(), nodes: listNodes(deps) }),
    }),
    method({
      name: "node.describe",
      authority: "read",
      params: () => z.object({ nodeId: id }),
      handler({ nodeId }, { clock }) {
        const node = listNodes(deps).find((entry) => entry.nodeId === nodeId);
        if (node) return { ts: clock.now(), ...node };
        throw new UserError("INVALID_REQUEST", `unknown nodeId ${JSON.stringify(nodeId.slice(0, 80))}`, {
          hint: "openclaw nodes list",
        });
      },
    }),
    method({
      name: "node.invoke",
      authority: "write",
      // Running code or a browser over there is what running it here is.
      authorityFor: ({ command }) => (isPowerful(command) ? "admin" : "write"),
      params: () =>
        z.object({
          nodeId: id,
          command: id,
          params: z.unknown().optional(),
          timeoutMs: z.int().min(0).optional(),
          idempotencyKey: id,
        }),
      handler: (params, context) => invokeNode(deps, params, callerOf(context)),
    }),
    method({
      name: "node.invoke.result",
      authority: "node",
      params: () =>
        z.object({
          id,
          nodeId: id,
          ok: z.boolean(),
          payload: z.unknown().optional(),
          payloadJSON: z.string().nullish(),
          error: z
            .object({ code: z.string().max(256).nullish(), message: z.string().max(4000).nullish() })
            .nullish(),
        }),
      handler({ id: callId, nodeId, ok, payload, payloadJSON, error }, { connection }) {
        if (nodeId !== connection.deviceId) throw new UserError("INVALID_REQUEST", "nodeId mismatch");
        const taken = nodes.settle(nodeId, callId, {
          ok,
          payload,
          payloadJSON: payloadJSON ?? undefined,
          error: error ? { code: error.code ?? undefined, message: error.message ?? undefined } : undefined,
        });
        return taken ? { ok: true } : { ok: true, ignored: true };
      },
    }),
    method({
      name: "node.event",
      authority: "node",
      params: () =>
        z.object({ event: id, payload: z.unknown().optional(), payloadJSON: z.string().nullish() }),
      async handler({ event, payload, payloadJSON }, { connection, logger }) {
        const node = nodes.get(connection.deviceId ?? "");
        if (!node) return { ok: true, ignored: true };
        const body = eventBody.safeParse(payloadJSON ? parseJson(payloadJSON) : (payload ?? {}));
        const { sessionKey, runId, command, exitCode } = body.success ? body.data : {};
        if (event === "chat.subscribe" && sessionKey !== undefined) {
          if (node.subscriptions.size < maxSubscriptions) node.subscriptions.add(sessionKey);
          return { ok: true };
        }
        if (event === "chat.unsubscribe" && sessionKey !== undefined) {
          node.subscriptions.delete(sessionKey);
          return { ok: true };
        }
        // A node reports on work it was given and starts nothing by itself (threats.md section 1).
        if (event.startsWith("exec.") && runId !== undefined && nodes.ownsRun(node.nodeId, runId)) {
          const what = `${event} on node ${node.nodeId.slice(0, 12)}: ${command ?? ""} (exit ${exitCode ?? "?"})`;
          await systemEvents.push({ text: what, source: `node:${node.nodeId}` });
          return { ok: true };
        }
        logger.info("a node event was ignored", { event: event.slice(0, 64), nodeId: node.nodeId });
        return { ok: true, ignored: true };
      },
    }),
  ];
}

const eventBody = z.object({
  sessionKey: id.optional(),
  runId: id.optional(),
  command: z.string().max(1000).optional(),
  exitCode: z.number().nullish(),
});
