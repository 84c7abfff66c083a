import { OpenClawError } from "../../../core/errors.ts";
import type { Tool, ToolContext } from "../../contract.ts";
import { defineTool, describeFailure, errorOutput } from "../../tool-kit/define-tool.ts";
import type { ToolServices } from "../services.ts";
import { execInput, type ExecBackend, type ExecInput } from "./contract.ts";
import type { ApprovalGate } from "../../tool-kit/approval-gate.ts";
import { chooseHost } from "./host.ts";
import type { NodeServices } from "../../tool-kit/nodes/contract.ts";
import type { NodeRunner } from "../../tool-kit/nodes/run-command.ts";
import type { ExecSettings } from "../../../sandbox/index.ts";
import type { ElevatedLevel } from "../../run-sandbox.ts";
import { inSandbox } from "./in-sandbox.ts";
import { onGateway } from "./on-gateway.ts";
import { onNode } from "./on-node.ts";

type ExecServices = Pick<ToolServices, "rootFor" | "denied" | "clock"> & {
  exec: NonNullable<ToolServices["exec"]>;
  /** Null where no gateway runs. */
  onNodes: { nodes: NodeServices; runner: NodeRunner } | null;
};

/** Time the tool itself may take is bounded by `settings.timeoutMs`; the executor's own limit only backs it. */
const outerTimeoutMs = 24 * 3600 * 1000;

export function execTool(services: ExecServices, gate: ApprovalGate): Tool {
  const gateway = onGateway(services, gate);

  const backendFor = (call: ExecInput, context: ToolContext): ExecBackend => {
    const settings = services.exec.settings(context.agentId, context.sessionKey);
    const { sandbox } = context;
    const level = sandbox?.elevated() ?? "off";
    const choice = chooseHost(settings, call, sandbox && { elevated: level !== "off" });
    if ("refusal" in choice) return refusing(choice.refusal);
    switch (choice.place.host) {
      case "gateway":
        return sandbox ? elevatedGateway(services, gate, level) : gateway;
      case "sandbox":
        return sandbox
          ? inSandbox(services, gate, sandbox)
          : refusing("There is no sandbox; nothing was run.");
      case "node":
        return services.onNodes
          ? onNode({ ...services.onNodes, settings }, choice.place)
          : refusing("Nodes are the gateway's, and none runs here; nothing was run.");
    }
  };

  return {
    ...defineTool({
      name: "exec",
      description:
        "Run a command in the workspace and return its output. Some commands wait for the operator's approval. Long ones go on in the background.",
      groups: ["group:runtime"],
      effect: "exec",
      insideSandbox: true,
      input: execInput,
      timeoutMs: outerTimeoutMs,
      run: (call, context) => backendFor(call, context).run(call, context),
    }),
    async authorize(raw, context) {
      const call = raw as ExecInput;
      try {
        return await backendFor(call, context).authorize(call, context);
      } catch (error) {
        if (error instanceof OpenClawError && !context.signal.aborted)
          return errorOutput(describeFailure(error));
        throw error;
      }
    },
  };
}

/** The gateway's machine for a sandboxed run whose owner said so: their level decides who is asked. */
function elevatedGateway(services: ExecServices, gate: ApprovalGate, level: ElevatedLevel): ExecBackend {
  const settings = (agentId: string, sessionKey: string): ExecSettings => {
    const own = services.exec.settings(agentId, sessionKey);
    if (level === "ask") return { ...own, requireApproval: true };
    if (level !== "full" || own.security === "deny") return own;
    return { ...own, security: "full", ask: "off", requireApproval: false };
  };
  const backend = onGateway({ ...services, exec: { ...services.exec, settings } }, gate);
  // The machine's own workspace; what was decided about the run's sandbox is decided.
  return {
    authorize: (call, context) => backend.authorize(call, { ...context, sandbox: null }),
    run: (call, context) => backend.run(call, { ...context, sandbox: null }),
  };
}

function refusing(message: string): ExecBackend {
  const refuse = () => Promise.resolve(errorOutput(message));
  return { authorize: refuse, run: refuse };
}
