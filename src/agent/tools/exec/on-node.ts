import { parseCommand, type ExecSettings } from "../../../sandbox/index.ts";
import type { ToolContext } from "../../contract.ts";
import { errorOutput } from "../../tool-kit/define-tool.ts";
import { awaitNode } from "../../tool-kit/nodes/choose.ts";
import type { NodeServices, ToolNode } from "../../tool-kit/nodes/contract.ts";
import type { NodeRun, NodeRunner } from "../../tool-kit/nodes/run-command.ts";
import type { ExecBackend, ExecInput } from "./contract.ts";
import type { ExecPlace } from "./host.ts";

/** Commands on a node, under the policy and with the approvals of its own machine. */
export function onNode(
  services: { nodes: NodeServices; runner: NodeRunner; settings: ExecSettings },
  place: Extract<ExecPlace, { host: "node" }>,
): ExecBackend {
  const runFor = async (call: ExecInput, context: ToolContext): Promise<NodeRun> => {
    const node = await awaitNode(services.nodes, { command: "system.run", ...place }, context);
    const { cwd, env, timeout } = call;
    return {
      node,
      argv: argvOf(call.command, node),
      cwd,
      env,
      timeout,
      settings: services.settings,
      toolName: "exec",
    };
  };
  const unable = (call: ExecInput) => {
    const named = (["stdin", "background", "pty"] as const).filter(
      (name) => call[name] !== undefined && call[name] !== false,
    );
    if (named.length === 0) return null;
    return errorOutput(`A node runs commands to their end, without ${named.join(", ")}; nothing was run.`);
  };
  return {
    async authorize(call, context) {
      return unable(call) ?? (await services.runner.authorize(await runFor(call, context), context));
    },
    async run(call, context) {
      return unable(call) ?? (await services.runner.run(await runFor(call, context), context));
    },
  };
}

/** The words of a command that is one program; everything else is a shell's to read, over there. */
function argvOf(command: string, node: ToolNode): string[] {
  if (node.platform?.toLowerCase().startsWith("win")) return ["cmd.exe", "/d", "/s", "/c", command];
  const parsed = parseCommand(command);
  const [only, ...more] = parsed.kind === "simple" ? parsed.commands : [];
  return only && more.length === 0 ? only.argv : ["/bin/sh", "-c", command];
}
