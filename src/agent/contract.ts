import type { RunEventBody } from "../core/run-events.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { Lease, NewDelivery } from "../ledger/contract.ts";
import type { z } from "zod";
import type { Principal } from "../core/authority.ts";
import type { ImageBlock, TextBlock } from "../core/conversation.ts";
import type { Logger } from "../core/logger.ts";
import type { Clock } from "../core/clock.ts";
import type { RunSandbox } from "./run-sandbox.ts";

/** Result of a tool. Text is capped by the executor, never by the tool. */
export interface ToolOutput {
  content: Array<TextBlock | ImageBlock>;
  isError?: boolean;
  /** Shown to operators, not to the model. */
  details?: Record<string, unknown>;
}

export interface ToolContext {
  agentId: string;
  sessionKey: string;
  runId: string;
  callId: string;
  /** Whose authority the run carries; tools that act on sessions or send messages check it. */
  principal: Principal;
  /** Absolute path of the agent's workspace. */
  workspaceDir: string;
  /** Where the call executes, when not on this machine; only tools with `insideSandbox` are offered then. */
  sandbox: RunSandbox | null;
  signal: AbortSignal;
  clock: Clock;
  logger: Logger;
  /** Streams a partial result to watchers (not to the model). */
  update(partial: string): void;
  /**
   * Tells that the call waits for a person; the function it returns, what became of it. A run that waits is not waited
   * for when the gateway stops, so this belongs into `authorize`, where stopping leaves nothing half done.
   */
  waitsFor(approvalId: string): (decision: "allow-once" | "allow-always" | "deny" | null) => void;
}

export type ToolEffect = "read" | "write" | "exec" | "network";

/**
 * One tool. Policy, approval, timeout, output cap and journaling are applied around it in `execute.ts`, never inside.
 * `effect: "read"` promises that running it twice changes nothing.
 */
export interface Tool<I = unknown> {
  name: string;
  description: string;
  /** Groups that policies may name, e.g. `group:fs`, `group:runtime`, `group:memory`, `group:sessions`, `group:web`. */
  groups: string[];
  effect: ToolEffect;
  /**
   * Promises that in a sandboxed run the tool opens files only through `workspaceOf` and starts programs only inside.
   * Needed of tools with effect `exec` and of those of `group:fs` and `group:runtime`; they are not offered there without it.
   */
  insideSandbox?: true;
  /** The effect of this one call, where that depends on its input; `effect` is then the worst of them. */
  effectOf?(input: I): ToolEffect;
  /** Another tool whose effect this call has: policy must allow that one as well. */
  actsAs?(input: I): string | null;
  input: z.ZodType<I>;
  /** Milliseconds; default 120,000. */
  timeoutMs?: number;
  /**
   * Called after validation and before the call is journaled as begun: the place to wait for an approval, so that a
   * crash while waiting leaves nothing that looks begun (the call is simply made again, and finds its approval by an id
   * derived from runId and callId). Null lets the call go on; an output is the refusal told to the model. Not subject to
   * `timeoutMs`, only to `context.signal`.
   */
  authorize?(input: I, context: ToolContext): Promise<ToolOutput | null>;
  run(input: I, context: ToolContext): Promise<ToolOutput>;
}

/** Carries claimed runs to their end. */
export interface AgentRunner {
  /**
   * Works until the run has its outcome and has recorded it with `ledger.complete`. Whatever the model, a tool or the
   * abort signal does becomes an outcome; it throws only when the lease was lost, storage failed, or the signal was
   * aborted with reason "shutdown": then nothing is completed (OpenClawError RUN_SUSPENDED) and the journaled run is
   * resumed by whoever claims it next.
   */
  run(lease: Lease, options: RunHooks): Promise<RunOutcome>;
}

export interface RunHooks {
  /** Aborted with an {@link AbortCause} as reason. */
  signal: AbortSignal;
  emit(event: RunEventBody): void;
  /** What to send where when the run ends; evaluated before the completing commit. */
  deliveries(outcome: RunOutcome): NewDelivery[];
}

/** Why a run was stopped from outside. */
export interface AbortCause {
  reason: "aborted" | "superseded" | "deadline" | "session_reset" | "shutdown";
  detail: string;
}
