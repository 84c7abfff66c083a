import { textOf } from "../../core/conversation.ts";
import type { Clock } from "../../core/clock.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import type { RunEvent } from "../../core/run-events.ts";
import type { RunService } from "../../routing/contract.ts";
import type { SessionStore } from "../../sessions/contract.ts";
import type { Broadcaster, Connection, LiveRuns } from "../contract.ts";
import { textMessage } from "./messages.ts";

/** Cumulative chat text is sent at most this often per run, in milliseconds (protocol.md 4). */
const deltaEveryMs = 150;
/**
 * So are `assistant` events: each carries all the text so far, so one per token of a long answer grows with the square of
 * its length and pushes every reader over its buffer.
 */
const assistantEveryMs = 40;

interface RunView {
  runId: string;
  sessionKey: string;
  sessionKeyAsSent: string;
  connId: string | undefined;
  verbose: string | undefined;
  /** Counts the `agent` events of the run from 1, the directed ones too: clients see those as gaps. */
  seq: number;
  startedAt: number;
  lastDeltaAt: number;
  pendingText: string | null;
  cancelFlush: () => void;
  lastAssistantAt: number;
  /** Said, but not sent as an `assistant` event yet. */
  unsent: { text: string; delta: string; at: number } | null;
  cancelAssistant: () => void;
  /** Nobody asked for it: what it says is told at its end, if anything. */
  isUnasked: boolean;
}

export interface RunEventRelayDeps {
  runs: RunService;
  broadcaster: Broadcaster;
  sessions: SessionStore;
  liveRuns: Pick<LiveRuns, "follows">;
  clock: Clock;
}

/**
 * Turns the events of runs into `agent` and `chat` events of the wire (protocol.md 4), in the order clients rely on:
 * lifecycle start, (assistant, chat delta)*, lifecycle end, chat final. Tool events go only to the connection that
 * started the run, and to those that follow its conversation (`chat.live`), with cap `tool-events`; they show results only when the session is `full`y
 * verbose (or the connection has cap `tool-output`) and nothing when its verbose level is `off`. What the model thinks
 * goes to a connection with cap `thinking-events`, which no client of the existing system sends.
 * @returns stops relaying.
 */
export function createRunEventRelay(deps: RunEventRelayDeps): () => void {
  const { broadcaster, clock, sessions } = deps;
  const views = new Map<string, RunView>();

  function viewOf(event: RunEvent, sessionKeyAsSent: string, connId: string | undefined): RunView {
    const known = views.get(event.runId);
    if (known) return known;
    const view: RunView = {
      runId: event.runId,
      sessionKey: event.sessionKey,
      sessionKeyAsSent,
      connId,
      verbose: sessions.get(event.sessionKey)?.settings.verboseLevel,
      seq: 0,
      startedAt: event.at,
      lastDeltaAt: Number.NEGATIVE_INFINITY,
      pendingText: null,
      cancelFlush: () => {},
      lastAssistantAt: Number.NEGATIVE_INFINITY,
      unsent: null,
      cancelAssistant: () => {},
      isUnasked: false,
    };
    views.set(event.runId, view);
    return view;
  }

  function agentEvent(view: RunView, stream: string, data: Record<string, unknown>, at: number) {
    view.seq += 1;
    return {
      runId: view.runId,
      stream,
      data,
      sessionKey: view.sessionKeyAsSent,
      seq: view.seq,
      ts: at,
    };
  }

  function toAll(view: RunView, stream: string, data: Record<string, unknown>, at: number): void {
    broadcaster.broadcast("agent", agentEvent(view, stream, data, at), {
      droppable: false,
      requires: "read",
    });
  }

  /** `output` is what a tool said, for a session that shows it or a connection that asked for it. */
  function tellTool(
    view: RunView,
    data: Record<string, unknown>,
    { at, output }: { at: number; output?: Record<string, unknown> },
  ): void {
    if (view.verbose === "off") return;
    const watching = watchersOf(view, "tool-events");
    if (watching.length === 0) return;
    const event = agentEvent(view, "tool", data, at);
    for (const connection of watching) {
      const shown = view.verbose === "full" || connection.caps.has("tool-output") ? output : {};
      connection.sendEvent("agent", { ...event, data: { ...data, ...shown } });
    }
  }

  function onThinking(view: RunView, data: { text: string; delta: string }, at: number): void {
    const watching = watchersOf(view, "thinking-events");
    if (watching.length === 0) return;
    const event = agentEvent(view, "thinking", data, at);
    for (const connection of watching) connection.sendEvent("agent", event);
  }

  /** Who started the run and who follows its conversation, as far as they asked for this kind of event. */
  function watchersOf(view: RunView, cap: string): Connection[] {
    return [...broadcaster.connections()].filter(
      (connection) =>
        connection.caps.has(cap) &&
        (connection.id === view.connId || deps.liveRuns.follows(connection, view.sessionKey)),
    );
  }

  function chat(view: RunView, fields: Record<string, unknown>, droppable: boolean): void {
    broadcaster.broadcast(
      "chat",
      { runId: view.runId, sessionKey: view.sessionKeyAsSent, seq: view.seq, ...fields },
      { droppable, requires: "read" },
    );
  }

  function sendAssistant(view: RunView): void {
    view.cancelAssistant();
    if (view.unsent === null) return;
    const { text, delta, at } = view.unsent;
    view.unsent = null;
    view.lastAssistantAt = clock.now();
    toAll(view, "assistant", { text, delta }, at);
  }

  function sendDelta(view: RunView, text: string): void {
    sendAssistant(view);
    view.lastDeltaAt = clock.now();
    view.pendingText = null;
    chat(view, { state: "delta", message: textMessage(text, view.lastDeltaAt) }, true);
  }

  function onText(view: RunView, text: string, delta: string, at: number): void {
    const isWaiting = view.unsent !== null;
    view.unsent = { text, delta: (view.unsent?.delta ?? "") + delta, at };
    const sendAt = view.lastAssistantAt + assistantEveryMs;
    if (clock.now() >= sendAt) sendAssistant(view);
    else if (!isWaiting) view.cancelAssistant = clock.after(sendAt - clock.now(), () => sendAssistant(view));
    const due = view.lastDeltaAt + deltaEveryMs;
    if (clock.now() >= due) {
      view.cancelFlush();
      view.cancelFlush = () => {};
      sendDelta(view, text);
      return;
    }
    // A stream that pauses must not leave watchers behind what was already said.
    if (view.pendingText === null) {
      view.cancelFlush = clock.after(due - clock.now(), () => {
        if (view.pendingText !== null) sendDelta(view, view.pendingText);
      });
    }
    view.pendingText = text;
  }

  function onFinished(view: RunView, outcome: RunOutcome, at: number): void {
    view.cancelFlush();
    view.cancelAssistant();
    views.delete(view.runId);
    // A message answered by somebody else's run never had a life of its own to end.
    if (view.seq > 0) {
      const data =
        outcome.status === "error" || outcome.status === "timeout"
          ? {
              phase: "error",
              error: outcome.error?.message ?? outcome.reason,
              startedAt: view.startedAt,
              endedAt: outcome.endedAt,
            }
          : {
              phase: "end",
              startedAt: view.startedAt,
              endedAt: outcome.endedAt,
              ...(outcome.status === "aborted" ? { aborted: true } : {}),
            };
      toAll(view, "lifecycle", data, at);
    }
    if (view.isUnasked && (outcome.status !== "ok" || outcome.payloads.length === 0)) return;
    chat(view, chatEnd(outcome, at), false);
  }

  return deps.runs.subscribe((event, sessionKeyAsSent, connId) => {
    const view = viewOf(event, sessionKeyAsSent, connId);
    if (event.type === "started" && event.unasked) view.isUnasked = true;
    if (view.isUnasked && event.type !== "finished") return undefined;
    // What was said before a tool or the end is told before it.
    if (event.type !== "text") sendAssistant(view);
    switch (event.type) {
      case "started":
        view.startedAt = event.at;
        return toAll(view, "lifecycle", { phase: "start", startedAt: event.at }, event.at);
      case "text":
        return onText(view, event.text, event.delta, event.at);
      case "tool_started":
        return tellTool(
          view,
          { phase: "start", name: event.name, toolCallId: event.callId, args: event.input },
          { at: event.at },
        );
      case "tool_update":
        return tellTool(
          view,
          { phase: "update", name: event.name, toolCallId: event.callId },
          {
            at: event.at,
            output: { partialResult: { content: [{ type: "text", text: event.partial }] } },
          },
        );
      case "tool_finished":
        return tellTool(
          view,
          {
            phase: "result",
            name: event.name,
            toolCallId: event.callId,
            isError: event.isError,
            durationMs: event.durationMs,
          },
          {
            at: event.at,
            output: { result: { content: [{ type: "text", text: textOf(event.content) }] } },
          },
        );
      case "compaction_started":
        return toAll(view, "compaction", { phase: "start" }, event.at);
      case "compaction_finished":
        return toAll(view, "compaction", { phase: "end", willRetry: false }, event.at);
      case "finished":
        return onFinished(view, event.outcome, event.at);
      case "thinking":
        return onThinking(view, { text: event.text, delta: event.delta }, event.at);
      case "approval_waiting":
        return tellTool(
          view,
          { phase: "update", toolCallId: event.callId, waitingFor: event.approvalId },
          { at: event.at },
        );
      case "approval_decided":
        return tellTool(
          view,
          { phase: "update", toolCallId: event.callId, waitingFor: null },
          { at: event.at },
        );
      case "model_failover":
      case "usage":
        // No stream of the protocol carries these.
        return undefined;
    }
  });
}

function chatEnd(outcome: RunOutcome, at: number): Record<string, unknown> {
  const text = outcome.payloads.map((payload) => payload.text).join("\n\n");
  const message = text === "" ? {} : { message: textMessage(text, at) };
  const usage = {
    input: outcome.usage.input,
    output: outcome.usage.output,
    totalTokens: outcome.usage.total,
  };
  switch (outcome.status) {
    case "ok":
      // The text was already shown as the end of the run that answered several messages.
      return { state: "final", ...(outcome.reason === "answered_with_others" ? {} : message), usage };
    case "aborted":
      return { state: "aborted", stopReason: stopReasonOf(outcome), ...message };
    case "timeout":
      return { state: "aborted", stopReason: "timeout", ...message };
    case "error":
      return {
        state: "error",
        errorMessage: [outcome.error?.message ?? outcome.reason, outcome.error?.hint]
          .filter(Boolean)
          .join("\n"),
        ...(outcome.error === undefined ? {} : { errorCode: outcome.error.code }),
      };
  }
}

/** Clients know `rpc` (a method stopped it), `stop` (somebody said stop) and `timeout`. */
function stopReasonOf(outcome: RunOutcome): string {
  return outcome.reason === "deadline"
    ? "timeout"
    : /\bstop$/.test(outcome.error?.message ?? "")
      ? "stop"
      : "rpc";
}
