import { z } from "zod";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { parseJson } from "../../guard/index.ts";
import { method, type CallContext, type Method } from "../contract.ts";
import type { ApprovalService } from "../../sandbox/contract.ts";
import type { DeviceStore } from "../devices/store.ts";
import { allowedCommands, isPowerful } from "../nodes/commands.ts";
import type { NodePairStore } from "../nodes/pair-store.ts";
import { refuseCommand, type NodeRegistry } from "../nodes/registry.ts";
import { askAboutRun, withoutApproval } from "../nodes/run-approval.ts";
import type { ServerSettings } from "../settings.ts";
import type { SystemEvents } from "../system-events.ts";

const id = z.string().min(1).max(256);
const defaultTimeoutMs = 30_000;
const maxTimeoutMs = 600_000;
const maxSubscriptions = 64;

export interface NodeMethodDeps {
  devices: DeviceStore;
  nodes: NodeRegistry;
  pairing: NodePairStore;
  settings: () => Pick<ServerSettings, "nodes">;
  systemEvents: SystemEvents;
  /** Where people are asked about what a node may run; null refuses it. */
  approvals: ApprovalService | null;
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
      handler: (params, context) => invokeNode(deps, params, context),
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
      handler({ event, payload, payloadJSON }, { connection, logger }) {
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
          systemEvents.push({ text: what, source: `node:${node.nodeId}` });
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

interface NodeRow {
  nodeId: string;
  displayName?: string | undefined;
  platform?: string | undefined;
  version?: string | undefined;
  remoteIp?: string | undefined;
  caps: readonly string[];
  commands: readonly string[];
  pathEnv?: string | undefined;
  permissions?: Record<string, boolean> | undefined;
  connectedAtMs?: number | undefined;
  paired: boolean;
  connected: boolean;
}

/** Paired devices with role node and what they are doing now, connected ones first. */
export function listNodes(
  deps: Pick<NodeMethodDeps, "devices" | "nodes" | "pairing" | "settings">,
): NodeRow[] {
  const rows = deps.devices
    .paired()
    .filter((device) => device.roles.includes("node"))
    .map((device): NodeRow => {
      const live = deps.nodes.get(device.deviceId);
      const named = deps.pairing.get(device.deviceId);
      const client = live?.connection.client;
      return {
        nodeId: device.deviceId,
        displayName:
          deps.pairing.nameOf(device.deviceId) ??
          named?.displayName ??
          client?.displayName ??
          device.displayName,
        platform: device.platform ?? client?.platform,
        version: client?.version,
        remoteIp: live?.remoteIp ?? device.remoteIp,
        caps: live?.caps ?? [],
        commands: live ? usable(live.commands, device.platform, deps) : [],
        pathEnv: live?.pathEnv,
        permissions: live?.permissions,
        connectedAtMs: live?.connection.connectedAt,
        paired: true,
        connected: live !== undefined,
      };
    });
  return rows.sort((a, b) => Number(b.connected) - Number(a.connected) || a.nodeId.localeCompare(b.nodeId));
}

function usable(
  commands: readonly string[],
  platform: string | undefined,
  deps: Pick<NodeMethodDeps, "settings">,
): string[] {
  const allowed = allowedCommands(platform, deps.settings().nodes);
  return [...new Set(commands)].filter((command) => allowed.has(command)).sort();
}

interface InvokeParams {
  nodeId: string;
  command: string;
  params?: unknown;
  timeoutMs?: number | undefined;
  idempotencyKey: string;
}

/**
 * One command on a node, and back with its answer. A command the node's own policy wants approved is asked about here,
 * and sent a second time with the answer.
 * @throws UserError INVALID_REQUEST not allowed, NODE_RUN_DENIED; OpenClawError UNAVAILABLE
 */
export async function invokeNode(
  deps: NodeMethodDeps,
  call: InvokeParams,
  context: CallContext,
): Promise<unknown> {
  const { nodeId, command } = call;
  const node = deps.nodes.get(nodeId);
  // The platform of the pairing counts, not what the node says today (threats.md 4.1, unsigned metadata).
  const platform = deps.devices.get(nodeId)?.platform;
  if (node) {
    if (!allowedCommands(platform, deps.settings().nodes).has(command)) refuseCommand(command, "not-allowed");
    if (!node.commands.includes(command)) refuseCommand(command, "not-declared");
  }
  const { principal, connection } = context;
  const params = withoutApproval(command, call.params);
  const ask = (sent: unknown, idempotencyKey: string) =>
    deps.nodes.invoke({
      nodeId,
      command,
      params: sent,
      timeoutMs: Math.min(maxTimeoutMs, call.timeoutMs || defaultTimeoutMs),
      idempotencyKey,
      caller: connection.deviceId ?? principal.kind,
      runId: runIdOf(params),
    });
  let result = await ask(params, call.idempotencyKey);
  if (command === "system.run" && deps.approvals !== null) {
    const name = node?.connection.client.displayName ?? nodeId.slice(0, 16);
    const approval = await askAboutRun({
      approvals: deps.approvals,
      node: { nodeId, name },
      result,
      params,
      signal: context.signal,
    });
    if (approval !== null)
      result = await ask({ ...(params as object), ...approval }, `${call.idempotencyKey}:approved`);
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
