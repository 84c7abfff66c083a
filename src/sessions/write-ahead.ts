import type { Clock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import type { Logger } from "../core/logger.ts";
import type { LedgerDb, SqlWriter, TranscriptSink } from "../ledger/index.ts";
import { finishArchive, renameOnce, retireTranscript, type TranscriptColumns } from "./archive.ts";
import { ContextCache } from "./context.ts";
import { transcriptPath } from "./file-name.ts";
import { toLine } from "./jsonl.ts";
import type { JournaledLine } from "./mend.ts";
import { readBefore } from "./reader.ts";
import { followEntries, followOutcome, followRewind, openSession } from "./records.ts";
import { TranscriptFiles } from "./transcript-files.ts";

const cacheBytes = 32 * 1024 * 1024;

/** The write side of conversation storage: the ledger's sink, and what the session store shares with it. */
export interface WriteAhead extends TranscriptSink {
  readonly files: TranscriptFiles;
  readonly cache: ContextCache;
  /** Grows with every committed change of a session record. */
  version(): number;
  /** Says, in a write, that a record changes. */
  touch(sql: SqlWriter, agentId: string): void;
  /** Archives or removes the transcript of a session id, in the write and after it; returns the archive's path. */
  retire(
    sql: SqlWriter,
    retirement: { sessionId: string; why: "reset" | "deleted"; remove: boolean },
  ): string | null;
  close(): Promise<void>;
}

export function createWriteAhead(options: {
  db: LedgerDb;
  agentsDir: string;
  clock: Clock;
  logger: Logger;
  /** A record of this agent changed. */
  onChange: (agentId: string) => void;
}): WriteAhead {
  const { db, agentsDir, clock, logger, onChange } = options;
  let version = 1;
  /** Names (agent/file) whose old owner could not be renamed away; nothing may be written there. */
  const blocked = new Set<string>();
  const unfinished = new Set<Promise<unknown>>();

  const rowOf = (sessionId: string): TranscriptColumns | undefined =>
    db.read((sql) => sql.get<TranscriptColumns>("SELECT * FROM transcripts WHERE session_id = ?", sessionId));
  const pathOfRow = (row: TranscriptColumns, file: string): string =>
    transcriptPath({ agentsDir, agentId: row.agent_id, file });
  const cache = new ContextCache(cacheBytes);
  const files = new TranscriptFiles({
    db,
    clock,
    logger,
    pathOf: (sessionId) => {
      const row = rowOf(sessionId);
      if (!row || row.doomed === 1) return null;
      if (row.moved_from !== null) return pathOfRow(row, row.moved_from);
      return blocked.has(`${row.agent_id}/${row.file}`) ? null : pathOfRow(row, row.file);
    },
  });

  const touch = (sql: SqlWriter, agentId: string): void =>
    sql.afterCommit(() => {
      version++;
      onChange(agentId);
    });

  /** Renames at once, in the turn of the commit, so that no line of the successor can come first. */
  const moveAway = (sessionId: string): void => {
    const row = rowOf(sessionId);
    if (!row) return;
    const name = `${row.agent_id}/${row.moved_from}`;
    try {
      if (row.moved_from !== null) renameOnce(pathOfRow(row, row.moved_from), pathOfRow(row, row.file));
      blocked.delete(name);
    } catch (error) {
      blocked.add(name);
      logger.error("a transcript could not be archived", { sessionId, error });
      return;
    }
    const finishing = finishArchive({ db, logger, sessionId, pathOf: pathOfRow }).finally(() =>
      unfinished.delete(finishing),
    );
    unfinished.add(finishing);
  };

  return {
    files,
    cache,
    version: () => version,
    touch,
    open(sql, session) {
      const { sessionId, isNew } = openSession(sql, session);
      if (isNew) touch(sql, session.agentId);
      return sessionId;
    },
    append(sql, session, entries) {
      if (entries.length === 0) return;
      const row = sql.get<TranscriptColumns>(
        "SELECT * FROM transcripts WHERE session_id = ? AND doomed = 0",
        session.sessionId,
      );
      if (!row) {
        // The session was deleted with its transcript while its last run was being stopped.
        logger.info("entries of a deleted session are dropped", { sessionId: session.sessionId });
        return;
      }
      const lines: JournaledLine[] = entries.map((entry) => {
        const line = toLine(entry);
        const { lastId } = sql.run(
          "INSERT INTO transcript_pending (session_id, entry_id, line) VALUES (?, ?, ?)",
          session.sessionId,
          entry.id,
          line,
        );
        return { id: lastId, entryId: entry.id, line };
      });
      for (const { replaces } of entries)
        if (replaces) {
          const source = {
            path: pathOfRow(row, row.moved_from ?? row.file),
            waiting: files.waiting(row.session_id),
          };
          followRewind(sql, session, readBefore(source, replaces.id));
        }
      followEntries(sql, session, entries);
      sql.afterCommit(() => follow(session.sessionId, lines, entries));
      touch(sql, row.agent_id);
    },
    finish(sql, outcome) {
      followOutcome(sql, outcome);
      const row = sql.get<{ agent_id: string }>(
        "SELECT agent_id FROM sessions WHERE key = ?",
        outcome.sessionKey,
      );
      if (row) touch(sql, row.agent_id);
    },
    retire(sql, retirement) {
      const { sessionId } = retirement;
      const row = sql.get<TranscriptColumns>("SELECT * FROM transcripts WHERE session_id = ?", sessionId);
      const name = retireTranscript(sql, { ...retirement, now: clock.now(), pathOf: pathOfRow });
      if (!row || name === null) return null;
      sql.afterCommit(() => {
        cache.drop(sessionId);
        moveAway(sessionId);
      });
      return pathOfRow(row, name);
    },
    async recover() {
      const retired = db.read((sql) =>
        sql.all<TranscriptColumns>("SELECT * FROM transcripts WHERE moved_from IS NOT NULL OR doomed = 1"),
      );
      for (const row of retired) {
        const isDone = await finishArchive({ db, logger, sessionId: row.session_id, pathOf: pathOfRow });
        if (!isDone && row.moved_from !== null) blocked.add(`${row.agent_id}/${row.moved_from}`);
      }
      let mended = 0;
      for (const [sessionId, lines] of pendingBySession(db)) {
        cache.drop(sessionId);
        if (files.adopt(sessionId, lines)) mended++;
      }
      await files.sync();
      return mended;
    },
    async close() {
      await Promise.all(unfinished);
      await files.close();
    },
  };

  function follow(
    sessionId: string,
    lines: readonly JournaledLine[],
    entries: readonly TranscriptEntry[],
  ): void {
    const cached = cache.get(sessionId);
    const row = cached && rowOf(sessionId);
    const path = row && pathOfRow(row, row.moved_from ?? row.file);
    // Somebody edited the file behind our back: what was read before no longer counts.
    if (
      cached &&
      path &&
      files.waiting(sessionId).length === 0 &&
      TranscriptFiles.sizeOf(path) !== cached.fileSize
    )
      cache.drop(sessionId);
    const fileSize = files.deliver(sessionId, lines);
    const bytes = lines.reduce((sum, { line }) => sum + line.length, 0);
    cache.extend(sessionId, { entries, bytes, fileSize: fileSize ?? cached?.fileSize ?? 0 });
  }
}

/** Journaled lines by session id, in order. */
export function pendingBySession(db: Pick<LedgerDb, "read">): Map<string, JournaledLine[]> {
  const rows = db.read((sql) =>
    sql.all<{ id: number; session_id: string; entry_id: string; line: string }>(
      "SELECT id, session_id, entry_id, line FROM transcript_pending ORDER BY id",
    ),
  );
  return Map.groupBy(
    rows.map(({ id, session_id, entry_id, line }) => ({
      sessionId: session_id,
      id,
      entryId: entry_id,
      line,
    })),
    (line) => line.sessionId,
  );
}
