import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { codeOf } from "../core/errors.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { isObject } from "../core/json.ts";

const chunkBytes = 64 * 1024;
const newline = 0x0a;
const roles = new Set<unknown>(["user", "assistant", "tool", "system"]);

/** One transcript line as written to the file, with its line end. JSON escapes line breaks, so a line is one entry. */
export const toLine = (entry: TranscriptEntry): string => `${JSON.stringify(entry)}\n`;

/** The entry of a line, or null when it is none of ours: torn, edited by hand, or of an older program. */
export function parseLine(line: string): TranscriptEntry | null {
  if (line.trim() === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Not JSON: a torn or foreign line, which is what null says.
    return null;
  }
  if (!isObject(value)) return null;
  const isEntry =
    typeof value["id"] === "string" && roles.has(value["role"]) && Array.isArray(value["content"]);
  return isEntry ? (value as unknown as TranscriptEntry) : null;
}

/** A line and the byte it begins at. Files only grow, so the place stays good. */
export interface PlacedLine {
  line: string;
  at: number;
}

/**
 * The lines of a file from the last (that ends before byte `end`) to the first, reading only as far as asked. Nothing
 * when the file does not exist.
 */
export function* linesBackwards(path: string, end = Number.POSITIVE_INFINITY): Generator<PlacedLine> {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  try {
    let position = Math.min(fstatSync(fd).size, end);
    /** Bytes of a line whose beginning has not been read yet, in file order. */
    let open: Buffer[] = [];
    while (position > 0) {
      const length = Math.min(chunkBytes, position);
      position -= length;
      const chunk = Buffer.allocUnsafe(length);
      readFully(fd, chunk, position);
      let until = length;
      for (let at = chunk.lastIndexOf(newline, until - 1); at >= 0; at = before(chunk, at)) {
        const line = Buffer.concat([chunk.subarray(at + 1, until), ...open]);
        open = [];
        until = at;
        if (line.length > 0) yield { line: line.toString("utf8"), at: position + at + 1 };
      }
      open.unshift(chunk.subarray(0, until));
    }
    const first = Buffer.concat(open);
    if (first.length > 0) yield { line: first.toString("utf8"), at: 0 };
  } finally {
    closeSync(fd);
  }
}

/** The lines of a file from the one that begins at byte `start` on, reading only as far as asked. */
function* linesForwards(path: string, start: number): Generator<PlacedLine> {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    /** Bytes of a line whose end has not been read yet, and where it begins. */
    let open: Buffer[] = [];
    let begins = start;
    for (let position = start; position < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - position));
      readFully(fd, chunk, position);
      let from = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        const line = Buffer.concat([...open, chunk.subarray(from, at)]);
        open = [];
        from = at + 1;
        if (line.length > 0) yield { line: line.toString("utf8"), at: begins };
        begins = position + from;
      }
      open.push(chunk.subarray(from));
      position += chunk.length;
    }
    const last = Buffer.concat(open);
    if (last.length > 0) yield { line: last.toString("utf8"), at: begins };
  } finally {
    closeSync(fd);
  }
}

/** The entries of a file from the byte `start` on, with the byte each begins at. */
export function* entriesFrom(path: string, start: number): Generator<{ entry: TranscriptEntry; at: number }> {
  for (const { line, at } of linesForwards(path, start)) {
    const entry = parseLine(line);
    if (entry) yield { entry, at };
  }
}

/** Position of the newline before `at`, or -1 (`lastIndexOf` takes a negative offset as counted from the end). */
const before = (chunk: Buffer, at: number): number => (at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1));

/** Fills the buffer from `position`; a file that shrank meanwhile gives zeros, which parse as nothing. */
export function readFully(fd: number, into: Buffer, position: number): void {
  let done = 0;
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, position + done);
    if (read === 0) {
      into.fill(0, done);
      return;
    }
    done += read;
  }
}

/**
 * Every entry of a file (of its bytes [from, until), whole lines), oldest first, with the byte each begins at, in bounded
 * memory.
 */
export async function* entriesForwards(
  path: string,
  { from = 0, until = Number.POSITIVE_INFINITY }: { from?: number; until?: number } = {},
): AsyncGenerator<{ entry: TranscriptEntry; at: number }> {
  if (until <= from) return;
  const stream = createReadStream(path, { highWaterMark: chunkBytes, start: from, end: until - 1 });
  let open: Buffer[] = [];
  let begins = from;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
        const line = Buffer.concat([...open, chunk.subarray(start, at)]);
        const entry = parseLine(line.toString("utf8"));
        open = [];
        start = at + 1;
        if (entry) yield { entry, at: begins };
        begins += line.length + 1;
      }
      open.push(chunk.subarray(start));
    }
    const last = parseLine(Buffer.concat(open).toString("utf8"));
    if (last) yield { entry: last, at: begins };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  } finally {
    stream.destroy();
  }
}
