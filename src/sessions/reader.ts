import type { TranscriptEntry } from "../core/conversation.ts";
import type { SqlReader } from "../ledger/index.ts";
import { contextFromBackwards } from "./context.ts";
import { transcriptFileName, agentOfKey } from "./file-name.ts";
import { entriesBackwards, entriesForwards, entriesFrom, parseLine } from "./jsonl.ts";
import type { JournaledLine } from "./mend.ts";
import { transcriptPath } from "./write-ahead.ts";

/** Where the transcript of a key lies, and the committed lines that may not be in the file yet. */
export interface TranscriptSource {
  path: string;
  waiting: readonly JournaledLine[];
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

/** Entries from the last to the first, each once, with the byte each begins at; those that wait are in no file yet. */
function* backwards(
  { path, waiting }: TranscriptSource,
  before?: number,
): Generator<{ entry: TranscriptEntry; at: number | null }> {
  const seen = new Set<string>();
  if (before === undefined) {
    for (const { line, entryId } of waiting.toReversed()) {
      const entry = parseLine(line);
      if (!entry) continue;
      seen.add(entryId);
      yield { entry, at: null };
    }
  }
  for (const placed of entriesBackwards(path, before)) if (!seen.has(placed.entry.id)) yield placed;
}

/** Entries from a place on, each once, with its place; those that wait come after all that are in the file. */
function* forwards(
  { path, waiting }: TranscriptSource,
  from: number,
): Generator<{ entry: TranscriptEntry; at: number | null }> {
  const late = new Map<string, TranscriptEntry>();
  for (const { line, entryId } of waiting) {
    const entry = parseLine(line);
    if (entry) late.set(entryId, entry);
  }
  for (const placed of entriesFrom(path, from)) {
    late.delete(placed.entry.id);
    yield placed;
  }
  for (const entry of late.values()) yield { entry, at: null };
}

/**
 * The last `limit` entries (of those before a place of an earlier page), or the first `limit` from a place on; oldest
 * first, each with its place. Without the asides, unless they are wanted.
 */
export function readPage(
  source: TranscriptSource,
  query: { limit: number; before?: number | undefined; from?: number | undefined; asides?: boolean },
): Array<{ entry: TranscriptEntry; at: number | null }> {
  const { limit, before, from, asides = false } = query;
  const page = [];
  if (limit <= 0) return [];
  if (from !== undefined) {
    for (const placed of forwards(source, from)) {
      if (!asides && placed.entry.kind === "aside") continue;
      page.push(placed);
      if (page.length >= limit) break;
    }
    return page;
  }
  for (const placed of backwards(source, before)) {
    if (!asides && placed.entry.kind === "aside") continue;
    page.push(placed);
    if (page.length >= limit) break;
  }
  return page.reverse();
}

function* entriesOf(source: TranscriptSource): Generator<TranscriptEntry> {
  for (const { entry } of backwards(source)) yield entry;
}

export const readContext = (source: TranscriptSource): TranscriptEntry[] =>
  contextFromBackwards(entriesOf(source));

export async function* readAll({ path, waiting }: TranscriptSource): AsyncGenerator<TranscriptEntry> {
  const late = new Map<string, TranscriptEntry>();
  for (const { line, entryId } of waiting) {
    const entry = parseLine(line);
    if (entry) late.set(entryId, entry);
  }
  for await (const entry of entriesForwards(path)) {
    late.delete(entry.id);
    yield entry;
  }
  yield* late.values();
}
