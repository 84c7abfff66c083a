import { createHash } from "node:crypto";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import type { ApprovalService } from "../../sandbox/contract.ts";
import type { NodeResult } from "./registry.ts";

/** What a node says it would do, when its own policy wants a person's word first. */
const plan = z.object({
  planId: z.string().min(1).max(64),
  digest: z.string().min(1).max(128),
  command: z.string().min(1).max(100_000),
  argv: z.array(z.string()).max(512),
  cwd: z.string().max(4096),
  env: z.record(z.string(), z.string()).optional(),
  resolvedPath: z.string().max(4096).nullish(),
  security: z.string().max(64).nullish(),
  ask: z.string().max(64).nullish(),
  onceOnly: z.string().max(500).nullish(),
});

/** Milliseconds people have to answer for a node. */
const nodeApprovalMs = 120_000;

/** Members of `system.run` that only the gateway may set: who calls cannot bring an approval along. */
export function withoutApproval(command: string, params: unknown): unknown {
  if (!command.startsWith("system.run") || !isObject(params)) return params;
  const { approved: _a, approvalDecision: _d, planId: _p, ...rest } = params;
  return rest;
}

/**
 * Asks people about the plan a node answered `system.run` with. The approval is for this plan on this node, once; the
 * node runs it only while it still has the plan and nothing changed since.
 * @returns what to add to the parameters of the second call; null when the answer was no such question.
 * @throws UserError NODE_RUN_DENIED when it was refused, or nobody answered in time.
 */
export async function askAboutRun(options: {
  approvals: ApprovalService;
  node: { nodeId: string; name: string };
  result: NodeResult;
  params: unknown;
  signal: AbortSignal;
}): Promise<{ planId: string; approved: true; approvalDecision: "allow-once" | "allow-always" } | null> {
  const { approvals, node, result, signal } = options;
  if (result.ok || result.error?.code !== "APPROVAL_REQUIRED" || !isObject(result.payload)) return null;
  const parsed = plan.safeParse(result.payload["plan"]);
  if (!parsed.success) return null;
  const offered = parsed.data;
  const digest = createHash("sha256")
    .update(JSON.stringify(["node-run-1", node.nodeId, offered.planId, offered.digest]))
    .digest("hex");
  const id = `node-${digest.slice(0, 32)}`;
  const { agentId, sessionKey } = isObject(options.params) ? options.params : {};
  await approvals.request(
    {
      id,
      command: offered.command,
      cwd: offered.cwd,
      host: `node:${node.name}`,
      security: offered.security ?? null,
      ask: offered.ask ?? null,
      agentId: typeof agentId === "string" ? agentId : null,
      resolvedPath: offered.resolvedPath ?? null,
      sessionKey: typeof sessionKey === "string" ? sessionKey : null,
      toolName: "system.run",
      planDigest: digest,
      input: {
        nodeId: node.nodeId,
        argv: offered.argv,
        env: offered.env ?? {},
        onceOnly: offered.onceOnly ?? null,
      },
    },
    nodeApprovalMs,
  );
  const record = await approvals.wait(id, signal).catch(async (error: unknown) => {
    // Who asked is gone: nobody must be asked for them any more.
    await approvals.resolve(id, "deny", "the caller went away").catch((late: unknown) => {
      if (!(late instanceof UserError)) throw late;
    });
    throw error;
  });
  const { decision } = record;
  if (decision !== "allow-once" && decision !== "allow-always") {
    const why = decision === "deny" ? "the operator refused it" : "nobody approved it in time";
    throw new UserError(
      "NODE_RUN_DENIED",
      `the command was not run on ${JSON.stringify(node.name)}: ${why}`,
      {
        details: { approvalId: id },
        hint: "openclaw approvals list",
      },
    );
  }
  if (!(await approvals.consume(id, digest)))
    throw new UserError("NODE_RUN_DENIED", "this approval was used already; ask again", {
      details: { approvalId: id },
    });
  return { planId: offered.planId, approved: true, approvalDecision: decision };
}
