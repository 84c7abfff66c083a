import { isObject } from "../core/json.ts";

/** One thing in the conversation, as it is shown. */
export type Item =
  | {
      kind: "user" | "assistant" | "thinking" | "note" | "error";
      id: string;
      text: string;
      running?: boolean;
    }
  | {
      kind: "tool";
      id: string;
      name: string;
      input: string;
      state: "running" | "done" | "failed";
      output: string;
      durationMs: number | null;
    };

export interface Conversation {
  items: readonly Item[];
  /** Runs of this session that go on. */
  runs: readonly string[];
}

export const emptyConversation: Conversation = { items: [], runs: [] };

/** The items of `chat.history`. */
export function fromHistory(messages: unknown): Item[] {
  const rows = Array.isArray(messages) ? messages.filter(isObject) : [];
  const items: Item[] = [];
  rows.forEach((row, index) => {
    const blocks = Array.isArray(row["content"]) ? row["content"].filter(isObject) : [];
    const text = textOfBlocks(blocks);
    if (row["role"] === "toolResult") {
      finishTool(items, wordOf(row["toolCallId"]), { text, failed: row["isError"] === true });
      return;
    }
    const kind = row["role"] === "user" ? "user" : row["role"] === "assistant" ? "assistant" : "note";
    if (text !== "") items.push({ kind, id: `h${index}`, text });
    for (const block of blocks)
      if (block["type"] === "toolCall")
        items.push(toolItem(block["id"], block["name"], block["arguments"], "done"));
    if (typeof row["errorMessage"] === "string")
      items.push({ kind: "error", id: `e${index}`, text: row["errorMessage"] });
  });
  return items;
}

/** What an `agent` event adds. */
export function onAgentEvent(now: Conversation, payload: Record<string, unknown>): Conversation {
  const runId = wordOf(payload["runId"]);
  const data = isObject(payload["data"]) ? payload["data"] : {};
  const { stream } = payload;
  if (stream === "lifecycle") {
    if (data["phase"] === "start") return { ...now, runs: [...new Set([...now.runs, runId])] };
    return { ...now, runs: now.runs.filter((each) => each !== runId) };
  }
  if (stream === "assistant" || stream === "thinking") {
    return { ...now, items: grown(now.items, stream, runId, wordOf(data["text"])) };
  }
  if (stream === "compaction" && data["phase"] === "start")
    return note(now, "The older part of this conversation is being summarised…");
  if (stream !== "tool") return now;
  const id = wordOf(data["toolCallId"]);
  const items = closed(now.items, runId);
  if (data["phase"] === "start") {
    items.push(toolItem(id, data["name"], data["args"], "running"));
  } else if (data["phase"] === "update") {
    replaceTool(items, id, (tool) => ({ ...tool, output: resultText(data["partialResult"]) || tool.output }));
  } else if (data["phase"] === "result") {
    const durationMs = typeof data["durationMs"] === "number" ? data["durationMs"] : null;
    finishTool(items, id, { text: resultText(data["result"]), failed: data["isError"] === true, durationMs });
  }
  return { ...now, items };
}

/** What the end of a run (`chat` final, aborted, error) adds; deltas are told by `agent` events already. */
export function onChatEvent(now: Conversation, payload: Record<string, unknown>): Conversation {
  const runId = wordOf(payload["runId"]);
  const { state } = payload;
  if (state === "delta") return now;
  const message = isObject(payload["message"]) ? payload["message"] : {};
  const text = textOfBlocks(Array.isArray(message["content"]) ? message["content"].filter(isObject) : []);
  // Nothing of it was streamed: the whole answer comes with its end.
  const streamed = now.items.some((item) => item.id.startsWith(`a:${runId}:`));
  const items = closed(
    streamed || text === "" ? now.items : grown(now.items, "assistant", runId, text),
    runId,
  );
  const next: Conversation = { items, runs: now.runs.filter((each) => each !== runId) };
  if (state === "aborted") return note(next, "Stopped.");
  if (state !== "error") return next;
  const reason = typeof payload["errorMessage"] === "string" ? payload["errorMessage"] : "the run failed";
  return { ...next, items: [...items, { kind: "error", id: `x:${runId}`, text: reason }] };
}

export function note(now: Conversation, text: string): Conversation {
  return { ...now, items: [...now.items, { kind: "note", id: `n${now.items.length}`, text }] };
}

/** The message a person just sent. */
export function said(now: Conversation, text: string, runId: string): Conversation {
  return {
    items: [...now.items, { kind: "user", id: `u:${runId}`, text }],
    runs: [...new Set([...now.runs, runId])],
  };
}

/** `text` is the whole of the current message; one that does not continue the last stretch begins a new one. */
function grown(
  items: readonly Item[],
  kind: "assistant" | "thinking",
  runId: string,
  text: string,
): readonly Item[] {
  const prefix = `${kind === "assistant" ? "a" : "t"}:${runId}:`;
  const mine = items.filter((item) => item.id.startsWith(prefix));
  const last = mine.at(-1);
  if (last?.kind === kind && last.running && text.startsWith(last.text))
    return items.map((item) => (item === last ? { ...last, text } : item));
  return [...closed(items, runId), { kind, id: `${prefix}${mine.length}`, text, running: true }];
}

function closed(items: readonly Item[], runId: string): Item[] {
  return items.map((item) =>
    item.kind !== "tool" && item.running && item.id.includes(`:${runId}:`)
      ? { ...item, running: false }
      : item,
  );
}

function toolItem(id: unknown, name: unknown, input: unknown, state: "running" | "done"): Item {
  return {
    kind: "tool",
    id: wordOf(id),
    name: wordOf(name) || "tool",
    input: inputText(input),
    state,
    output: "",
    durationMs: null,
  };
}

function replaceTool(
  items: Item[],
  id: string,
  change: (tool: Extract<Item, { kind: "tool" }>) => Item,
): void {
  const index = items.findLastIndex((item) => item.kind === "tool" && item.id === id);
  const tool = items[index];
  if (tool?.kind === "tool") items[index] = change(tool);
}

function finishTool(
  items: Item[],
  id: string,
  end: { text: string; failed: boolean; durationMs?: number | null },
): void {
  replaceTool(items, id, (tool) => ({
    ...tool,
    state: end.failed ? "failed" : "done",
    output: end.text || tool.output,
    durationMs: end.durationMs ?? null,
  }));
}

/** One argument says it all; several are named. */
function inputText(input: unknown): string {
  if (!isObject(input)) return input === undefined ? "" : JSON.stringify(input);
  const entries = Object.entries(input);
  const [only] = entries;
  if (entries.length === 1 && only && typeof only[1] === "string") return only[1];
  return entries
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

function resultText(result: unknown): string {
  return isObject(result) && Array.isArray(result["content"])
    ? textOfBlocks(result["content"].filter(isObject))
    : "";
}

function textOfBlocks(blocks: ReadonlyArray<Record<string, unknown>>): string {
  return blocks
    .flatMap((block) =>
      block["type"] === "text" && typeof block["text"] === "string" ? [block["text"]] : [],
    )
    .join("\n")
    .trim();
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
