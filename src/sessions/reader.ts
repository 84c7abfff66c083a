import type { TranscriptEntry } from "../core/conversation.ts";
import type { SqlReader } from "../ledger/index.ts";
import { contextFromBackwards } from "./context.ts";
import { transcriptFileName, agentOfKey } from "./file-name.ts";
import { entriesBackwards, entriesForwards, parseLine } from "./jsonl.ts";
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

/** Entries from the last to the first, each once, waiting ones included. */
function* backwards({ path, waiting }: TranscriptSource): Generator<TranscriptEntry> {
  const seen = new Set<string>();
  for (const { line, entryId } of waiting.toReversed()) {
    const entry = parseLine(line);
    if (!entry) continue;
    seen.add(entryId);
    yield entry;
  }
  for (const entry of entriesBackwards(path)) if (!seen.has(entry.id)) yield entry;
}

export function readTail(source: TranscriptSource, limit: number): TranscriptEntry[] {
  if (limit <= 0) return [];
  const entries: TranscriptEntry[] = [];
  for (const entry of backwards(source)) {
    entries.push(entry);
    if (entries.length >= limit) break;
  }
  return entries.reverse();
}

export const readContext = (source: TranscriptSource): TranscriptEntry[] =>
  contextFromBackwards(backwards(source));

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
