import type { JsonValue } from "./json.ts";

/** An image kept outside the transcript line, found by its digest in the session's media folder. */
export interface ImageBlock {
  type: "image";
  /** Lower-case hex SHA-256 of the bytes. */
  digest: string;
  mimeType: string;
  bytes: number;
}
export interface TextBlock {
  type: "text";
  text: string;
}
export interface ThinkingBlock {
  type: "thinking";
  thinking: string;
  /** Opaque proof the provider wants back with the block; only valid for the provider that issued it. */
  signature?: string;
}
/** Tool calls are stored under this type name (HID-008, AGENT-012). */
export interface ToolUseBlock {
  type: "tool_use";
  id: string;
  name: string;
  input: JsonValue;
}
export interface ToolResultBlock {
  type: "tool_result";
  tool_use_id: string;
  content: Array<TextBlock | ImageBlock>;
  is_error?: boolean;
  /** "unknown": the process died between starting the tool and recording its result. */
  outcome?: "unknown" | "denied" | "aborted";
}
export type ContentBlock = TextBlock | ThinkingBlock | ImageBlock | ToolUseBlock | ToolResultBlock;

/** Token counts as the provider reported them; zero when it did not. */
export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  total: number;
  /** US dollars, when the price of the model is known. */
  cost?: number;
}

export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const cost = a.cost === undefined && b.cost === undefined ? {} : { cost: (a.cost ?? 0) + (b.cost ?? 0) };
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    total: a.total + b.total,
    ...cost,
  };
}

/** Who wrote a text and how far it is trusted; travels with the text through storage and queues (threats.md 4.19). */
export interface TextOrigin {
  /** Door it came through, e.g. `chat.send`, `agent`, `channel:webhook`, `cron`, `sessions_send`. */
  door: string;
  trust: "owner" | "member" | "untrusted" | "system";
  sender?: string;
}

/**
 * One line of a transcript. Roles: `user`, `assistant`, `tool` (tool_result blocks only), `system` (compaction
 * summaries and operator notes). Every line has `role` at the top level (AGENT-012, HID-007).
 * An `aside` was said to nobody (a heartbeat's work): it stays in the file and is part of no later prompt or page.
 */
export interface TranscriptEntry {
  id: string;
  /** Epoch milliseconds. */
  ts: number;
  role: "user" | "assistant" | "tool" | "system";
  content: ContentBlock[];
  kind?: "message" | "compaction" | "note" | "injected" | "aside";
  runId?: string;
  origin?: TextOrigin;
  provider?: string;
  model?: string;
  usage?: Usage;
  stopReason?: StopReason;
  /** Set on an assistant entry that ended in failure. */
  error?: { code: string; message: string };
  /** On `kind: "compaction"`: entries before `firstKeptId` are replaced by the text of this entry. */
  compaction?: { firstKeptId: string | null; tokensBefore: number };
  /** The conversation goes on from here instead of from the named entry (docs/decisions/0012). */
  replaces?: Replaced;
}

/** What an entry takes the place of: an earlier entry with all that was said after it up to here. */
export interface Replaced {
  id: string;
  /** Which version of the message this one is; the first that replaces anything is 2. */
  version: number;
  /** Byte of the transcript at which the replaced line begins, where it was known. Checked before it is believed. */
  at?: number;
}

export type StopReason = "stop" | "tool_use" | "length" | "error" | "aborted";

export type ThinkingLevel = "off" | "minimal" | "low" | "medium" | "high" | "xhigh";
export const thinkingLevels: readonly ThinkingLevel[] = ["off", "minimal", "low", "medium", "high", "xhigh"];

/** All text of a list of blocks, joined by blank lines. */
export function textOf(blocks: readonly ContentBlock[]): string {
  return blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n\n");
}
