import { existsSync } from "node:fs";
import { systemClock } from "../core/clock.ts";
import { whyOf, type Ledger, type SqlReader, type SqlValue } from "../ledger/index.ts";
import { openDatabase, type Paths } from "../state/index.ts";
import { createSessionReader, type SessionReader } from "./store.ts";
import { pendingBySession } from "./write-ahead.ts";

/**
 * Sessions, transcripts and the trace of messages as the last commit left them, for commands that work without a gateway (and beside a
 * running one). Null when nothing was ever stored here. Close it when done.
 * @throws UserError STORAGE_FAILED, STORAGE_DENIED
 */
export function openSessionsReadOnly(options: {
  paths: Paths;
}): Promise<(SessionReader & { why: Ledger["why"]; close(): void }) | null> {
  return Promise.resolve().then(() => {
    const { paths } = options;
    if (!existsSync(paths.ledgerPath)) return null;
    const database = openDatabase(paths.ledgerPath, [], { readOnly: true });
    const hasTables =
      database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'transcript_pending'").get() !== undefined;
    if (!hasTables) {
      database.close();
      return null;
    }
    const sql: SqlReader = {
      // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see SqlReader
      get: <T>(text: string, ...params: SqlValue[]) => database.prepare(text).get(...params) as T | undefined,
      all: <T>(text: string, ...params: SqlValue[]) => database.prepare(text).all(...params) as T[],
      iterate: <T>(text: string, ...params: SqlValue[]) =>
        database.prepare(text).iterate(...params) as IterableIterator<T>,
    };
    const db = { read: <T>(work: (reader: SqlReader) => T): T => work(sql) };
    const reader = createSessionReader({
      db,
      agentsDir: paths.agentsDir,
      mediaDir: paths.mediaDir,
      clock: systemClock,
      // Lines a gateway journaled and may not have written yet; entries that are in the file are told by their id.
      waiting: (sessionId) => pendingBySession(db).get(sessionId) ?? [],
    });
    return { ...reader, why: (subject) => whyOf(sql, subject), close: () => database.close() };
  });
}
