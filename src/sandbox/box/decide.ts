import type { SandboxMode } from "./contract.ts";

/** What decides whether tools of a run execute in a sandbox. */
export interface SandboxQuestion {
  mode: SandboxMode;
  agentId: string;
  /** Whether the run is in the agent's main session. */
  main: boolean;
  /** Whether everything that triggered it came from the owner. */
  owner: boolean;
  /** Whether anything that triggered it was itself caused by a sandboxed run. */
  fromSandbox: boolean;
  /** Whether an earlier attempt of the same run was sandboxed. */
  recorded: boolean;
  /** Whether the session that spawned this one is sandboxed. */
  parent: boolean;
}

export interface SandboxDecision {
  sandboxed: boolean;
  /** The rule that decided, for `openclaw why` and `openclaw sandbox explain`. */
  rule: string;
  /** Whether the owner may have single commands run outside all the same (AGENT-007). */
  mayElevate: boolean;
}

/**
 * Whether a run is sandboxed (SEC-003, AGENT-008). What a sandboxed run caused stays sandboxed whatever the configuration
 * says by then; nothing but the configuration and the session itself can lead outside. Pure.
 */
export function decideSandbox(question: SandboxQuestion): SandboxDecision {
  const inside = (rule: string, mayElevate: boolean): SandboxDecision => ({
    sandboxed: true,
    rule,
    mayElevate,
  });
  if (question.fromSandbox) return inside("what a sandboxed run caused is sandboxed", false);
  if (question.parent) return inside("the session that spawned this one is sandboxed", false);
  if (question.recorded) return inside("this run was begun in a sandbox", true);
  if (question.mode === "all") return inside(`sandbox.mode of ${question.agentId} is all`, true);
  if (question.mode === "non-main") {
    if (!question.main) return inside(`sandbox.mode of ${question.agentId} is non-main`, true);
    if (!question.owner)
      return inside(`sandbox.mode of ${question.agentId} is non-main, and not only the owner speaks`, true);
    return { sandboxed: false, rule: "the owner's main session, sandbox.mode non-main", mayElevate: false };
  }
  return { sandboxed: false, rule: `sandbox.mode of ${question.agentId} is off`, mayElevate: false };
}
