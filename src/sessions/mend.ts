import { fstatSync, ftruncateSync, writeFileSync, writeSync } from "node:fs";
import { parseLine, readFully } from "./jsonl.ts";

/** A transcript line that is committed in the journal. */
export interface JournaledLine {
  id: number;
  entryId: string;
  /** With its line end. */
  line: string;
}

export interface Mended {
  /** Size of the file now. */
  size: number;
  /** Lines that are not in the file, in order. */
  missing: JournaledLine[];
  /** What was wrong with the last line: nothing, our own fragment (cut off), a missing line end, or somebody else's
   * fragment (kept in `<file>.torn-<time>`). */
  torn: "no" | "ours" | "unended" | "foreign";
}

const margin = 64 * 1024;
const newline = 0x0a;

/**
 * Makes the last line of a transcript whole and finds which journaled lines it lacks. Looks at the end of the file
 * only: lines that may be missing are younger than the last fsync of the file.
 */
export function mendTail(file: {
  fd: number;
  path: string;
  lines: readonly JournaledLine[];
  now: number;
}): Mended {
  const { fd, lines } = file;
  const size = fstatSync(fd).size;
  const tail = readTail(
    fd,
    size,
    lines.reduce((sum, { line }) => sum + Buffer.byteLength(line), margin),
  );
  const fragment = tail.subarray(tail.lastIndexOf(newline) + 1);
  const present = new Set<string>();
  for (const line of tail.toString("utf8").split("\n")) {
    const entry = parseLine(line);
    if (entry) present.add(entry.id);
  }
  const missing = lines.filter(({ entryId }) => !present.has(entryId));
  if (fragment.length === 0) return { size, missing, torn: "no" };
  if (parseLine(fragment.toString("utf8"))) {
    writeSync(fd, "\n");
    return { size: size + 1, missing, torn: "unended" };
  }
  const isOurs = lines.some(({ line }) => startsWith(line, withoutTrailingZeros(fragment)));
  // The copy first: should it fail, nothing has been cut.
  if (!isOurs) writeFileSync(`${file.path}.torn-${file.now}`, fragment, { mode: 0o600, flag: "wx" });
  ftruncateSync(fd, size - fragment.length);
  return { size: size - fragment.length, missing, torn: isOurs ? "ours" : "foreign" };
}

/** At least `wanted` bytes of the end, and more when these hold no line end. */
function readTail(fd: number, size: number, wanted: number): Buffer {
  for (let length = Math.min(size, wanted); ; length = Math.min(size, length * 4)) {
    const tail = Buffer.alloc(length);
    readFully(fd, tail, size - length);
    if (length === size || tail.includes(newline)) return tail;
  }
}

const startsWith = (line: string, fragment: Buffer): boolean =>
  Buffer.from(line, "utf8").subarray(0, fragment.length).equals(fragment);

/** A power cut may leave a file at its new length with blocks that were never written: they read as zeros. */
function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
