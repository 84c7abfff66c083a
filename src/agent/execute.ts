import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import type { ToolResultBlock, TranscriptEntry } from "../core/conversation.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";
import { sortableId } from "../core/ids.ts";
import type { JsonValue } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { RunEventBody } from "../core/run-events.ts";
import type { AbortCause, Tool, ToolContext, ToolOutput } from "./contract.ts";
import { capOutput, type SaveOutput } from "./output.ts";
import type { RunSandbox } from "./run-sandbox.ts";
import { canonicalToolName, type ToolDecision } from "./tools-policy.ts";

export interface ToolCall {
  id: string;
  name: string;
  input: JsonValue;
}

/** Where the steps of a call are written down. `begin` must be durable before it resolves. */
export interface ToolJournal {
  begin(step: { callId: string; name: string; input: JsonValue; effect: Tool["effect"] }): Promise<void>;
  /** `begun`: whether a begun step is settled by this, or only an entry recorded. */
  finish(callId: string, entry: TranscriptEntry, begun: boolean): Promise<void>;
}

/** Everything a call needs besides itself; the same for all calls of a run. */
export interface ToolRuntime {
  agentId: string;
  sessionKey: string;
  runId: string;
  principal: Principal;
  workspaceDir: string;
  sandbox: RunSandbox | null;
  tools: readonly Tool[];
  decide: (tool: Tool) => ToolDecision;
  /** Milliseconds, for tools that name none. */
  timeoutMs: number;
  outputCapChars: number;
  saveOutput: SaveOutput;
  journal: ToolJournal;
  emit: (event: RunEventBody) => void;
  signal: AbortSignal;
  clock: Clock;
  logger: Logger;
}

/** How long a tool that was told to stop may take to do so before it is left behind. */
const stopGraceMs = 3000;

/**
 * Carries out one call: policy, validation, approval, journal, run under timeout and abort, cap, journal. Every way it
 * can go is a result the model is told; it throws only what the journal throws, and OpenClawError RUN_SUSPENDED when the
 * gateway stops (then the call stays open in the journal).
 */
export async function executeTool(
  call: ToolCall,
  runtime: ToolRuntime,
  options: { alreadyBegun?: boolean } = {},
): Promise<TranscriptEntry> {
  const startedAt = runtime.clock.monotonic();
  runtime.emit({ type: "tool_started", callId: call.id, name: call.name, input: call.input });
  let begun = options.alreadyBegun ?? false;

  const settle = async (output: ToolOutput, outcome?: ToolResultBlock["outcome"]) => {
    const content = await capOutput(output.content, {
      cap: runtime.outputCapChars,
      name: `${sortableId(runtime.clock.now()).slice(0, 10)}-${call.name}-${call.id}`,
      save: runtime.saveOutput,
    });
    const entry = resultEntry(call, {
      content,
      isError: output.isError ?? false,
      outcome,
      runId: runtime.runId,
      now: runtime.clock.now(),
    });
    await runtime.journal.finish(call.id, entry, begun);
    runtime.emit({
      type: "tool_finished",
      callId: call.id,
      name: call.name,
      isError: output.isError ?? false,
      content,
      durationMs: Math.round(runtime.clock.monotonic() - startedAt),
    });
    return entry;
  };
  const refuse = (text: string, outcome?: ToolResultBlock["outcome"]) =>
    settle({ content: [{ type: "text", text }], isError: true }, outcome);

  if (runtime.signal.aborted) {
    suspendOnShutdown(runtime.signal);
    return refuse("Not run: the run was stopped before this call began.", "aborted");
  }
  const tool = findTool(runtime.tools, call.name);
  if (!tool) {
    const names = runtime.tools.map((candidate) => candidate.name).join(", ");
    return refuse(`There is no tool "${call.name}". You have: ${names || "none"}.`);
  }
  const refusePolicy = (name: string, rule: string) =>
    refuse(
      `The tool ${name} is not allowed here (${rule}). Do not try to get the same effect another way; say that it is not allowed.`,
      "denied",
    );
  const decision = runtime.decide(tool);
  if (!decision.allowed) return refusePolicy(tool.name, decision.rule);
  const parsed = tool.input.safeParse(call.input);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, 8)
      .map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
    return refuse(`The input of ${tool.name} is not valid: ${issues.join("; ")}. Correct it and call again.`);
  }
  const twin = tool.actsAs?.(parsed.data) ?? null;
  if (twin !== null) {
    const other = findTool(runtime.tools, twin);
    const allowed = other
      ? runtime.decide(other)
      : { allowed: false as const, rule: "there is no such tool" };
    if (!allowed.allowed) return refusePolicy(twin, allowed.rule);
  }
  const effect = tool.effectOf?.(parsed.data) ?? tool.effect;

  const context: Omit<ToolContext, "signal"> = {
    agentId: runtime.agentId,
    sessionKey: runtime.sessionKey,
    runId: runtime.runId,
    callId: call.id,
    principal: runtime.principal,
    workspaceDir: runtime.workspaceDir,
    sandbox: runtime.sandbox,
    clock: runtime.clock,
    logger: runtime.logger.child(`tool:${tool.name}`, { callId: call.id }),
    update: (partial) => runtime.emit({ type: "tool_update", callId: call.id, name: call.name, partial }),
    waitsFor(approvalId) {
      runtime.emit({ type: "approval_waiting", callId: call.id, approvalId });
      return (decision) => runtime.emit({ type: "approval_decided", callId: call.id, approvalId, decision });
    },
  };

  if (tool.authorize) {
    const asked = await bounded(
      (signal) => tool.authorize?.(parsed.data, { ...context, signal }),
      runtime,
      null,
    );
    suspendOnShutdown(runtime.signal);
    if (asked.kind === "stopped")
      return refuse("Not run: the run was stopped while the call waited.", "aborted");
    if (asked.kind === "failed") return settle(describeError(asked.error, tool, runtime));
    if (asked.value) return settle(asked.value, "denied");
  }

  if (!begun) {
    await runtime.journal.begin({ callId: call.id, name: tool.name, input: call.input, effect });
    begun = true;
  }
  const timeoutMs = tool.timeoutMs ?? runtime.timeoutMs;
  const ran = await bounded((signal) => tool.run(parsed.data, { ...context, signal }), runtime, timeoutMs);
  if (ran.kind === "done") return settle(ran.value);
  if (ran.kind === "failed") return settle(describeError(ran.error, tool, runtime));
  suspendOnShutdown(runtime.signal);
  const late = ran.late?.content ?? [];
  const what =
    ran.why === "timeout"
      ? `${tool.name} did not finish within ${timeoutMs / 1000} s and was stopped.`
      : `${tool.name} was stopped because the run was stopped.`;
  const doubt = effect === "read" ? "" : " It may have had part of its effect: check before repeating it.";
  return settle(
    { content: [...late, { type: "text", text: `${what}${doubt}` }], isError: true },
    ran.why === "aborted" ? "aborted" : undefined,
  );
}

/** The transcript line that carries one result. */
export function resultEntry(
  call: ToolCall,
  result: {
    content: ToolResultBlock["content"];
    isError: boolean;
    outcome?: ToolResultBlock["outcome"] | undefined;
    runId: string;
    now: number;
  },
): TranscriptEntry {
  return {
    id: sortableId(result.now),
    ts: result.now,
    role: "tool",
    runId: result.runId,
    content: [
      {
        type: "tool_result",
        tool_use_id: call.id,
        content: result.content,
        ...(result.isError ? { is_error: true } : {}),
        ...(result.outcome === undefined ? {} : { outcome: result.outcome }),
      },
    ],
  };
}

export function findTool(tools: readonly Tool[], name: string): Tool | undefined {
  return (
    tools.find((tool) => tool.name === name) ??
    tools.find((tool) => canonicalToolName(tool.name) === canonicalToolName(name))
  );
}

/** A run that is left for the next process to continue. */
export function suspendOnShutdown(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const cause = signal.reason as AbortCause | undefined;
  if (cause?.reason === "shutdown") {
    throw new OpenClawError("RUN_SUSPENDED", `the run stays journaled: ${cause.detail}`, { retryable: true });
  }
}

type Bounded<T> =
  | { kind: "done"; value: T }
  | { kind: "failed"; error: unknown }
  | { kind: "stopped"; why: "timeout" | "aborted"; late: T | null };

/** Runs work under a deadline and the run's signal. Work that ignores being stopped is left behind after a grace. */
function bounded<T>(
  work: (signal: AbortSignal) => Promise<T> | T,
  runtime: Pick<ToolRuntime, "clock" | "signal" | "logger">,
  timeoutMs: number | null,
): Promise<Bounded<T>> {
  const { clock } = runtime;
  const controller = new AbortController();
  return new Promise((resolve) => {
    let why: "timeout" | "aborted" | null = null;
    let cancelGrace = () => {};
    const stop = (reason: "timeout" | "aborted", cause: unknown) => {
      if (why) return;
      why = reason;
      cancelGrace = clock.after(stopGraceMs, () => {
        runtime.logger.warn("a tool did not stop when told to and was left behind");
        settle({ kind: "stopped", why: reason, late: null });
      });
      controller.abort(cause);
    };
    const onAbort = () => stop("aborted", runtime.signal.reason);
    const cancelTimeout =
      timeoutMs === null
        ? () => {}
        : clock.after(timeoutMs, () =>
            stop("timeout", new OpenClawError("TOOL_TIMEOUT", "the tool timed out")),
          );
    const settle = (result: Bounded<T>) => {
      cancelTimeout();
      cancelGrace();
      runtime.signal.removeEventListener("abort", onAbort);
      resolve(result);
    };
    if (runtime.signal.aborted) {
      settle({ kind: "stopped", why: "aborted", late: null });
      return;
    }
    runtime.signal.addEventListener("abort", onAbort, { once: true });
    (async () => work(controller.signal))().then(
      (value) => settle(why ? { kind: "stopped", why, late: value } : { kind: "done", value }),
      (error: unknown) => settle(why ? { kind: "stopped", why, late: null } : { kind: "failed", error }),
    );
  });
}

/** Our own errors are for the model to act on; anything else is a bug the operator finds in the log. */
function describeError(error: unknown, tool: Tool, runtime: ToolRuntime): ToolOutput {
  if (!(error instanceof OpenClawError)) {
    runtime.logger.error("a tool failed unexpectedly", {
      tool: tool.name,
      error: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
  const hint = error instanceof OpenClawError && error.hint ? ` (${error.hint})` : "";
  return {
    content: [{ type: "text", text: `${tool.name} failed: ${messageOf(error)}${hint}` }],
    isError: true,
  };
}
