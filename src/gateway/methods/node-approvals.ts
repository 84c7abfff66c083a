import { z } from "zod";
import { uuid } from "../../core/ids.ts";
import { isObject } from "../../core/json.ts";
import { method, type CallContext, type Method } from "../contract.ts";
import { invokeNode } from "../nodes/invoke.ts";
import { callerOf, type NodeMethodDeps } from "./node.ts";

const nodeId = z.string().min(1).max(256);

/** `exec.approvals.node.*`: the command policy of a node's own machine, asked and set over there (protocol.md 3.10). */
export function createNodeApprovalMethods(deps: NodeMethodDeps): Method[] {
  const ask = async (
    call: { nodeId: string; command: string; params: unknown },
    context: CallContext,
  ): Promise<unknown> => {
    const answer = await invokeNode(
      deps,
      { ...call, timeoutMs: 10_000, idempotencyKey: uuid() },
      callerOf(context),
    );
    return isObject(answer) ? answer["payload"] : answer;
  };
  return [
    method({
      name: "exec.approvals.node.get",
      authority: "admin",
      params: () => z.strictObject({ nodeId }),
      handler: (params, context) =>
        ask({ nodeId: params.nodeId, command: "system.execApprovals.get", params: {} }, context),
    }),
    method({
      name: "exec.approvals.node.set",
      authority: "admin",
      params: () =>
        z.strictObject({
          nodeId,
          file: z.record(z.string(), z.unknown()),
          baseHash: z.string().nullish(),
        }),
      handler: ({ nodeId: target, file, baseHash }, context) =>
        ask(
          {
            nodeId: target,
            command: "system.execApprovals.set",
            params: { file, ...(baseHash ? { baseHash } : {}) },
          },
          context,
        ),
    }),
  ];
}
