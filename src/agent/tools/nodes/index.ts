import { createHash } from "node:crypto";
import { z } from "zod";
import { OpenClawError, UserError } from "../../../core/errors.ts";
import { uuid } from "../../../core/ids.ts";
import type { JsonValue } from "../../../core/json.ts";
import type { ExecSettings } from "../../../sandbox/index.ts";
import type { Tool, ToolContext, ToolOutput } from "../../contract.ts";
import { defineTool, describeFailure, errorOutput, textOutput } from "../../tool-kit/define-tool.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";
import type { ApprovalGate, GateQuestion } from "../../tool-kit/approval-gate.ts";
import type { ToolServices } from "../services.ts";
import { awaitNode, describe, findNode } from "../../tool-kit/nodes/choose.ts";
import type { NodeServices, ToolNode } from "../../tool-kit/nodes/contract.ts";
import { effectOfCommand } from "./effects.ts";
import { resultOf } from "./results.ts";
import type { NodeRun, NodeRunner } from "../../tool-kit/nodes/run-command.ts";

const input = z.strictObject({
  action: z.enum(["list", "describe", "invoke"]),
  node: z.string().min(1).max(256).optional().describe("Id or name; default: the only one that can"),
  command: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe("invoke: one of the node's commands, e.g. camera.snap, location.get, system.notify, file.read"),
  params: z.record(z.string(), z.unknown()).optional().describe("invoke: parameters of the command"),
  timeout: z.number().positive().max(600).optional().describe("invoke: seconds, default 60"),
});
type Input = z.infer<typeof input>;

const runParams = z.strictObject({
  command: z.array(z.string().max(16_384)).min(1).max(512),
  cwd: z.string().max(4096).optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const defaultTimeoutS = 60;
const outerTimeoutMs = 700_000;
/** What limits the agent is not the agent's to write, on no machine (threats.md 4.8). */
const never: ReadonlySet<string> = new Set(["system.execApprovals.set"]);
const runCommands: ReadonlySet<string> = new Set(["system.run", "system.run.prepare"]);

type NodesServices = Pick<ToolServices, "rootFor" | "denied" | "putMedia"> & {
  nodes: NodeServices;
  runner: NodeRunner;
  gate: ApprovalGate;
  /** The policy of `exec`, and whether it lets the agent's commands go to this node at all. */
  commandsOn(
    context: ToolContext,
    node: string | undefined,
  ): { settings: ExecSettings; pinned: string | null } | { refusal: string };
  settings(context: ToolContext): ExecSettings;
};

/** Asks paired machines and phones for what they offer. Commands go the way of `exec`, and need it to be allowed. */
export function nodesTool(services: NodesServices): Tool {
  const { nodes, runner, gate } = services;

  const runFor = async (call: Input, context: ToolContext): Promise<NodeRun | ToolOutput> => {
    const may = services.commandsOn(context, call.node);
    if ("refusal" in may) return errorOutput(may.refusal);
    const { settings, pinned } = may;
    const parsed = runParams.safeParse(call.params ?? {});
    if (!parsed.success || call.command !== "system.run") {
      return errorOutput(
        'system.run takes params {"command": ["program", "argument", …], "cwd"?, "env"?}; who approves is asked by the gateway. The exec tool with host node does the same.',
      );
    }
    const wanted = call.node ?? null;
    const node = await awaitNode(nodes, { command: "system.run", wanted, pinned }, context);
    const { command: argv, cwd, env } = parsed.data;
    return { node, argv, cwd, env, timeout: call.timeout, settings, toolName: "nodes" };
  };

  /** A person is asked about what goes beyond the owner's own machines, each time. */
  const question = (call: Input, node: ToolNode, context: ToolContext): GateQuestion | null => {
    const { command = "" } = call;
    if (!nodes.askCommands().includes(command)) return null;
    const params = JSON.stringify(call.params ?? {});
    const planDigest = createHash("sha256")
      .update(JSON.stringify(["node-invoke-1", node.nodeId, context.principal.id, command, params]))
      .digest("hex");
    return {
      toolName: "nodes",
      planDigest,
      command: `${command} ${params}`,
      cwd: context.workspaceDir,
      host: `node:${node.name}`,
      resolvedPath: null,
      settings: services.settings(context),
      allowlisted: false,
      input: { nodeId: node.nodeId, command, params: (call.params ?? {}) as JsonValue, digest: planDigest },
    };
  };

  const target = async (call: Input, context: ToolContext): Promise<{ node: ToolNode; command: string }> => {
    const { command } = call;
    if (command === undefined) throw new UserError("NODE_INPUT", "invoke needs a command");
    if (never.has(command))
      throw new UserError("NODE_INPUT", `${command} is the operator's: openclaw nodes policy <node>`);
    return { command, node: await awaitNode(nodes, { command, wanted: call.node ?? null }, context) };
  };

  const invoke = async (call: Input, context: ToolContext): Promise<ToolOutput> => {
    if (runCommands.has(call.command ?? "")) {
      const run = await runFor(call, context);
      return "node" in run ? await runner.run(run, context) : run;
    }
    const answer = gate.take(context);
    const { node, command } = await target(call, context);
    const asked = question(call, node, context);
    if (asked) {
      const refusal = await gate.use(answer ?? (await gate.ask(context, asked)), asked.planDigest);
      if (refusal !== null) return errorOutput(refusal);
    }
    const payload = await nodes.invoke({
      nodeId: node.nodeId,
      command,
      params: call.params ?? {},
      timeoutMs: (call.timeout ?? defaultTimeoutS) * 1000,
      idempotencyKey: uuid(),
      principal: context.principal,
      signal: context.signal,
    });
    return await resultOf(services, { command, node: describe(node), payload }, context);
  };

  return {
    ...defineTool<Input>({
      name: "nodes",
      description:
        "Paired machines and phones: list them, describe what one offers, invoke one of its commands (pictures, screen, location, notifications, files, programs). Media comes as a file of the workspace, pictures to look at too.",
      groups: ["group:nodes"],
      effect: "exec",
      effectOf: (call) => (call.action === "invoke" ? effectOfCommand(call.command ?? "") : "read"),
      actsAs: (call) => (call.action === "invoke" && runCommands.has(call.command ?? "") ? "exec" : null),
      input,
      timeoutMs: outerTimeoutMs,
      async run(call, context) {
        if (call.action === "invoke") return await invoke(call, context);
        const all = nodes.list();
        if (call.action === "list") return listed(all);
        if (call.node === undefined) throw new UserError("NODE_INPUT", "describe needs a node");
        return textOutput(frameUntrusted(JSON.stringify(findNode(all, call.node), null, 1), "node"));
      },
    }),
    async authorize(raw, context) {
      const call = raw as Input;
      if (call.action !== "invoke") return null;
      try {
        if (runCommands.has(call.command ?? "")) {
          const run = await runFor(call, context);
          return "node" in run ? await runner.authorize(run, context) : run;
        }
        const { node } = await target(call, context);
        const asked = question(call, node, context);
        if (!asked) return null;
        const answer = await gate.ask(context, asked);
        return answer.allowed ? null : errorOutput(answer.message);
      } catch (error) {
        if (error instanceof OpenClawError && !context.signal.aborted)
          return errorOutput(describeFailure(error));
        throw error;
      }
    },
  };
}

function listed(all: readonly ToolNode[]): ToolOutput {
  if (all.length === 0)
    return textOutput("There are no nodes. One is added on another machine: openclaw node install");
  const lines = all.map((node) => {
    const state = node.connected ? `connected; ${node.commands.join(", ") || "offers nothing"}` : "away";
    return `${describe(node)}${node.platform ? `, ${node.platform}` : ""}: ${state}`;
  });
  return textOutput(frameUntrusted(lines.join("\n"), "nodes"));
}
