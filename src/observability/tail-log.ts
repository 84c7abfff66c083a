import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { listLogFiles, type LogFile, type LogPlace } from "./log-files.ts";

/** The answer of RPC `logs.tail` (protocol.md 3.1). */
export interface LogTail {
  file: string;
  cursor: number;
  size: number;
  lines: string[];
  truncated: boolean;
  /** The place the cursor named is gone or too far back: lines in between were passed over. */
  reset: boolean;
}

export interface LogTailQuery {
  cursor?: number;
  /** Most lines; default 500. */
  limit?: number;
  /** Most bytes read; default 250,000. */
  maxBytes?: number;
}

const offsetBits = 2 ** 30;
const partBits = 2 ** 8;

/**
 * A cursor is one whole number, as clients expect, that names day, part and byte: `(day · 256 + part) · 2^30 + offset`.
 * It stays valid when the file is rotated by day or by size.
 */
function encodeCursor(file: Pick<LogFile, "day" | "part">, offset: number): number {
  const day = file.day === "" ? 0 : Math.floor(Date.parse(`${file.day}T00:00:00Z`) / 86_400_000);
  return (day * partBits + (file.part % partBits)) * offsetBits + Math.min(offset, offsetBits - 1);
}

/** Reads on from a cursor, or the end of the log without one. Only whole lines are given out. */
export function tailLog(place: LogPlace, query: LogTailQuery = {}): LogTail {
  const limit = query.limit ?? 500;
  const maxBytes = query.maxBytes ?? 250_000;
  const files = listLogFiles(place);
  const newest = files.at(-1);
  if (!newest) return { file: "", cursor: 0, size: 0, lines: [], truncated: false, reset: false };
  const continued = query.cursor === undefined ? null : readOn(files, query.cursor, maxBytes);
  if (continued) {
    const lines = continued.lines.slice(-limit);
    return {
      file: newest.path,
      size: continued.size,
      lines,
      cursor: continued.cursor,
      truncated: lines.length < continued.lines.length,
      reset: false,
    };
  }
  const end = readEnd(files, limit, maxBytes);
  return { file: newest.path, ...end, reset: query.cursor !== undefined };
}

/** Null when the cursor names nothing that is still there, or lags by more than `maxBytes`. */
function readOn(
  files: readonly LogFile[],
  cursor: number,
  maxBytes: number,
): { lines: string[]; cursor: number; size: number } | null {
  const offset = cursor % offsetBits;
  const index = files.findIndex((file) => encodeCursor(file, 0) === cursor - offset);
  if (index < 0) return null;
  const lines: string[] = [];
  let left = maxBytes;
  let next = cursor;
  let size = 0;
  for (const [position, file] of files.slice(index).entries()) {
    const from = position === 0 ? offset : 0;
    const read = readFrom(file.path, from, left);
    if (read === null || from > read.size || read.size - from > left) return null;
    left -= read.text.length;
    const whole = read.text.lastIndexOf("\n") + 1;
    lines.push(...split(read.text.subarray(0, whole)));
    next = encodeCursor(file, from + whole);
    size = read.size;
  }
  return { lines, cursor: next, size };
}

function readEnd(
  files: readonly LogFile[],
  limit: number,
  maxBytes: number,
): { lines: string[]; cursor: number; size: number; truncated: boolean } {
  const newest = files.at(-1);
  let lines: string[] = [];
  let left = maxBytes;
  let cursor = 0;
  let size = 0;
  let truncated = false;
  for (const file of files.toReversed()) {
    if (lines.length >= limit || left <= 0) break;
    const end = readFrom(file.path, 0, 0)?.size ?? 0;
    const from = Math.max(0, end - left);
    const read = readFrom(file.path, from, left);
    if (read === null) continue;
    const whole = read.text.lastIndexOf("\n") + 1;
    // The first line is cut when reading began in its middle.
    const first = from > 0 ? read.text.indexOf("\n") + 1 : 0;
    lines = [...split(read.text.subarray(first, Math.max(first, whole))), ...lines];
    left -= read.text.length;
    if (from > 0) truncated = true;
    if (file === newest) {
      cursor = encodeCursor(file, from + whole);
      ({ size } = read);
    }
  }
  return { lines: lines.slice(-limit), cursor, size, truncated: truncated || lines.length > limit };
}

const split = (text: Buffer): string[] =>
  text.length === 0 ? [] : text.toString("utf8").replace(/\n$/, "").split("\n");

function readFrom(path: string, from: number, most: number): { text: Buffer; size: number } | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return null; // Removed by retention between the listing and now.
  }
  try {
    const { size } = fstatSync(fd);
    const text = Buffer.alloc(Math.max(0, Math.min(most, size - from)));
    const read = text.length === 0 ? 0 : readSync(fd, text, 0, text.length, from);
    return { text: text.subarray(0, read), size };
  } finally {
    closeSync(fd);
  }
}
