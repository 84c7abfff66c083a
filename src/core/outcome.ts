import type { Usage } from "./conversation.ts";

/**
 * Why a message ended as it did. Closed on purpose: a message cannot be dropped without naming its reason
 * (design.md, idea 2). `openclaw why` prints these with their meaning.
 */
export const outcomeReasons = {
  answered: "a run answered it",
  answered_with_others: "collected or steered into a run that answered several messages at once",
  command: "it was a chat command and was carried out",
  silent: "the agent chose not to reply",
  refused_sender: "the sender is not allowed to speak here",
  refused_policy: "a policy of this gateway refused it",
  refused_limit: "a limit was reached before it could be queued",
  failed_model: "no model could answer",
  failed_internal: "the gateway failed while answering",
  aborted: "somebody stopped the run",
  superseded: "a newer message interrupted the run",
  deadline: "the run did not end before its deadline",
  session_reset: "the session was reset or deleted while it waited",
} as const;
export type OutcomeReason = keyof typeof outcomeReasons;

export interface ReplyPayload {
  text: string;
  mediaUrl: string | null;
  mediaUrls?: string[];
}

/** How a run ended; what `agent`'s second response, `agent.wait` and the chat `final` event are made from. */
export interface RunOutcome {
  runId: string;
  status: "ok" | "error" | "aborted" | "timeout";
  reason: OutcomeReason;
  payloads: ReplyPayload[];
  usage: Usage;
  provider?: string;
  model?: string;
  sessionId: string;
  sessionKey: string;
  startedAt: number;
  endedAt: number;
  /** Present unless status is "ok". */
  error?: { code: string; message: string; hint?: string };
  /** Calls of tools that the HTTP client declared and must run itself (`/v1/responses`, `/v1/chat/completions`). */
  pendingToolCalls?: Array<{ id: string; name: string; arguments: string }>;
  stopReason?: string;
}
