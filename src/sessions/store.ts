import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import type { LedgerDb, SqlReader, SqlWriter } from "../ledger/index.ts";
import { createLeapIndex } from "./branch.ts";
import type { SessionRecord, SessionStore } from "./contract.ts";
import { agentOfKey } from "./file-name.ts";
import { toLine } from "./jsonl.ts";
import { getMedia, putMedia } from "./media.ts";
import {
  addDailyUsage,
  addTranscript,
  countSessions,
  findSession,
  listSessions,
  mergeSettings,
  toRecord,
  usageByDay,
  type SessionColumns,
} from "./records.ts";
import {
  findEntry,
  locate,
  readAll,
  readContext,
  readContextBefore,
  readEverything,
  readPage,
  readVersion,
  type IndexedSource,
  type TranscriptSource,
} from "./reader.ts";
import { TranscriptFiles } from "./transcript-files.ts";
import type { WriteAhead } from "./write-ahead.ts";

/** The part of the store that only reads; a CLI without a gateway uses it alone. */
export type SessionReader = Pick<
  SessionStore,
  | "get"
  | "list"
  | "count"
  | "total"
  | "findById"
  | "findByLabel"
  | "transcriptPath"
  | "page"
  | "tail"
  | "context"
  | "contextBefore"
  | "find"
  | "earlierVersion"
  | "all"
  | "everything"
  | "getMedia"
  | "usageByDay"
>;

export function createSessionReader(options: {
  db: Pick<LedgerDb, "read">;
  agentsDir: string;
  mediaDir: string;
  clock: Clock;
  waiting: (sessionId: string) => TranscriptSource["waiting"];
}): SessionReader {
  const { db, agentsDir, mediaDir, clock } = options;
  const leaps = createLeapIndex();
  const source = (key: string): IndexedSource => {
    const { sessionId, path } = db.read((sql) => locate(sql, agentsDir, key));
    return { path, leaps, waiting: sessionId === null ? [] : options.waiting(sessionId) };
  };
  const rows = (condition: string, value: string): SessionRecord[] =>
    db.read((sql) =>
      sql
        .all<SessionColumns>(`SELECT * FROM sessions WHERE ${condition} ORDER BY updated_at DESC`, value)
        .map(toRecord),
    );
  return {
    get: (key) => db.read((sql) => findSession(sql, key)),
    list: (query) => db.read((sql) => listSessions(sql, query, clock.now())),
    count: (agentId) =>
      db.read((sql) =>
        agentId === undefined
          ? countOf(sql, "SELECT count(*) AS n FROM sessions")
          : countOf(sql, "SELECT count(*) AS n FROM sessions WHERE agent_id = ?", agentId),
      ),
    total: (query) => db.read((sql) => countSessions(sql, query, clock.now())),
    findById: (sessionId) => rows("session_id = ?", sessionId)[0] ?? null,
    findByLabel: (label) => rows("label = ?", label),
    transcriptPath: (key) => source(key).path,
    page: (key, query) => readPage(source(key), query),
    tail: (key, limit, options) =>
      readPage(source(key), { limit, asides: options?.asides ?? false }).map(({ entry }) => entry),
    context: (key) => readContext(source(key)),
    contextBefore: (key, id) => readContextBefore(source(key), id),
    find: (key, id) => findEntry(source(key), id),
    earlierVersion: (key, query) => readVersion(source(key), query),
    all: (key) => readAll(source(key)),
    everything: (key) => readEverything(source(key)),
    getMedia: (digest) => getMedia(mediaDir, digest),
    usageByDay: (days) => db.read((sql) => usageByDay(sql, days, clock.now())),
  };
}

const countOf = (sql: SqlReader, text: string, ...params: string[]): number =>
  sql.get<{ n: number }>(text, ...params)?.n ?? 0;

/** The whole store, over the write side that the ledger uses too. */
export function createSessionStore(options: {
  db: LedgerDb;
  writeAhead: WriteAhead;
  agentsDir: string;
  mediaDir: string;
  clock: Clock;
}): SessionStore {
  const { db, writeAhead, agentsDir, mediaDir, clock } = options;
  const { cache, files } = writeAhead;
  const reader = createSessionReader({ ...options, waiting: (sessionId) => files.waiting(sessionId) });

  /** Opens the session and runs `work` on its record in the same write. */
  const change = (
    key: string,
    work: (sql: SqlWriter, record: SessionRecord) => void,
  ): Promise<SessionRecord> =>
    db.write((sql) => {
      writeAhead.open(sql, { key, agentId: agentOfKey(key), now: clock.now() });
      const record = findSession(sql, key);
      if (record) work(sql, record);
      const changed = findSession(sql, key);
      if (!changed) throw new Error(`session ${key} vanished in its own transaction`);
      writeAhead.touch(sql, changed.agentId);
      return changed;
    });

  return {
    ...reader,
    version: () => writeAhead.version(),
    async ensure(key, agentId) {
      const found = reader.get(key);
      if (found) return found;
      return db.write((sql) => {
        writeAhead.open(sql, { key, agentId, now: clock.now() });
        const record = findSession(sql, key);
        if (!record) throw new Error(`session ${key} vanished in its own transaction`);
        return record;
      });
    },
    patch: (key, patch) =>
      change(key, (sql, record) => {
        const settings = patch.settings ? mergeSettings(record.settings, patch.settings) : record.settings;
        const label = patch.label === undefined ? record.label : cleanLabel(patch.label);
        const route = patch.route === undefined ? record.route : patch.route;
        sql.run(
          `UPDATE sessions SET label = ?, settings = ?, display_name = ?, channel = ?, chat_type = ?, route = ?,
             spawned_by = ?, updated_at = max(updated_at, ?) WHERE key = ?`,
          label,
          JSON.stringify(settings),
          patch.displayName === undefined ? record.displayName : patch.displayName,
          patch.channel === undefined ? record.channel : patch.channel,
          patch.chatType === undefined ? record.chatType : patch.chatType,
          route === null ? null : JSON.stringify(route),
          patch.spawnedBy === undefined ? record.spawnedBy : patch.spawnedBy,
          clock.now(),
          key,
        );
      }),
    reset: (key) =>
      change(key, (sql, record) => {
        const sessionId = uuid();
        writeAhead.retire(sql, { sessionId: record.sessionId, why: "reset", remove: false });
        sql.run(
          `UPDATE sessions SET session_id = ?, updated_at = max(updated_at, ?),
             usage = '{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}', context_tokens = 0, compactions = 0,
             aborted_last_run = 0, last_preview = NULL, first_text = NULL, provider = NULL, model = NULL WHERE key = ?`,
          sessionId,
          clock.now(),
          key,
        );
        addTranscript(sql, { key, agentId: record.agentId, sessionId });
      }),
    delete: (key, { deleteTranscript }) =>
      db.write((sql) => {
        const record = findSession(sql, key);
        if (!record) return { deleted: false, archived: [] };
        const path = writeAhead.retire(sql, {
          sessionId: record.sessionId,
          why: "deleted",
          remove: deleteTranscript,
        });
        sql.run("DELETE FROM sessions WHERE key = ?", key);
        writeAhead.touch(sql, record.agentId);
        return { deleted: true, archived: deleteTranscript || path === null ? [] : [path] };
      }),
    context(key) {
      const { sessionId, path } = db.read((sql) => locate(sql, agentsDir, key));
      if (sessionId === null) return readContext({ path, waiting: [] });
      const waiting = files.waiting(sessionId);
      const fileSize = TranscriptFiles.sizeOf(path);
      const cached = cache.get(sessionId);
      if (cached && (waiting.length > 0 || cached.fileSize === fileSize)) return cached.entries.slice();
      const entries = readContext({ path, waiting });
      const bytes = entries.reduce((sum, entry) => sum + toLine(entry).length, 0);
      cache.set(sessionId, { entries, bytes, fileSize });
      return entries.slice();
    },
    append: (key, entries) =>
      db.write((sql) => {
        const record = findSession(sql, key);
        if (!record)
          throw new UserError("SESSION_NOT_FOUND", `there is no session ${JSON.stringify(key)}`, {
            hint: "list the sessions with: openclaw sessions list",
          });
        const now = clock.now();
        writeAhead.append(sql, { key, sessionId: record.sessionId, now }, entries);
        for (const { usage } of entries) if (usage) addDailyUsage(sql, usage, now);
      }),
    putMedia: (bytes) => putMedia(mediaDir, bytes),
  };
}

function cleanLabel(label: string | null): string | null {
  const text = label?.trim() ?? "";
  if (text === "") return null;
  if (text.length > 64)
    throw new UserError("SESSION_LABEL_INVALID", `label ${JSON.stringify(text.slice(0, 64))}… is too long`, {
      hint: "use at most 64 characters",
    });
  return text;
}
