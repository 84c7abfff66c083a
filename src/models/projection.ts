import type {
  ContentBlock,
  ImageBlock,
  ThinkingBlock,
  ToolResultBlock,
  ToolUseBlock,
  TranscriptEntry,
} from "../core/conversation.ts";
import { textOf } from "../core/conversation.ts";
import type { PromptMessage } from "./contract.ts";
import { createNamer, objectInput, toolName } from "./projection-names.ts";
import { wireRules, type Wire } from "./wire-rules.ts";

/** For whom a transcript is projected. */
export interface ProjectionTarget {
  wire: Wire;
  /** Provider and model as recorded in transcript entries; signatures of others are left out. */
  provider: string;
  model: string;
  /** Whether the model takes images. */
  images: boolean;
}

export type LoadMedia = (digest: string) => Uint8Array | null;

type UserPart = Extract<PromptMessage, { role: "user" }>["content"][number];
type AssistantPart = Extract<PromptMessage, { role: "assistant" }>["content"][number];
type ToolResult = Extract<PromptMessage, { role: "tool" }>["results"][number];

const lostResult =
  "No result of this call was recorded: its outcome is unknown. Check what happened before repeating it.";
const abortedCall = "The call was aborted before its result was recorded; it may have had an effect.";

/**
 * Turns a transcript into a prompt that the wire format accepts, whatever the transcript looks like (design.md,
 * idea 2): begins with a user message and ends with a user or tool message, assistant and user messages alternate,
 * every tool call is followed at once by exactly its results, ids are unique and of the allowed alphabet, there is
 * no blank text, no lone surrogate, no thinking the provider did not sign, and no image the model cannot take.
 * Pure and total; an equal prefix of entries gives an equal prefix of messages, so prompt caches hold.
 */
export function project(
  target: ProjectionTarget,
  entries: readonly TranscriptEntry[],
  loadMedia: LoadMedia,
): PromptMessage[] {
  return projectOn(null, target, entries, loadMedia).messages;
}

/**
 * A settled beginning of a conversation: whatever is said after it, these entries become these messages. It ends before
 * a user message, with every call answered and no picture (whose bytes would be held).
 */
export interface ProjectedPrefix {
  summary: string | null;
  entries: readonly TranscriptEntry[];
  messages: readonly PromptMessage[];
  callIds: readonly string[];
}

/** As {@link project}, going on from an earlier prefix when the entries begin with the very same ones. */
export function projectOn(
  earlier: ProjectedPrefix | null,
  target: ProjectionTarget,
  entries: readonly TranscriptEntry[],
  loadMedia: LoadMedia,
): { messages: PromptMessage[]; prefix: ProjectedPrefix | null } {
  const window = afterCompaction(entries);
  const known = earlier && begins(window, earlier) ? earlier : null;
  const start = known?.entries.length ?? 0;
  const messages: PromptMessage[] = known ? [...known.messages] : [];
  const claims = claimResults(window.entries, start);
  const names = createNamer(known?.callIds);
  let settled: { entries: number; messages: number; callIds: number } | null = null;
  /** Index of the last entry that a call so far still needs: its result. */
  let needed = -1;
  let pictured = false;

  const user = (parts: UserPart[]) => {
    if (parts.length === 0) return;
    const last = messages.at(-1);
    if (last?.role === "user") last.content.push(...parts);
    else messages.push({ role: "user", content: parts });
  };

  const assistant = (entry: TranscriptEntry, index: number) => {
    const calls: Array<{ id: string; name: string; block: ToolUseBlock; result: ToolResultBlock | null }> =
      [];
    const parts: AssistantPart[] = [];
    let position = -1;
    for (const block of entry.content) {
      position += 1;
      if (block.type === "text") parts.push(...text(block.text));
      else if (block.type === "thinking") parts.push(...thinking(target, entry, block));
      else if (block.type === "image") parts.push(...text("[image]"));
      else if (block.type === "tool_result") parts.push(...text(describeResult(block)));
      else {
        const id = names.callId(block.id);
        const name = toolName(block.name);
        const claimed = claims.resultOf(index, position);
        needed = Math.max(needed, claimed?.entry ?? Number.POSITIVE_INFINITY);
        calls.push({ id, name, block, result: claimed?.block ?? null });
        parts.push({ type: "tool_call", id, name, input: objectInput(block.input) });
      }
    }
    const ordered = ordering(parts);
    if (ordered.length === 0) return;
    if (messages.length === 0) user(text("[The beginning of the conversation is not included.]"));
    const last = messages.at(-1);
    if (last?.role === "assistant") last.content.push(...ordered);
    else messages.push({ role: "assistant", content: ordered });
    if (calls.length === 0) return;

    const results: ToolResult[] = [];
    const pictures: UserPart[] = [];
    for (const call of calls) {
      const made = result(target, call, entry, loadMedia);
      results.push(made.result);
      pictures.push(...made.pictures);
    }
    messages.push({ role: "tool", results });
    user(pictures);
  };

  const incoming = (entry: TranscriptEntry, index: number) => {
    const parts: UserPart[] = [];
    const prefix = entry.role === "system" ? "[Note from the system] " : "";
    let position = -1;
    for (const block of entry.content) {
      position += 1;
      if (block.type === "text") parts.push(...text(block.text, prefix));
      else if (block.type === "image") parts.push(...picture(target, block, loadMedia));
      else if (block.type === "tool_use") parts.push(...text(`[tool ${block.name} was mentioned here]`));
      else if (block.type === "tool_result" && !claims.isClaimed(index, position))
        parts.push(...text(describeResult(block)));
    }
    user(parts);
  };

  if (window.summary && !known) user(text(window.summary, "[Summary of the conversation so far]\n"));
  for (let index = start; index < window.entries.length; index++) {
    const entry = window.entries[index];
    if (!entry) continue;
    pictured ||= entry.content.some(hasPicture);
    if (entry.role === "assistant") assistant(entry, index);
    else {
      const before = { entries: index, messages: messages.length, callIds: names.used.size };
      const answered = needed < index && !pictured && messages.at(-1)?.role !== "user";
      incoming(entry, index);
      // Settled only if a message of its own began here: a blank one would let the next answer join the last.
      if (answered && before.messages > 0 && messages.length > before.messages) settled = before;
    }
  }
  const prefix: ProjectedPrefix | null = settled
    ? {
        summary: window.summary,
        entries: window.entries.slice(0, settled.entries),
        messages: messages.slice(0, settled.messages),
        callIds: [...names.used].slice(0, settled.callIds),
      }
    : known;
  if (messages.length === 0) user(text("(no message)"));
  else if (messages.at(-1)?.role === "assistant") user(text("Continue."));
  return { messages, prefix };
}

function hasPicture(block: ContentBlock): boolean {
  return block.type === "image" || (block.type === "tool_result" && block.content.some(hasPicture));
}

function begins(
  window: { summary: string | null; entries: readonly TranscriptEntry[] },
  prefix: ProjectedPrefix,
): boolean {
  if (window.summary !== prefix.summary || window.entries.length < prefix.entries.length) return false;
  // From the end: where histories differ they differ late. The same objects, so nothing in them is compared.
  for (let index = prefix.entries.length - 1; index >= 0; index--) {
    if (window.entries[index] !== prefix.entries[index]) return false;
  }
  return true;
}

/** The newest compaction entry stands for everything before the entry it names as the first one kept. */
function afterCompaction(entries: readonly TranscriptEntry[]): {
  summary: string | null;
  entries: TranscriptEntry[];
} {
  const at = entries.findLastIndex((entry) => entry.kind === "compaction");
  if (at < 0) return { summary: null, entries: [...entries] };
  const compaction = entries[at];
  const keptId = compaction?.compaction?.firstKeptId ?? null;
  const keptAt = keptId === null ? -1 : entries.findIndex((entry) => entry.id === keptId);
  const from = keptAt >= 0 && keptAt < at ? keptAt : at + 1;
  return {
    summary: compaction ? textOf(compaction.content).trim() : null,
    entries: entries.slice(from).filter((entry) => entry.kind !== "compaction"),
  };
}

/** Pairs each tool call with the first later result of the same id that no earlier call took. */
function claimResults(entries: readonly TranscriptEntry[], start: number) {
  const key = (entry: number, block: number) => `${entry}:${block}`;
  const open = new Map<string, string[]>();
  const results = new Map<string, { block: ToolResultBlock; entry: number }>();
  const claimed = new Set<string>();
  for (let index = start; index < entries.length; index++) {
    const entry = entries[index];
    if (!entry) continue;
    let position = -1;
    for (const block of entry.content) {
      position += 1;
      if (block.type === "tool_use" && entry.role === "assistant") {
        const waiting = open.get(block.id) ?? [];
        waiting.push(key(index, position));
        open.set(block.id, waiting);
      } else if (block.type === "tool_result" && entry.role !== "assistant") {
        const call = open.get(block.tool_use_id)?.shift();
        if (call === undefined) continue;
        results.set(call, { block, entry: index });
        claimed.add(key(index, position));
      }
    }
  }
  return {
    resultOf: (entry: number, block: number) => results.get(key(entry, block)) ?? null,
    isClaimed: (entry: number, block: number) => claimed.has(key(entry, block)),
  };
}

function text(raw: string, prefix = ""): Array<{ type: "text"; text: string }> {
  const clean = raw.toWellFormed();
  return clean.trim() === "" ? [] : [{ type: "text", text: prefix + clean }];
}

function thinking(target: ProjectionTarget, entry: TranscriptEntry, block: ThinkingBlock): AssistantPart[] {
  const rule = wireRules[target.wire].thinking;
  if (!block.signature || rule === "never" || entry.provider !== target.provider) return [];
  if (rule === "same-model" && entry.model !== target.model) return [];
  return [{ type: "thinking", thinking: block.thinking.toWellFormed(), signature: block.signature }];
}

/**
 * No text after a tool call (several wires cannot say that), and thinking only before something it led to: providers
 * refuse messages that end in thinking, and OpenAI refuses reasoning without the item it belongs to.
 */
function ordering(parts: AssistantPart[]): AssistantPart[] {
  if (parts.every((part) => part.type === "text")) return parts; // nearly all messages
  const firstCall = parts.findIndex((part) => part.type === "tool_call");
  if (firstCall >= 0) {
    const head = parts.slice(0, firstCall);
    const tail = parts.slice(firstCall);
    const late = tail.filter((part) => part.type === "text");
    if (late.length > 0) {
      // The thinking that stands directly before a call stays with it: its signature may be the call's.
      let split = head.length;
      while (split > 0 && head[split - 1]?.type === "thinking") split--;
      const lead = head.slice(split);
      parts = [...head.slice(0, split), ...late, ...lead, ...tail.filter((part) => part.type !== "text")];
    }
  }
  const end = parts.findLastIndex((part) => part.type !== "thinking");
  return parts.slice(0, end + 1);
}

function result(
  target: ProjectionTarget,
  call: { id: string; name: string; result: ToolResultBlock | null },
  entry: TranscriptEntry,
  loadMedia: LoadMedia,
): { result: ToolResult; pictures: UserPart[] } {
  const { id, name } = call;
  if (!call.result) {
    const said = entry.stopReason === "aborted" ? abortedCall : lostResult;
    return { result: { id, name, isError: true, content: text(said) }, pictures: [] };
  }
  const content: ToolResult["content"] = [];
  const pictures: UserPart[] = [];
  for (const block of call.result.content) {
    if (block.type === "text") content.push(...text(block.text));
    else {
      const shown = picture(target, block, loadMedia);
      const real = shown.some((part) => part.type === "image");
      if (real && !wireRules[target.wire].toolResultImages) {
        content.push(...text("[image: see the next message]"));
        pictures.push(...text(`Image returned by ${name}:`), ...shown);
      } else content.push(...shown);
    }
  }
  if (content.length === 0) content.push(...text("(no output)"));
  return { result: { id, name, isError: call.result.is_error ?? false, content }, pictures };
}

function picture(target: ProjectionTarget, block: ImageBlock, loadMedia: LoadMedia): UserPart[] {
  const rules = wireRules[target.wire];
  if (!target.images) return text(`[image ${block.mimeType}: this model does not see images]`);
  if (!rules.imageTypes.has(block.mimeType)) return text(`[image of type ${block.mimeType}, not supported]`);
  if (block.bytes > rules.maxImageBytes) return text(`[image of ${block.bytes} bytes, too large to show]`);
  const data = loadMedia(block.digest);
  if (!data || data.length === 0 || data.length > rules.maxImageBytes)
    return text("[image, no longer available]");
  return [{ type: "image", mimeType: block.mimeType, data }];
}

function describeResult(block: ToolResultBlock): string {
  const said = textOf(block.content).trim();
  return `[result of an earlier tool call] ${said || "(no output)"}`;
}
