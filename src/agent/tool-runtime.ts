import type { ToolCall, ToolRuntime } from "./execute.ts";
import { resultEntry } from "./execute.ts";
import { push, type RunDeps, type RunState } from "./run-state.ts";
import { policyOf } from "./run-sandbox.ts";
import { decideTool } from "./tools-policy.ts";

/** What tool calls of a run need, with the ledger as their journal. Policy is asked for the model that speaks now. */
export function toolRuntime(
  state: RunState,
  deps: RunDeps,
): ToolRuntime & { settleUnknown(call: ToolCall): Promise<void> } {
  const { lease, settings } = state;
  return {
    agentId: lease.agentId,
    sessionKey: lease.sessionKey,
    runId: lease.runId,
    principal: state.principal,
    workspaceDir: settings.workspaceDir,
    sandbox: state.sandbox,
    tools: state.tools,
    decide: (tool) =>
      decideTool(tool, {
        settings: settings.tools,
        agentId: lease.agentId,
        session: state.sessionKind,
        owner: state.principal.owner,
        sandbox: state.sandbox && policyOf(state.sandbox),
        provider: state.provider,
        model: state.modelId,
      }),
    timeoutMs: settings.toolTimeoutMs,
    outputCapChars: settings.outputCapChars,
    saveOutput: state.saveOutput,
    journal: {
      begin: (step) => deps.ledger.beginTool(lease, step),
      async finish(callId, entry, begun) {
        if (begun) await deps.ledger.finishTool(lease, callId, entry);
        else await deps.ledger.recordEntries(lease, [entry]);
        push(state, [entry]);
      },
    },
    emit: (event) => state.hooks.emit(event),
    signal: state.signal,
    clock: deps.clock,
    logger: deps.logger,

    /** Settles a call that was begun by a process that died: it may have happened, and is never repeated by us. */
    async settleUnknown(call) {
      const why = deps.interruption?.() ?? "The gateway stopped.";
      const text =
        `${why} ${call.name} was running then: its outcome is unknown. ` +
        "It may have happened completely, partly or not at all. Check before you repeat it, and tell the user.";
      const entry = resultEntry(call, {
        content: [{ type: "text", text }],
        isError: true,
        outcome: "unknown",
        runId: lease.runId,
        now: deps.clock.now(),
      });
      await deps.ledger.finishTool(lease, call.id, entry);
      push(state, [entry]);
      state.hooks.emit({
        type: "tool_finished",
        callId: call.id,
        name: call.name,
        isError: true,
        content: [{ type: "text", text }],
        durationMs: 0,
      });
    },
  };
}
