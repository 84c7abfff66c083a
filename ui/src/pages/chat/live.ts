import type { Part, ToolCard } from "./items.ts";
import { textOf } from "./items.ts";
import type { AgentEvent } from "./wire.ts";

/** A run that is going on, as far as this page saw it. */
export interface LiveRun {
  runId: string;
  /** Epoch milliseconds from which on `parts` tell all: what the history has of it since is not shown twice. */
  since: number;
  parts: Part[];
}

/** The run after one more event. Events carry all the text so far, so one that was missed leaves no gap. */
export function advance(run: LiveRun, event: AgentEvent): LiveRun {
  const { stream, data } = event;
  if (stream === "assistant")
    return { ...run, parts: withText(run.parts, "text", data.text ?? "", data.delta) };
  if (stream === "thinking")
    return { ...run, parts: withText(run.parts, "thinking", data.text ?? "", data.delta) };
  if (stream === "tool") return { ...run, parts: withTool(run.parts, data) };
  return run;
}

/** `text` is the whole of the current message; one that does not continue the last part begins a new one. */
function withText(parts: readonly Part[], kind: "text" | "thinking", text: string, delta?: string): Part[] {
  const last = parts.at(-1);
  const begins = text === delta;
  // An event that was on its way while the page asked may be behind what it was told.
  const isBehind = last?.kind === kind && last.text.startsWith(text);
  if (isBehind) return [...parts];
  if (last?.kind === kind && (!begins || last.text === "" || text.startsWith(last.text)))
    return [...parts.slice(0, -1), { kind, text }];
  return [...parts, { kind, text }];
}

function withTool(parts: readonly Part[], data: AgentEvent["data"]): Part[] {
  const id = data.toolCallId ?? "";
  const index = parts.findIndex((part) => part.kind === "tool" && part.tool.id === id);
  const known = parts[index];
  const before: ToolCard =
    known?.kind === "tool"
      ? known.tool
      : {
          id,
          name: data.name ?? "",
          input: data.args,
          output: null,
          state: "running",
          durationMs: null,
          waitingFor: null,
        };
  const said = data.result?.content ?? data.partialResult?.content;
  const tool: ToolCard = {
    ...before,
    output: said ? textOf(said) : before.output,
    state: data.phase === "result" ? (data.isError ? "failed" : "done") : before.state,
    durationMs: data.durationMs ?? before.durationMs,
    waitingFor:
      data.phase === "result" ? null : data.waitingFor === undefined ? before.waitingFor : data.waitingFor,
  };
  const part: Part = { kind: "tool", tool };
  return index < 0 ? [...parts, part] : parts.with(index, part);
}
