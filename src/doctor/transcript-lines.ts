import { createReadStream } from "node:fs";
import { isObject } from "../core/json.ts";

export interface MendedTranscript {
  bytes: Buffer;
  /** Lines, counted from 1, that held something else than one entry. */
  bad: number[];
  /** Entries found inside bad lines. */
  rescued: number;
}

const newline = 0x0a;

/**
 * The transcript without what is no entry. Every line that is one keeps its bytes; out of a bad line every entry that
 * is still whole is taken (two written on one line, an entry behind a torn one, zeros left by a power cut). Empty
 * lines and a missing last line end are no fault. Null when nothing is wrong.
 */
export function mendTranscript(bytes: Buffer): MendedTranscript | null {
  const parts: Buffer[] = [];
  const bad: number[] = [];
  let rescued = 0;
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    const content = bytes.subarray(start, end);
    line++;
    if (isEntry(content)) parts.push(bytes.subarray(start, found < 0 ? end : end + 1));
    else {
      bad.push(line);
      for (const piece of entriesIn(content)) {
        parts.push(piece, Buffer.from("\n"));
        rescued++;
      }
    }
    start = end + 1;
  }
  return bad.length === 0 ? null : { bytes: Buffer.concat(parts), bad, rescued };
}

/** Whether {@link mendTranscript} would find something, in bounded memory. */
export async function hasDamage(path: string): Promise<boolean> {
  let open: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      const line = chunk.subarray(start, at);
      if (!isEntry(open.length > 0 ? Buffer.concat([...open, line]) : line)) return true;
      open = [];
      start = at + 1;
    }
    open.push(chunk.subarray(start));
  }
  return !isEntry(Buffer.concat(open));
}

function isEntry(content: Buffer): boolean {
  const text = content.toString("utf8").trim();
  if (text === "") return true;
  // Bytes that are no UTF-8 would come back changed; such a line is left as it is when it parses.
  return parses(text);
}

function parses(text: string): boolean {
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false; // torn or foreign: what false says
  }
}

/** Starts of entries to try in one line; a line of garbage must not take for ever. */
const maxStarts = 64;

function entriesIn(content: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let starts = 0;
  for (let at = content.indexOf('{"'); at >= 0 && starts < maxStarts; starts++) {
    const end = endOfObject(content, at);
    const piece = end < 0 ? null : content.subarray(at, end);
    if (piece && parses(piece.toString("utf8")) && looksWritten(piece)) {
      found.push(piece);
      at = content.indexOf('{"', end);
    } else at = content.indexOf('{"', at + 1);
  }
  return found;
}

/** An object inside a torn entry is not an entry: those have a role or a type of their own. */
function looksWritten(piece: Buffer): boolean {
  const value: unknown = JSON.parse(piece.toString("utf8"));
  return isObject(value) && (typeof value["role"] === "string" || "message" in value || "timestamp" in value);
}

/** Position behind the closing brace, minding strings; -1 when it never closes. */
function endOfObject(content: Buffer, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < content.length; at++) {
    const byte = content[at];
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b) depth++;
    else if (byte === 0x7d && --depth === 0) return at + 1;
  }
  return -1;
}
