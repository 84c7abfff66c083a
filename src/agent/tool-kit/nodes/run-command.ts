import { createHash } from "node:crypto";
import { z } from "zod";
import { authorize } from "../../../core/authority.ts";
import { OpenClawError, UserError } from "../../../core/errors.ts";
import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import { quoteWord, type ExecSettings } from "../../../sandbox/index.ts";
import type { ToolContext, ToolOutput } from "../../contract.ts";
import { errorOutput, textOutput } from "../define-tool.ts";
import type { ApprovalGate, GateQuestion } from "../approval-gate.ts";
import type { NodeServices, ToolNode } from "./contract.ts";
import { describe } from "./choose.ts";

/** A command for one node, word by word. */
export interface NodeRun {
  node: ToolNode;
  argv: readonly string[];
  /** On the node; its home when absent. */
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  /** Seconds. */
  timeout?: number | undefined;
  /** The gateway's own policy: it may narrow what the node's says, never widen it. */
  settings: ExecSettings;
  /** The tool that people are told wants it. */
  toolName: string;
}

export interface NodeRunner {
  /** Waits for a person where one is needed. Null lets the call go on. */
  authorize(run: NodeRun, context: ToolContext): Promise<ToolOutput | null>;
  run(run: NodeRun, context: ToolContext): Promise<ToolOutput>;
}

/** The longest the gateway waits for a node (`node.invoke`). */
const longestMs = 600_000;
const prepareMs = 30_000;
const prepareCommand = "system.run.prepare";

/** What a node of ours says to `system.run.prepare`. */
const prepared = z.object({
  verdict: z.enum(["run", "ask", "deny"]),
  message: z.string().max(4000).nullish(),
  plan: z
    .object({
      planId: z.string().min(1).max(64),
      digest: z.string().min(1).max(128),
      command: z.string().min(1).max(100_000),
      argv: z.array(z.string()).max(512),
      cwd: z.string().max(4096),
      env: z.record(z.string(), z.string()),
      resolvedPath: z.string().max(4096).nullable(),
      security: z.string().max(64),
      ask: z.string().max(64),
      onceOnly: z.string().max(500).nullable(),
    })
    .nullish(),
});

const finished = z.object({
  exitCode: z.number().nullish(),
  timedOut: z.boolean().nullish(),
  stdout: z.string().nullish(),
  stderr: z.string().nullish(),
  error: z.string().nullish(),
  truncated: z.boolean().nullish(),
});

interface Ready {
  /** Null where the node makes no plans: then it decides and asks while the command waits to run. */
  planId: string | null;
  /** Null when nobody has to be asked. */
  question: GateQuestion | null;
}

/**
 * Runs commands on nodes. The node's own policy decides; what it wants approved is asked here, about the plan it made, and
 * before the call is journaled as begun. Only the owner's runs get so far (threats.md 4.8).
 */
export function createNodeRunner(services: { nodes: NodeServices; gate: ApprovalGate }): NodeRunner {
  const { nodes, gate } = services;

  const prepare = async (run: NodeRun, context: ToolContext): Promise<Ready | { refusal: string }> => {
    const { node, settings } = run;
    if (!authorize(context.principal, "owner").allowed)
      return { refusal: "Only the owner may have commands run on a node; nothing was run." };
    if (settings.security === "deny")
      return { refusal: "Commands are switched off for this agent (tools.exec.security is deny)." };
    const mustAsk = settings.requireApproval || settings.ask === "always";
    if (!node.commands.includes(prepareCommand))
      return { planId: null, question: mustAsk ? questionWithoutPlan(run, context) : null };
    const answer = prepared.parse(
      await nodes.invoke({
        nodeId: node.nodeId,
        command: prepareCommand,
        params: paramsOf(run, context),
        timeoutMs: prepareMs,
        idempotencyKey: uuid(),
        principal: context.principal,
        signal: context.signal,
      }),
    );
    const { verdict, plan } = answer;
    if (verdict === "deny" || !plan)
      return { refusal: `The node ${describe(node)} refused it: ${answer.message ?? "no reason given"}` };
    if (verdict === "ask" && !mustAsk && settings.ask === "off" && settings.security !== "full") {
      return {
        refusal: `The node ${describe(node)} wants approval for this command, and nobody may be asked (tools.exec.ask is off); it was not run.`,
      };
    }
    const asks = verdict === "ask" || mustAsk;
    return { planId: plan.planId, question: asks ? questionAbout(run, context, plan) : null };
  };

  return {
    authorize: (run, context) =>
      speaking(async () => {
        const ready = await prepare(run, context);
        if ("refusal" in ready) return errorOutput(ready.refusal);
        if (ready.question === null) return null;
        const answer = await gate.ask(context, ready.question);
        return answer.allowed ? null : errorOutput(answer.message);
      }),

    run: (run, context) =>
      speaking(async () => {
        const given = gate.take(context);
        const ready = await prepare(run, context);
        if ("refusal" in ready) return errorOutput(ready.refusal);
        let decision: "allow-once" | "allow-always" | null = null;
        if (ready.question !== null) {
          const answer = given ?? (await gate.ask(context, ready.question));
          const refusal = await gate.use(answer, ready.question.planDigest);
          if (refusal !== null) return errorOutput(refusal);
          decision = answer.allowed && answer.always ? "allow-always" : "allow-once";
        }
        const { node } = run;
        const payload = await nodes.invoke({
          nodeId: node.nodeId,
          command: "system.run",
          params: paramsOf(run, context),
          timeoutMs: timeoutOf(run),
          idempotencyKey: uuid(),
          principal: context.principal,
          signal: context.signal,
          ...(ready.planId === null
            ? {}
            : {
                approval: {
                  planId: ready.planId,
                  ...(decision === null ? {} : { approvalDecision: decision }),
                },
              }),
        });
        return outputOf(payload, node);
      }),
  };
}

const timeoutOf = ({ timeout, settings }: NodeRun): number =>
  Math.min((timeout ?? Number.POSITIVE_INFINITY) * 1000, settings.timeoutMs, longestMs);

function paramsOf(run: NodeRun, context: ToolContext): Record<string, unknown> {
  return {
    command: run.argv,
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    ...(run.env && Object.keys(run.env).length > 0 ? { env: run.env } : {}),
    timeoutMs: Math.round(timeoutOf(run)),
    agentId: context.agentId,
    sessionKey: context.sessionKey,
    runId: context.runId,
  };
}

function questionAbout(
  run: NodeRun,
  context: ToolContext,
  plan: NonNullable<z.infer<typeof prepared>["plan"]>,
): GateQuestion {
  const digest = digestOf([run.node.nodeId, context.principal.id, plan.digest]);
  return {
    ...commonQuestion(run, digest),
    command: plan.command,
    cwd: plan.cwd,
    resolvedPath: plan.resolvedPath,
    input: { nodeId: run.node.nodeId, digest, argv: plan.argv, env: plan.env, onceOnly: plan.onceOnly },
  };
}

/** All we know of a node that makes no plan: what it is sent. */
function questionWithoutPlan(run: NodeRun, context: ToolContext): GateQuestion {
  const { node, argv, cwd = "~", env = {} } = run;
  const digest = digestOf([node.nodeId, context.principal.id, context.sessionKey, argv, cwd, env]);
  return {
    ...commonQuestion(run, digest),
    command: argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoteWord(word))).join(" "),
    cwd,
    resolvedPath: null,
    input: { nodeId: node.nodeId, digest, argv: [...argv], env, onceOnly: "the node keeps no plans" },
  };
}

function commonQuestion(run: NodeRun, planDigest: string) {
  return {
    toolName: run.toolName,
    planDigest,
    host: `node:${run.node.name}`,
    settings: run.settings,
    allowlisted: false,
  };
}

const digestOf = (parts: unknown[]): string =>
  createHash("sha256")
    .update(JSON.stringify(["node-run-2", ...parts]))
    .digest("hex");

function outputOf(payload: unknown, node: ToolNode): ToolOutput {
  const parsed = finished.safeParse(payload);
  if (!parsed.success) return errorOutput(`The node ${describe(node)} answered in a form nobody knows.`);
  const { stdout, stderr, exitCode, timedOut, error, truncated } = parsed.data;
  const text = [stdout, stderr]
    .map((part) => part?.trimEnd() ?? "")
    .filter(Boolean)
    .join("\n");
  const failed = exitCode !== 0 || timedOut === true;
  const end = timedOut ? "stopped: it ran longer than allowed" : `exit code ${exitCode ?? "unknown"}`;
  const lines = [
    text || "(no output)",
    ...(truncated ? ["(the output was cut)"] : []),
    ...(error && !timedOut ? [`(${error})`] : []),
    ...(failed ? [`(${end} on node ${describe(node)})`] : []),
  ];
  return {
    ...textOutput(lines.join("\n"), { nodeId: node.nodeId, exitCode: exitCode ?? null }),
    isError: failed,
  };
}

/** A refusal of the node's own as words of its own; an answer in a form nobody knows as a failure and no bug. */
async function speaking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new UserError("NODE_ANSWER", "the node answered in a form nobody knows", { cause: error });
    const nodeError = error instanceof OpenClawError ? error.details?.["nodeError"] : undefined;
    if (isObject(nodeError))
      throw new UserError(
        "NODE_REFUSED",
        `the node refused it: ${String(nodeError["message"] || nodeError["code"])}`,
        {
          hint: "its own machine decides: openclaw nodes policy <node>",
          cause: error,
        },
      );
    throw error;
  }
}
