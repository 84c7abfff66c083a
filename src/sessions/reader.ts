import type { TranscriptEntry } from "../core/conversation.ts";
import type { SqlReader } from "../ledger/index.ts";
import { branchBackwards, endBefore, placeOf, replacedOf, stretchesOf, type LeapIndex } from "./branch.ts";
import { contextFromBackwards } from "./context.ts";
import type { PlacedEntry } from "./contract.ts";
import { transcriptFileName, transcriptPath, agentOfKey } from "./file-name.ts";
import { entriesForwards, entriesFrom, parseLine } from "./jsonl.ts";
import type { JournaledLine } from "./mend.ts";
import { preview, promptOf } from "./records.ts";

/** Where the transcript of a key lies, and the committed lines that may not be in the file yet. */
export interface TranscriptSource {
  path: string;
  waiting: readonly JournaledLine[];
}

/** One that is read forwards too. */
export interface IndexedSource extends TranscriptSource {
  leaps: LeapIndex;
}

/** Path and session id of a key's transcript; the path is the one it would get when there is no session. */
export function locate(
  sql: SqlReader,
  agentsDir: string,
  key: string,
): { sessionId: string | null; path: string } {
  const row = sql.get<{ session_id: string; agent_id: string; file: string }>(
    "SELECT t.session_id, t.agent_id, t.file FROM sessions s JOIN transcripts t ON t.session_id = s.session_id WHERE s.key = ?",
    key,
  );
  return {
    sessionId: row?.session_id ?? null,
    path: transcriptPath({
      agentsDir,
      agentId: row?.agent_id ?? agentOfKey(key),
      file: row?.file ?? transcriptFileName(key),
    }),
  };
}

/** What waits to be written, as far as it is on the current branch, oldest first, and where that leaves the file. */
function late({ path, waiting }: TranscriptSource): { entries: TranscriptEntry[]; fileUntil: number } {
  const all = waiting.flatMap(({ line }) => parseLine(line) ?? []);
  const entries: TranscriptEntry[] = [];
  for (let index = all.length - 1; index >= 0; index--) {
    const entry = all[index];
    if (!entry) break;
    entries.unshift(entry);
    // Over all that was replaced in turn.
    for (let replaced = replacedOf(entry); replaced !== null;) {
      const { id } = replaced;
      const among = all.findLastIndex((earlier, at) => at < index && earlier.id === id);
      if (among < 0) {
        const place = placeOf(path, replaced);
        if (place === null) break;
        return { entries, fileUntil: endBefore(path, place) };
      }
      index = among;
      replaced = replacedOf(all[among] ?? null);
    }
  }
  return { entries, fileUntil: Number.POSITIVE_INFINITY };
}

/**
 * Entries of the current branch from the last to the first, each once, with the byte each begins at; those that wait are
 * in no file yet.
 */
function* backwards(source: TranscriptSource, before?: number): Generator<PlacedEntry> {
  const seen = new Set<string>();
  let until: number;
  if (before !== undefined) until = endBefore(source.path, before);
  else {
    const { entries, fileUntil } = late(source);
    for (const entry of entries.toReversed()) {
      seen.add(entry.id);
      yield { entry, at: null };
    }
    until = fileUntil;
  }
  for (const { line, at } of branchBackwards(source.path, until)) {
    const entry = parseLine(line);
    if (entry && !seen.has(entry.id)) yield { entry, at };
  }
}

/** Entries of the current branch from a place on, each once, with its place; those that wait come after all others. */
function* forwards(source: IndexedSource, from: number): Generator<PlacedEntry> {
  const { entries, fileUntil } = late(source);
  const open = new Map(entries.map((entry) => [entry.id, entry]));
  for (const stretch of stretchesOf(source.leaps.of(source.path), { from, until: fileUntil }))
    for (const placed of entriesFrom(source.path, stretch.from)) {
      if (placed.at >= stretch.until) break;
      open.delete(placed.entry.id);
      yield placed;
    }
  for (const entry of open.values()) yield { entry, at: null };
}

/**
 * The last `limit` entries (of those before a place of an earlier page), or the first `limit` from a place on; oldest
 * first, each with its place. Without the asides, unless they are wanted.
 */
export function readPage(
  source: IndexedSource,
  query: { limit: number; before?: number | undefined; from?: number | undefined; asides?: boolean },
): PlacedEntry[] {
  const { limit, before, from, asides = false } = query;
  if (limit <= 0) return [];
  const wanted = (all: Iterable<PlacedEntry>) => first(asides ? all : said(all), limit);
  return from === undefined ? wanted(backwards(source, before)).reverse() : wanted(forwards(source, from));
}

function* said(all: Iterable<PlacedEntry>): Generator<PlacedEntry> {
  for (const placed of all) if (placed.entry.kind !== "aside") yield placed;
}

function first<T>(all: Iterable<T>, limit: number): T[] {
  const some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length >= limit) break;
  }
  return some;
}

function* entriesOf(placed: Iterable<PlacedEntry>): Generator<TranscriptEntry> {
  for (const { entry } of placed) yield entry;
}

export const readContext = (source: TranscriptSource): TranscriptEntry[] =>
  contextFromBackwards(entriesOf(backwards(source)));

/** An entry of the current branch; null when it is not there. Cost depends on how far back it stands. */
export function findEntry(source: TranscriptSource, id: string): PlacedEntry | null {
  const { entries, fileUntil } = late(source);
  const waits = entries.find((entry) => entry.id === id);
  if (waits) return { entry: waits, at: null };
  const quoted = JSON.stringify(id);
  for (const { line, at } of branchBackwards(source.path, fileUntil)) {
    if (!line.includes(quoted)) continue;
    const entry = parseLine(line);
    if (entry?.id === id) return { entry, at };
  }
  return null;
}

/** The current branch before an entry of it, last to first; nothing when it is not on it. */
function* before(source: TranscriptSource, id: string): Generator<TranscriptEntry> {
  const at = findEntry(source, id)?.at ?? null;
  if (at !== null) return yield* entriesOf(backwards(source, at));
  let isBefore = false;
  for (const { entry } of backwards(source)) {
    if (isBefore) yield entry;
    isBefore ||= entry.id === id;
  }
}

/** See `SessionStore.contextBefore`. */
export const readContextBefore = (source: TranscriptSource, id: string): TranscriptEntry[] | null =>
  findEntry(source, id) === null ? null : contextFromBackwards(before(source, id));

/** Answers looked through for one whose prompt was counted. */
const maxLooked = 100;

/** Whether an entry of the current branch is the first thing a person said, and the size of the prompt before it. */
export function readBefore(
  source: TranscriptSource,
  id: string,
): { isFirst: boolean; contextTokens: number } {
  let isFirst = true;
  let contextTokens: number | null = null;
  let looked = 0;
  for (const entry of before(source, id)) {
    if (entry.role === "user" && preview(entry) !== null) isFirst = false;
    contextTokens ??= promptOf(entry);
    looked++;
    if (!isFirst && (contextTokens !== null || looked >= maxLooked)) break;
  }
  return { isFirst, contextTokens: contextTokens ?? 0 };
}

/** See `SessionStore.earlierVersion`. */
export function readVersion(
  source: IndexedSource,
  { id, version, limit }: { id: string; version: number; limit: number },
): { entries: TranscriptEntry[]; of: number; more: boolean } | null {
  const { path } = source;
  let now = findEntry(source, id);
  const of = now ? versionOf(now.entry) : 1;
  let until: number | null = null;
  while (now && versionOf(now.entry) > version) {
    const replaced = replacedOf(now.entry);
    until = now.at;
    const at: number | null = replaced && until !== null ? placeOf(path, replaced, until) : null;
    const [earlier] = at === null ? [] : entriesFrom(path, at);
    now = earlier ?? null;
  }
  if (!now || now.at === null || until === null || versionOf(now.entry) !== version) return null;
  const entries: TranscriptEntry[] = [];
  for (const stretch of stretchesOf(source.leaps.of(path), { from: now.at, until }))
    for (const { entry, at } of entriesFrom(path, stretch.from)) {
      if (at >= stretch.until) break;
      if (entries.length >= limit) return { entries, of, more: true };
      entries.push(entry);
    }
  return { entries, of, more: false };
}

/** Which version of its message an entry is. */
const versionOf = (entry: TranscriptEntry): number => replacedOf(entry)?.version ?? 1;

export async function* readAll(source: IndexedSource): AsyncGenerator<TranscriptEntry> {
  for await (const { entry, isSuperseded } of readEverything(source)) if (!isSuperseded) yield entry;
}

/** See `SessionStore.everything`. */
export async function* readEverything(
  source: IndexedSource,
): AsyncGenerator<{ entry: TranscriptEntry; isSuperseded: boolean }> {
  const { path, waiting } = source;
  const { entries, fileUntil } = late(source);
  const current = new Set(entries.map(({ id }) => id));
  const open = new Map(
    waiting.flatMap(({ line }) => {
      const entry = parseLine(line);
      return entry ? [[entry.id, entry] as const] : [];
    }),
  );
  const stretches = stretchesOf(source.leaps.of(path), { from: 0, until: fileUntil });
  let next = 0;
  for await (const { entry, at } of entriesForwards(path)) {
    open.delete(entry.id);
    while ((stretches[next]?.until ?? Number.POSITIVE_INFINITY) <= at) next++;
    yield {
      entry,
      isSuperseded: at < (stretches[next]?.from ?? Number.POSITIVE_INFINITY) && !current.has(entry.id),
    };
  }
  for (const entry of open.values()) yield { entry, isSuperseded: !current.has(entry.id) };
}
