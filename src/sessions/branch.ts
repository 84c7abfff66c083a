import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Replaced, TranscriptEntry } from "../core/conversation.ts";
import { codeOf } from "../core/errors.ts";
import { linesBackwards, parseLine, type PlacedLine } from "./jsonl.ts";

// An entry with `replaces` goes on from before an earlier one: what lies between is superseded, and stays in the file.
// The current branch is what is left when one goes back from the end and leaps over what was superseded on the way.

/** How a line with `replaces` shows in its bytes; inside of a text the quotes are escaped. */
const mark = '"replaces":{';
const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/** What the entry of a line takes the place of; null for all but a few. */
const replacedBy = (line: string): Replaced | null =>
  line.includes(mark) ? replacedOf(parseLine(line)) : null;

/** The same of an entry; a member that somebody made up is none. */
export function replacedOf(entry: TranscriptEntry | null): Replaced | null {
  const replaced = entry?.replaces;
  return typeof replaced?.id === "string" ? replaced : null;
}

/**
 * Where the line of the replaced entry begins, looked for before `end`; null when it is not there, and then nothing is
 * replaced.
 */
export function placeOf(path: string, replaced: Replaced, end = Number.POSITIVE_INFINITY): number | null {
  const { id, at } = replaced;
  if (typeof at === "number" && at < end && entryAt(path, at)?.id === id) return at;
  for (const line of linesBackwards(path, end))
    if (line.line.includes(JSON.stringify(id)) && parseLine(line.line)?.id === id) return line.at;
  return null;
}

/** The entry whose line begins at a byte; null where none does. */
function entryAt(path: string, at: number): TranscriptEntry | null {
  const before = at === 0 ? 0 : 1;
  let open = Buffer.alloc(0);
  for (const chunk of chunksOf(path, at - before, 8 * 1024)) {
    open = Buffer.concat([open, chunk]);
    if (before === 1 && open[0] !== newline) return null;
    const end = open.indexOf(newline, before);
    if (end >= 0) return parseLine(open.toString("utf8", before, end));
  }
  return parseLine(open.toString("utf8", before));
}

/** Where the branch before the entry at a byte ends: there, or before what it replaces, and what that replaced. */
export function endBefore(path: string, at: number): number {
  for (let end = at; ;) {
    const replaced = replacedOf(entryAt(path, end));
    const earlier = replaced === null ? null : placeOf(path, replaced, end);
    if (earlier === null) return end;
    end = earlier;
  }
}

/** The same for what an entry at byte `at` replaces; null when that is not there. */
function leapFrom(path: string, replaced: Replaced, at: number): number | null {
  const place = placeOf(path, replaced, at);
  return place === null ? null : endBefore(path, place);
}

function* chunksOf(path: string, start: number, length: number): Generator<Buffer> {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  try {
    for (let position = start; ;) {
      const chunk = Buffer.allocUnsafe(length);
      const read = readSync(fd, chunk, 0, length, position);
      if (read === 0) return;
      yield chunk.subarray(0, read);
      position += read;
    }
  } finally {
    closeSync(fd);
  }
}

/** The lines of the current branch before byte `end`, from the last to the first, reading only as far as asked. */
export function* branchBackwards(path: string, end?: number): Generator<PlacedLine> {
  for (let from = end; ;) {
    let leap: number | null = null;
    for (const line of linesBackwards(path, from)) {
      yield line;
      const replaced = replacedBy(line.line);
      if (replaced !== null) leap = leapFrom(path, replaced, line.at);
      if (leap !== null) break;
    }
    if (leap === null) return;
    from = leap;
  }
}

/** A part of a file without anything superseded, by bytes; `until` is where it ends. */
export interface Stretch {
  from: number;
  until: number;
}

/** An entry that takes the place of another: where it begins, and where the branch before it ends. */
interface Leap {
  at: number;
  to: number;
}

/** The current branch of the bytes [from, until) of a file, first to last; `from` is on it. */
export function stretchesOf(leaps: readonly Leap[], { from, until }: Stretch): Stretch[] {
  const stretches: Stretch[] = [];
  let end = until;
  for (const { at, to } of leaps.toReversed()) {
    if (at >= end || at < from) continue;
    stretches.unshift({ from: at, until: end });
    end = to;
  }
  if (end > from) stretches.unshift({ from, until: end });
  return stretches;
}

/** Says where files leap. */
export interface LeapIndex {
  /** Every leap of a file, in its order. */
  of(path: string): readonly Leap[];
}

const maxIndexed = 8;

/**
 * Leaps of the files asked for last. A file is read through once, without parsing more than the lines that replace
 * something, and then only what was added to it.
 */
export function createLeapIndex(): LeapIndex {
  const known = new Map<string, { file: number; end: number; leaps: Leap[] }>();
  return {
    of(path) {
      const stat = statSync(path, { throwIfNoEntry: false });
      const before = known.get(path);
      // Another file in its place, or less than there was: it was rewritten.
      const goesOn = before !== undefined && before.file === stat?.ino && before.end <= stat.size;
      const { end, leaps, last } = leapsFrom(path, goesOn ? before.end : 0);
      const whole = goesOn ? [...before.leaps, ...leaps] : leaps;
      known.delete(path);
      if (stat) known.set(path, { file: stat.ino, end, leaps: whole });
      for (const oldest of known.keys()) {
        if (known.size <= maxIndexed) break;
        known.delete(oldest);
      }
      return [...whole, ...last];
    },
  };
}

/** The leaps of the whole lines of a file from a byte on, where these end, and the leap of a last line that is not whole. */
function leapsFrom(path: string, from: number): { leaps: Leap[]; end: number; last: Leap[] } {
  const leaps: Leap[] = [];
  let open = Buffer.alloc(0);
  let begins = from;
  for (const chunk of chunksOf(path, from, chunkBytes)) {
    const bytes = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
    const whole = bytes.lastIndexOf(newline) + 1;
    leaps.push(...leapsOf(path, { lines: bytes.subarray(0, whole), begins }));
    open = Buffer.from(bytes.subarray(whole));
    begins += whole;
  }
  return { leaps, end: begins, last: leapsOf(path, { lines: open, begins }) };
}

function leapsOf(path: string, { lines, begins }: { lines: Buffer; begins: number }): Leap[] {
  const leaps: Leap[] = [];
  for (let hit = lines.indexOf(mark); hit >= 0;) {
    const start = lines.lastIndexOf(newline, hit) + 1;
    const next = lines.indexOf(newline, hit);
    const end = next < 0 ? lines.length : next;
    const replaced = replacedBy(lines.toString("utf8", start, end));
    const to = replaced === null ? null : leapFrom(path, replaced, begins + start);
    if (to !== null) leaps.push({ at: begins + start, to });
    hit = lines.indexOf(mark, end);
  }
  return leaps;
}
