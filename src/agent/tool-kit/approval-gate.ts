import { createHash } from "node:crypto";
import type { JsonValue } from "../../core/json.ts";
import {
  visibleText,
  type ApprovalRecord,
  type ApprovalService,
  type ExecSettings,
} from "../../sandbox/index.ts";
import { UserError } from "../../core/errors.ts";
import type { AbortCause, ToolContext } from "../contract.ts";

export interface GateQuestion {
  toolName: string;
  /** Exactly what would happen; approving means this and nothing else. */
  planDigest: string;
  /** Shown to the person who decides; made visible here, never cut. */
  command: string;
  cwd: string;
  /** Where it would run; default the gateway's machine. */
  host?: string;
  resolvedPath: string | null;
  input: JsonValue;
  settings: ExecSettings;
  /** Whether the allowlist would let it run (what the fallback may rely on). */
  allowlisted: boolean;
}

export type GateAnswer =
  | { allowed: true; always: boolean; digest: string; approvalId: string | null }
  | { allowed: false; message: string };

/** Asks a person about one call and remembers the answer until the call is made. */
export interface ApprovalGate {
  /**
   * Waits for the decision. The id of the approval is made from run, call and plan, so the same call finds its approval
   * again after a crash.
   */
  ask(context: ToolContext, question: GateQuestion): Promise<GateAnswer>;
  /** The answer given to this call, if it was asked about; forgets it. */
  take(context: ToolContext): GateAnswer | null;
  /** Uses the approval up; a text when it does not hold for this plan any more. */
  use(answer: GateAnswer, planDigest: string): Promise<string | null>;
}

const maxRemembered = 1000;

export function createApprovalGate(approvals: ApprovalService): ApprovalGate {
  const answers = new Map<string, GateAnswer>();
  const callKey = (context: ToolContext) => `${context.runId}\0${context.callId}`;
  const changed =
    "What was approved changed before it could run (a file, the folder or the environment), so it was not run. Call again to ask anew.";

  /** The first approval of this call and plan that was not used up: providers may repeat a call id within a run. */
  const idFor = (context: ToolContext, digest: string): string => {
    for (let round = 0; ; round++) {
      const seed = [context.runId, context.callId, digest, String(round)].join("\0");
      const id = `exec-${createHash("sha256").update(seed).digest("hex").slice(0, 32)}`;
      if (approvals.get(id)?.usedAtMs == null) return id;
    }
  };

  /** A question nobody waits for any more must not stay on people's lists. */
  const withdraw = (id: string) =>
    approvals.resolve(id, "deny", "the run ended").catch((error: unknown) => {
      // Decided or expired in the same moment: it is off the lists.
      if (!(error instanceof UserError)) throw error;
    });

  async function waitFor(id: string, context: ToolContext): Promise<ApprovalRecord> {
    context.update(`waiting for approval ${id}`);
    const decided = context.waitsFor(id);
    try {
      const record = await approvals.wait(id, context.signal);
      decided(record.decision);
      return record;
    } catch (error) {
      if (endedForGood(context.signal)) await withdraw(id);
      throw error;
    }
  }

  return {
    async ask(context, question) {
      const { settings } = question;
      const id = idFor(context, question.planDigest);
      const asked = await approvals.request(
        {
          id,
          command: visibleText(question.command),
          cwd: question.cwd,
          host: question.host ?? "gateway",
          security: settings.security,
          ask: settings.ask,
          agentId: context.agentId,
          resolvedPath: question.resolvedPath,
          sessionKey: context.sessionKey,
          runId: context.runId,
          callId: context.callId,
          toolName: question.toolName,
          planDigest: question.planDigest,
          input: question.input,
        },
        settings.approvalTimeoutMs,
      );
      const record = asked.decision === null ? await waitFor(id, context) : asked;
      const answer = answerOf(record.decision, { id, question });
      if (answers.size >= maxRemembered) answers.delete(answers.keys().next().value ?? "");
      answers.set(callKey(context), answer);
      return answer;
    },
    take(context) {
      const answer = answers.get(callKey(context)) ?? null;
      answers.delete(callKey(context));
      return answer;
    },
    async use(answer, planDigest) {
      if (!answer.allowed) return answer.message;
      if (answer.digest !== planDigest) return changed;
      if (answer.approvalId === null) return null;
      return (await approvals.consume(answer.approvalId, planDigest)) ? null : changed;
    },
  };
}

/** Whether the run was ended, and not merely suspended for the next process to continue. */
function endedForGood(signal: AbortSignal): boolean {
  const cause = signal.reason as Partial<AbortCause> | undefined;
  return signal.aborted && cause?.reason !== undefined && cause.reason !== "shutdown";
}

function answerOf(
  decision: "allow-once" | "allow-always" | "deny" | null,
  about: { id: string; question: GateQuestion },
): GateAnswer {
  const { question, id } = about;
  if (decision === "allow-once" || decision === "allow-always") {
    return {
      allowed: true,
      always: decision === "allow-always",
      digest: question.planDigest,
      approvalId: id,
    };
  }
  if (decision === "deny") {
    return {
      allowed: false,
      message:
        "The operator refused this command; it was not run. Do not try to reach the same in another way: ask them how to go on.",
    };
  }
  if (question.settings.askFallback === "allowlist" && question.allowlisted) {
    return { allowed: true, always: false, digest: question.planDigest, approvalId: null };
  }
  const seconds = Math.round(question.settings.approvalTimeoutMs / 1000);
  return {
    allowed: false,
    message: `Nobody approved this command within ${seconds} seconds; it was not run. Say what you wanted to run and why, so that it can be approved next time.`,
  };
}
