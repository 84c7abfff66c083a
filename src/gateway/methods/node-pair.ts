import { z } from "zod";
import { method, type Broadcaster, type Method } from "../contract.ts";
import type { DeviceStore } from "../devices/store.ts";
import type { NodePairStore, PairedNode } from "../nodes/pair-store.ts";

const id = z.string().min(1).max(256);
const text = z.string().max(256).optional();
const words = z.array(z.string().max(256)).max(256).optional();

/** `node.pair.*` and `node.rename` (protocol.md 3.9). The store behind them gates no connection. */
export function createNodePairMethods(deps: {
  pairing: NodePairStore;
  devices: DeviceStore;
  broadcaster: Broadcaster;
}): Method[] {
  const { pairing, devices, broadcaster } = deps;
  const resolved = (requestId: string, nodeId: string, decision: "approved" | "rejected", ts: number) =>
    broadcaster.broadcast("node.pair.resolved", { requestId, nodeId, decision, ts }, { droppable: true });
  return [
    method({
      name: "node.pair.request",
      authority: "pairing",
      params: () =>
        z.object({
          nodeId: id,
          displayName: text,
          platform: text,
          version: text,
          coreVersion: text,
          uiVersion: text,
          deviceFamily: text,
          modelIdentifier: text,
          caps: words,
          commands: words,
          remoteIp: text,
          silent: z.boolean().optional(),
        }),
      handler({ silent, ...facts }) {
        const { request, created } = pairing.request(facts, silent);
        if (created) broadcaster.broadcast("node.pair.requested", request, { droppable: true });
        return { status: "pending", request, created };
      },
    }),
    method({
      name: "node.pair.list",
      authority: "pairing",
      params: () => z.object({}),
      handler: () => ({ pending: pairing.pending(), paired: pairing.paired().map(withoutToken) }),
    }),
    method({
      name: "node.pair.approve",
      authority: "pairing",
      params: () => z.object({ requestId: id }),
      handler({ requestId }, { clock }) {
        const node = pairing.approve(requestId);
        resolved(requestId, node.nodeId, "approved", clock.now());
        // The one answer that holds the token: the node gets it from whoever approved.
        return { requestId, node };
      },
    }),
    method({
      name: "node.pair.reject",
      authority: "pairing",
      params: () => z.object({ requestId: id }),
      handler({ requestId }, { clock }) {
        const { nodeId } = pairing.reject(requestId);
        resolved(requestId, nodeId, "rejected", clock.now());
        return { requestId, nodeId };
      },
    }),
    method({
      name: "node.pair.verify",
      authority: "pairing",
      params: () => z.object({ nodeId: id, token: z.string().min(1).max(256) }),
      handler({ nodeId, token }) {
        const node = pairing.verify(nodeId, token);
        return node ? { ok: true, node: withoutToken(node) } : { ok: false };
      },
    }),
    method({
      name: "node.rename",
      authority: "pairing",
      params: () => z.object({ nodeId: id, displayName: z.string().trim().min(1).max(256) }),
      handler({ nodeId, displayName }) {
        pairing.rename(nodeId, displayName, devices.get(nodeId)?.roles.includes("node") ?? false);
        return { nodeId, displayName };
      },
    }),
  ];
}

function withoutToken(node: PairedNode): Record<string, unknown> {
  const { token: _token, ...rest } = node;
  return rest;
}
