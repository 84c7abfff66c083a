import type { NodeServices } from "../agent/tool-kit/nodes/contract.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { authorize } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { ServerHandle, ServerSettings } from "../gateway/index.ts";
import { isPowerful } from "../gateway/nodes/commands.ts";
import { invokeNode } from "../gateway/nodes/invoke.ts";
import { listNodes } from "../gateway/nodes/rows.ts";
import type { ApprovalService } from "../sandbox/index.ts";

/** So long after a start of the gateway nodes may take to come back. */
const reconnectMs = 10_000;

/**
 * The nodes of the server, for tools. A run needs the authority the same request needs on the control plane; whose
 * authority it has was decided when its message was accepted.
 */
export function nodeServices(deps: {
  server: () => ServerHandle;
  settings: () => ServerSettings;
  approvals: () => ApprovalService;
  config: () => OpenClawConfig;
  clock: Clock;
  /** Epoch milliseconds. */
  startedAt: number;
}): NodeServices {
  const known = () => {
    const { devices, nodes, nodePairing } = deps.server();
    return { devices, nodes, pairing: nodePairing, settings: deps.settings };
  };
  return {
    list: () =>
      listNodes(known()).map((row) => ({
        nodeId: row.nodeId,
        name: row.displayName ?? row.nodeId.slice(0, 12),
        platform: row.platform ?? null,
        version: row.version ?? null,
        connected: row.connected,
        commands: row.commands,
        permissions: row.permissions ?? {},
      })),
    mayStillCome: () => deps.clock.now() - deps.startedAt < reconnectMs,
    async invoke({ principal, signal, approval, ...call }) {
      const decision = authorize(principal, isPowerful(call.command) ? "admin" : "write");
      if (!decision.allowed) throw new UserError("INVALID_REQUEST", `${call.command}: ${decision.message}`);
      const answer = await invokeNode({ ...known(), approvals: deps.approvals() }, call, {
        principal,
        id: `run:${principal.id}`,
        signal,
        cancel: signal,
        ...(approval ? { approval } : {}),
      });
      return answer.payload;
    },
    askCommands: () => deps.config().tools.nodes.askCommands,
  };
}
