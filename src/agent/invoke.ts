import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { uuid } from "../core/ids.ts";
import type { JsonValue } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { Tool, ToolOutput } from "./contract.ts";
import { executeTool, findTool } from "./execute.ts";
import { createOutputStore } from "./output.ts";
import { confined, placeOf, policyOf, sandboxFor, type SandboxDesk } from "./run-sandbox.ts";
import type { AgentSettings } from "./settings.ts";
import { decideTool, policySessionKind } from "./tools-policy.ts";

export interface ToolInvocation {
  agentId: string;
  /** Canonical. */
  sessionKey: string;
  name: string;
  input: JsonValue;
  principal: Principal;
  signal: AbortSignal;
}

/**
 * Runs one tool outside any run (`POST /tools/invoke`) under the same policy, validation, approval, limits and caps.
 * `found` is false for tools that do not exist and for those policy refuses: which of both is nobody's business.
 */
export function createToolInvoker(deps: {
  settings: (agentId: string, sessionKey: string) => AgentSettings;
  tools: (agentId: string) => readonly Tool[] | Promise<readonly Tool[]>;
  sandboxes: SandboxDesk | null;
  clock: Clock;
  logger: Logger;
}): (call: ToolInvocation) => Promise<{ found: boolean; output: ToolOutput | null }> {
  return async (call) => {
    const settings = deps.settings(call.agentId, call.sessionKey);
    const tools = await deps.tools(call.agentId);
    const sandbox =
      deps.sandboxes &&
      sandboxFor(deps.sandboxes, {
        subject: { agentId: call.agentId, sessionKey: call.sessionKey, workspaceDir: settings.workspaceDir },
        mainKey: settings.mainKey,
        principal: call.principal,
        senders: [call.principal],
        recorded: false,
      });
    const tool = findTool(tools, call.name);
    const decide = (candidate: Tool) =>
      decideTool(candidate, {
        settings: settings.tools,
        agentId: call.agentId,
        session: policySessionKind(call.sessionKey, settings.mainKey),
        owner: call.principal.owner,
        sandbox: sandbox && policyOf(sandbox),
        provider: "",
        model: "",
      });
    if (!tool || !decide(tool).allowed) return { found: false, output: null };
    const callId = uuid();
    const entry = await executeTool(
      { id: callId, name: tool.name, input: call.input },
      {
        agentId: call.agentId,
        sessionKey: call.sessionKey,
        runId: `invoke-${callId}`,
        principal: confined(call.principal, sandbox),
        workspaceDir: settings.workspaceDir,
        sandbox,
        tools,
        decide,
        timeoutMs: settings.toolTimeoutMs,
        outputCapChars: settings.outputCapChars,
        saveOutput: createOutputStore(placeOf(sandbox, settings.workspaceDir), deps.logger),
        // No run owns the call, so there is nothing to resume: the caller sees the answer or does not.
        journal: { begin: () => Promise.resolve(), finish: () => Promise.resolve() },
        emit: () => {},
        signal: call.signal,
        clock: deps.clock,
        logger: deps.logger.child("tools", { tool: tool.name }),
      },
    );
    const block = entry.content[0];
    if (block?.type !== "tool_result") return { found: true, output: null };
    return {
      found: true,
      output: { content: block.content, ...(block.is_error ? { isError: true } : {}) },
    };
  };
}
