import { textOf } from "../core/conversation.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { RunService } from "../routing/contract.ts";
import type { Connection, LivePart, LiveRun, LiveRuns } from "./contract.ts";

/** Characters of one text or tool result that are kept of a run that is going on; its end has all of it. */
const maxPartChars = 200_000;
/** Parts kept of one run; the oldest go first, the transcript has them. */
const maxParts = 400;

/**
 * What every run of this process has said and done so far, for those who come to it late, and who follows which
 * conversation. Nothing is kept of a run that has ended: then the transcript has it.
 */
export function createLiveRuns(runs: Pick<RunService, "subscribe">): LiveRuns {
  const going = new Map<string, LiveRun>();
  const followed = new WeakMap<Connection, string>();
  const unseen = new Set<string>();
  const stop = runs.subscribe((event) => {
    if (event.type === "finished") {
      going.delete(event.runId);
      unseen.delete(event.runId);
      return;
    }
    if (event.type === "started" && event.unasked) unseen.add(event.runId);
    if (unseen.has(event.runId)) return;
    const known = going.get(event.runId);
    if (event.type === "started" || known === undefined) {
      // A run that goes on after a crash begins anew here: what it did before is in the transcript.
      going.set(event.runId, {
        runId: event.runId,
        sessionKey: event.sessionKey,
        since: event.at,
        parts: [],
      });
      if (event.type === "started") return;
    }
    const run = going.get(event.runId);
    if (run) run.parts = advance(run.parts, event).slice(-maxParts);
  });
  return {
    of: (sessionKey) => [...going.values()].filter((run) => run.sessionKey === sessionKey),
    follow: (connection, sessionKey) => void followed.set(connection, sessionKey),
    follows: (connection, sessionKey) => followed.get(connection) === sessionKey,
    stop,
  };
}

function advance(parts: readonly LivePart[], event: RunEvent): LivePart[] {
  switch (event.type) {
    case "text":
      return withText(parts, "text", event);
    case "thinking":
      return withText(parts, "thinking", event);
    case "tool_started":
      return [
        ...parts,
        {
          kind: "tool",
          tool: {
            id: event.callId,
            name: event.name,
            input: event.input,
            output: null,
            state: "running",
            durationMs: null,
            waitingFor: null,
          },
        },
      ];
    case "tool_update":
      return withTool(parts, event.callId, { output: event.partial.slice(-maxPartChars) });
    case "approval_waiting":
      return withTool(parts, event.callId, { waitingFor: event.approvalId });
    case "approval_decided":
      return withTool(parts, event.callId, { waitingFor: null });
    case "tool_finished":
      return withTool(parts, event.callId, {
        waitingFor: null,
        output: textOf(event.content).slice(0, maxPartChars),
        state: event.isError ? "failed" : "done",
        durationMs: event.durationMs,
      });
    default:
      return [...parts];
  }
}

/** `text` is the whole of the current message; one that begins anew is another part. */
function withText(
  parts: readonly LivePart[],
  kind: "text" | "thinking",
  { text, delta }: { text: string; delta: string },
): LivePart[] {
  const part: LivePart = { kind, text: text.slice(0, maxPartChars) };
  const last = parts.at(-1);
  const goesOn = last?.kind === kind && (text !== delta || last.text === "");
  return goesOn ? [...parts.slice(0, -1), part] : [...parts, part];
}

function withTool(
  parts: readonly LivePart[],
  callId: string,
  change: Partial<Extract<LivePart, { kind: "tool" }>["tool"]>,
): LivePart[] {
  return parts.map((part) =>
    part.kind === "tool" && part.tool.id === callId
      ? { kind: "tool", tool: { ...part.tool, ...change } }
      : part,
  );
}
