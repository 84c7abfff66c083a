import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { closeCodes } from "../../protocol/index.ts";
import type { LiveConnection } from "../ws/connection.ts";

/** Answers of finished calls are kept for repeats of their idempotency key (protocol.md 1, "Dedupe cache"). */
const dedupeTtlMs = 300_000;
const dedupeMax = 1000;
const maxInFlightPerNode = 64;

export interface LiveNode {
  nodeId: string;
  connection: LiveConnection;
  /** What it says it can do; asked for only when its platform may. */
  commands: readonly string[];
  caps: readonly string[];
  pathEnv: string | undefined;
  permissions: Record<string, boolean> | undefined;
  remoteIp: string;
  /** Session keys it subscribed to. */
  subscriptions: Set<string>;
}

export interface NodeResult {
  ok: boolean;
  payload?: unknown;
  payloadJSON?: string | undefined;
  error?: { code?: string | undefined; message?: string | undefined } | undefined;
}

export interface NodeInvocation {
  nodeId: string;
  command: string;
  params: unknown;
  timeoutMs: number;
  idempotencyKey: string;
  /** Whose key it is: the same key of two callers is two calls. */
  caller: string;
  /** Run the call belongs to, when its parameters name one; the node may report on it afterwards. */
  runId?: string | undefined;
  /** Aborted: the node is told that nobody waits any more, and the call fails. */
  cancel?: AbortSignal | undefined;
}

export interface NodeRegistry {
  add(node: Omit<LiveNode, "subscriptions">): void;
  remove(connection: LiveConnection): void;
  get(nodeId: string): LiveNode | undefined;
  live(): Iterable<LiveNode>;
  /**
   * Asks a connected node and waits. @throws OpenClawError UNAVAILABLE: not connected (details.code NOT_CONNECTED),
   * timed out, gone meanwhile.
   */
  invoke(call: NodeInvocation): Promise<NodeResult>;
  /** A node's answer; false when it belongs to no call of that node that is still waiting. */
  settle(nodeId: string, id: string, result: NodeResult): boolean;
  /** Whether the run is one this node was asked to work on lately. */
  ownsRun(nodeId: string, runId: string): boolean;
}

interface Waiting {
  nodeId: string;
  finish(result: NodeResult | Error): void;
}

/** The nodes connected now and the calls they are working on. */
export function createNodeRegistry(clock: Clock): NodeRegistry {
  const nodes = new Map<string, LiveNode>();
  const waiting = new Map<string, Waiting>();
  const answers = new Map<string, { at: number; result: Promise<NodeResult> }>();
  const runs = new Map<string, { nodeId: string; at: number }>();

  const forget = <T extends { at: number }>(map: Map<string, T>) => {
    const oldest = clock.now() - dedupeTtlMs;
    for (const [key, entry] of map) {
      if (entry.at >= oldest && map.size <= dedupeMax) break;
      map.delete(key);
    }
  };

  const notConnected = (nodeId: string) =>
    new OpenClawError("UNAVAILABLE", `node ${JSON.stringify(nodeId.slice(0, 80))} is not connected`, {
      details: { code: "NOT_CONNECTED" },
      hint: "openclaw nodes status",
      retryable: true,
    });

  const calledOff = (command: string) => new OpenClawError("UNAVAILABLE", `${command} was called off`);

  const ask = (call: NodeInvocation): Promise<NodeResult> => {
    const node = nodes.get(call.nodeId);
    if (!node) return Promise.reject(notConnected(call.nodeId));
    const inFlight = [...waiting.values()].filter((entry) => entry.nodeId === call.nodeId).length;
    if (inFlight >= maxInFlightPerNode) {
      const text = `node ${JSON.stringify(call.nodeId.slice(0, 80))} is working on ${inFlight} calls already`;
      return Promise.reject(new OpenClawError("UNAVAILABLE", text, { retryable: true }));
    }
    if (call.cancel?.aborted) return Promise.reject(calledOff(call.command));
    return new Promise((resolve, reject) => {
      const id = uuid();
      const onAbort = () => {
        node.connection.sendEvent("node.invoke.cancel", { id, nodeId: call.nodeId });
        waiting.get(id)?.finish(calledOff(call.command));
      };
      const cancel = clock.after(call.timeoutMs, () => {
        const text = `node did not answer ${call.command} within ${call.timeoutMs} ms`;
        waiting.get(id)?.finish(new OpenClawError("UNAVAILABLE", text, { details: { code: "TIMEOUT" } }));
      });
      waiting.set(id, {
        nodeId: call.nodeId,
        finish(result) {
          waiting.delete(id);
          cancel();
          call.cancel?.removeEventListener("abort", onAbort);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      });
      call.cancel?.addEventListener("abort", onAbort, { once: true });
      const sent = node.connection.sendEvent("node.invoke.request", {
        id,
        nodeId: call.nodeId,
        command: call.command,
        paramsJSON: call.params === undefined ? null : JSON.stringify(call.params),
        timeoutMs: call.timeoutMs,
        idempotencyKey: call.idempotencyKey,
      });
      if (!sent) waiting.get(id)?.finish(notConnected(call.nodeId));
    });
  };

  const failCalls = (nodeId: string) => {
    for (const entry of waiting.values()) if (entry.nodeId === nodeId) entry.finish(notConnected(nodeId));
  };

  return {
    add(node) {
      // A node that reconnects before its old socket was noticed dead takes its place.
      const old = nodes.get(node.nodeId);
      if (old) {
        old.connection.close(closeCodes.policyViolation, "replaced by a newer connection");
        failCalls(node.nodeId);
      }
      nodes.set(node.nodeId, { ...node, subscriptions: new Set() });
    },
    remove(connection) {
      for (const node of nodes.values()) {
        if (node.connection !== connection) continue;
        nodes.delete(node.nodeId);
        failCalls(node.nodeId);
      }
    },
    get: (nodeId) => nodes.get(nodeId),
    live: () => nodes.values(),
    invoke(call) {
      forget(answers);
      forget(runs);
      const key = JSON.stringify([call.caller, call.nodeId, call.idempotencyKey]);
      const known = answers.get(key);
      if (known) return known.result;
      const result = ask(call);
      answers.set(key, { at: clock.now(), result });
      if (call.runId !== undefined) runs.set(call.runId, { nodeId: call.nodeId, at: clock.now() });
      // A call that never reached the node may be tried again under its key.
      result.catch((error: unknown) => {
        if (error instanceof OpenClawError && error.details?.["code"] !== "TIMEOUT") answers.delete(key);
      });
      return result;
    },
    settle(nodeId, id, result) {
      const entry = waiting.get(id);
      if (!entry || entry.nodeId !== nodeId) return false;
      entry.finish(result);
      return true;
    },
    ownsRun: (nodeId, runId) => runs.get(runId)?.nodeId === nodeId,
  };
}

/** @throws UserError INVALID_REQUEST `node command not allowed`, with `details {reason, command}`. */
export function refuseCommand(command: string, reason: "not-allowed" | "not-declared"): never {
  throw new UserError("INVALID_REQUEST", "node command not allowed", {
    details: { reason, command: command.slice(0, 128) },
    ...(reason === "not-allowed"
      ? { hint: `openclaw config set gateway.nodes.allowCommands '["${command.slice(0, 128)}"]'` }
      : {}),
  });
}
