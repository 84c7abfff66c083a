import type { ContentBlock, Usage } from "./conversation.ts";
import type { JsonValue } from "./json.ts";
import type { RunOutcome } from "./outcome.ts";

interface RunEventBase {
  runId: string;
  /** Canonical key, e.g. `agent:main:main`. */
  sessionKey: string;
  agentId: string;
  /** Counts from 1 within the run. */
  seq: number;
  /** Epoch milliseconds. */
  at: number;
}

/** Everything a run tells the world. A closed union: WebSocket, HTTP stream, log and metrics are folds over it. */
export type RunEventBody =
  /** `unasked`: nobody waits for it, and nobody sees it before it says something. */
  | { type: "started"; resumed: boolean; unasked?: true }
  /** `text` is the whole text of the current assistant message so far, `delta` what is new. */
  | { type: "text"; text: string; delta: string }
  | { type: "thinking"; text: string; delta: string }
  | { type: "tool_started"; callId: string; name: string; input: JsonValue }
  | { type: "tool_update"; callId: string; name: string; partial: string }
  | {
      type: "tool_finished";
      callId: string;
      name: string;
      isError: boolean;
      content: ContentBlock[];
      durationMs: number;
    }
  /** The call goes no further until a person has decided, or the time for it is up. */
  | { type: "approval_waiting"; callId: string; approvalId: string }
  /** `decision` is null when nobody decided in time. */
  | {
      type: "approval_decided";
      callId: string;
      approvalId: string;
      decision: "allow-once" | "allow-always" | "deny" | null;
    }
  | { type: "compaction_started" }
  | { type: "compaction_finished"; tokensBefore: number; tokensAfter: number }
  | { type: "model_failover"; from: string; to: string; why: string }
  | { type: "usage"; usage: Usage }
  | { type: "finished"; outcome: RunOutcome };

export type RunEvent = RunEventBase & RunEventBody;
