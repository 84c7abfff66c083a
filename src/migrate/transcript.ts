import { createHash } from "node:crypto";
import type { ContentBlock, StopReason, TranscriptEntry } from "../core/conversation.ts";
import { isObject, type JsonValue } from "../core/json.ts";
import { activeBranch } from "./branch.ts";

type Fields = Record<string, unknown>;

/** An image that was kept inside a transcript line; ours lie beside it under their digest. */
export interface CarriedImage {
  digest: string;
  bytes: Uint8Array;
}

/** What became of the events of one old transcript. `messages` are events of type `message`, `notes` all others. */
export interface TranscriptCount {
  messages: { found: number; carried: number; transformed: number; left: number };
  notes: { found: number; transformed: number; left: number };
  /** Entries written although the old transcript had none: results and outcomes a killed program never stored. */
  added: number;
}

export interface ConvertedTranscript {
  /** Entries before each reset marker, oldest first; the last part is the conversation as it stands. */
  parts: TranscriptEntry[][];
  images: CarriedImage[];
  count: TranscriptCount;
  /** Why events were left, with their number. */
  left: Record<string, number>;
}

/**
 * Turns the events of one old transcript (legacy-state.md 1.5 and 2.4) into entries of ours. Order is kept, texts stay
 * byte for byte, every event is counted. Entry ids are `<transcriptId>:<event id>`, so doing it again gives the same.
 * @param events parsed lines in file order; null for a line that could not be read.
 */
export function convertTranscript(transcriptId: string, events: ReadonlyArray<unknown>): ConvertedTranscript {
  const parts: TranscriptEntry[][] = [[]];
  const images: CarriedImage[] = [];
  const left: Record<string, number> = {};
  const count: TranscriptCount = {
    messages: { found: 0, carried: 0, transformed: 0, left: 0 },
    notes: { found: 0, transformed: 0, left: 0 },
    added: 0,
  };
  const leave = (why: string): void => {
    left[why] = (left[why] ?? 0) + 1;
  };
  const ids = entryIds(transcriptId, events);
  const onBranch = activeBranch(events);
  let lastTime = 0;

  for (const [index, event] of events.entries()) {
    if (!isObject(event)) {
      count.notes.found++;
      count.notes.left++;
      leave("a torn or foreign line");
      continue;
    }
    const base = { id: ids[index] ?? `${transcriptId}:line-${index}`, ts: timeOf(event, lastTime) };
    lastTime = base.ts;
    const part = parts.at(-1) ?? [];
    if (event["type"] === "message") {
      count.messages.found++;
      const read = isObject(event["message"]) ? readMessage(event["message"], images) : null;
      if (!onBranch.has(index) || read === null) {
        count.messages.left++;
        leave(read === null ? "a message of an unknown form" : "a message of an abandoned branch");
        continue;
      }
      part.push({ ...base, ...read.entry });
      if (read.isSame) count.messages.carried++;
      else count.messages.transformed++;
      continue;
    }
    count.notes.found++;
    const entry = onBranch.has(index) ? readNote(event, transcriptId) : null;
    if (entry !== null) part.push({ ...base, ...entry });
    else if (event["type"] !== "reset" || !onBranch.has(index)) {
      count.notes.left++;
      leave(`${typeof event["type"] === "string" ? event["type"] : "a line"} without a counterpart`);
      continue;
    }
    count.notes.transformed++;
    if (event["type"] === "reset" && part.length > 0) parts.push([]);
  }
  for (const part of parts) count.added += closeOpenTurns(part);
  return { parts, images, count, left };
}

/** One id per event, distinct even where the old file repeats one or has none. */
function entryIds(transcriptId: string, events: ReadonlyArray<unknown>): string[] {
  const used = new Set<string>();
  return events.map((event, index) => {
    const own = isObject(event) && typeof event["id"] === "string" ? event["id"] : `line-${index}`;
    let id = `${transcriptId}:${own}`;
    for (let n = 2; used.has(id); n++) id = `${transcriptId}:${own}~${n}`;
    used.add(id);
    return id;
  });
}

/** Epoch milliseconds. An event without a readable time counts as happening with the one before it. */
function timeOf(event: Fields, otherwise: number): number {
  const message = isObject(event["message"]) ? event["message"] : {};
  const written = typeof event["timestamp"] === "string" ? Date.parse(event["timestamp"]) : Number.NaN;
  if (Number.isFinite(written)) return written;
  const spoken = message["timestamp"];
  return typeof spoken === "number" && Number.isFinite(spoken) ? Math.floor(spoken) : otherwise;
}

type Body = Omit<TranscriptEntry, "id" | "ts">;

function readMessage(message: Fields, images: CarriedImage[]): { entry: Body; isSame: boolean } | null {
  const { content, isSame } = readContent(message["content"], images);
  switch (message["role"]) {
    case "user": {
      const transport = isObject(message["__openclaw"]) ? message["__openclaw"] : {};
      const trust = transport["senderIsOwner"] === true ? "owner" : "member";
      return { entry: { role: "user", content, origin: { door: "migrated", trust } }, isSame };
    }
    case "assistant": {
      const { fields, isPlain } = readAnswer(message);
      return { entry: { role: "assistant", content, ...fields }, isSame: isSame && isPlain };
    }
    case "toolResult": {
      const parts = content.filter((block) => block.type === "text" || block.type === "image");
      const result: ContentBlock = {
        type: "tool_result",
        tool_use_id: text(message["toolCallId"]) ?? "",
        content: parts,
        ...(message["isError"] === true && { is_error: true }),
      };
      return { entry: { role: "tool", content: [result] }, isSame: false };
    }
    default:
      return null;
  }
}

function readAnswer(message: Fields): { fields: Partial<Body>; isPlain: boolean } {
  const reason = message["stopReason"];
  const injected = reason === "injected" || message["model"] === "gateway-injected";
  const provider = text(message["provider"]);
  const model = text(message["model"]);
  const usage = isObject(message["usage"]) ? readUsage(message["usage"]) : undefined;
  const failure = text(message["errorMessage"]);
  const stops: Record<string, StopReason> = {
    stop: "stop",
    injected: "stop",
    toolUse: "tool_use",
    length: "length",
    error: "error",
    aborted: "aborted",
  };
  const stopReason = typeof reason === "string" && Object.hasOwn(stops, reason) ? stops[reason] : undefined;
  return {
    fields: {
      ...(injected && { kind: "injected" as const }),
      ...(provider !== null && !injected && { provider }),
      ...(model !== null && !injected && { model }),
      ...(usage && { usage }),
      ...(stopReason && { stopReason }),
      ...(stopReason === "error" && {
        error: { code: "PROVIDER_FAILED", message: failure ?? "the provider failed" },
      }),
    },
    isPlain: reason === stopReason,
  };
}

function readUsage(usage: Fields): NonNullable<TranscriptEntry["usage"]> {
  const cost = isObject(usage["cost"]) ? usage["cost"]["total"] : undefined;
  return {
    input: number(usage["input"]),
    output: number(usage["output"]),
    cacheRead: number(usage["cacheRead"]),
    cacheWrite: number(usage["cacheWrite"]),
    total: number(usage["totalTokens"]),
    ...(typeof cost === "number" && { cost }),
  };
}

function readContent(content: unknown, images: CarriedImage[]): { content: ContentBlock[]; isSame: boolean } {
  if (typeof content === "string") return { content: [{ type: "text", text: content }], isSame: true };
  if (!Array.isArray(content)) return { content: [], isSame: content === undefined };
  let isSame = true;
  const blocks = content.map((block: unknown): ContentBlock => {
    const read = isObject(block) ? readBlock(block, images) : null;
    if (read?.type !== "text") isSame = false;
    // What nobody knows is kept as it was written, for people to read.
    return read ?? { type: "text", text: JSON.stringify(block) ?? "" };
  });
  return { content: blocks, isSame };
}

function readBlock(block: Fields, images: CarriedImage[]): ContentBlock | null {
  switch (block["type"]) {
    case "text":
      return typeof block["text"] === "string" ? { type: "text", text: block["text"] } : null;
    case "thinking": {
      const signature = text(block["thinkingSignature"]);
      return {
        type: "thinking",
        thinking: typeof block["thinking"] === "string" ? block["thinking"] : "",
        ...(signature !== null && { signature }),
      };
    }
    case "toolCall": {
      const id = text(block["id"]);
      const name = text(block["name"]);
      if (id === null || name === null) return null;
      return { type: "tool_use", id, name, input: (block["arguments"] ?? {}) as JsonValue };
    }
    case "image": {
      if (typeof block["data"] !== "string") return null;
      const bytes = Buffer.from(block["data"], "base64");
      const digest = createHash("sha256").update(bytes).digest("hex");
      images.push({ digest, bytes });
      return { type: "image", digest, mimeType: text(block["mimeType"]) ?? "image/png", bytes: bytes.length };
    }
    default:
      return null;
  }
}

/** Events that are no message but part of what a model is shown, or a person should see. */
function readNote(event: Fields, transcriptId: string): Body | null {
  if (event["type"] === "compaction") {
    const first = text(event["firstKeptEntryId"]);
    return {
      role: "system",
      kind: "compaction",
      content: [{ type: "text", text: text(event["summary"]) ?? "" }],
      compaction: {
        firstKeptId: first === null ? null : `${transcriptId}:${first}`,
        tokensBefore: number(event["tokensBefore"]),
      },
    };
  }
  if (event["type"] !== "custom_message") return null;
  return { role: "system", kind: "note", content: readContent(event["content"], []).content };
}

/**
 * Gives every tool call a result and a turn without answer its outcome, in place: the old program was killed in it, and
 * nothing of it is run again. Returns how many entries were added.
 */
function closeOpenTurns(entries: TranscriptEntry[]): number {
  const answered = new Set(
    entries.flatMap(({ content }) =>
      content.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : [])),
    ),
  );
  let added = 0;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index];
    const open = entry?.content.flatMap((block) =>
      block.type === "tool_use" && !answered.has(block.id) ? [block.id] : [],
    );
    if (!entry || !open || open.length === 0) continue;
    entries.splice(index + 1, 0, {
      id: `${entry.id}:unanswered`,
      ts: entry.ts,
      role: "tool",
      content: open.map((id) => ({
        type: "tool_result",
        tool_use_id: id,
        content: [{ type: "text", text: "interrupted: the result was not recorded before the migration" }],
        is_error: true,
        outcome: "unknown",
      })),
    });
    added++;
  }
  const last = entries.at(-1);
  if (!last || (last.role !== "user" && last.role !== "tool")) return added;
  entries.push({
    id: `${last.id}:interrupted`,
    ts: last.ts,
    role: "assistant",
    content: [],
    stopReason: "error",
    error: { code: "INTERRUPTED", message: "interrupted before the migration; it was not run again" },
  });
  return added + 1;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
