import { existsSync, renameSync, rmSync } from "node:fs";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LedgerDb, SqlWriter } from "../ledger/index.ts";

export interface TranscriptColumns {
  session_id: string;
  session_key: string;
  agent_id: string;
  file: string;
  moved_from: string | null;
  doomed: number;
  archived_at: number | null;
}

/**
 * In a write: takes the transcript of a session id out of use under an archive name
 * (`<name>.jsonl.reset.<time>`, `<name>.jsonl.deleted.<time>`), which frees its name. The file itself follows by
 * {@link finishArchive} after the commit, or at the next start. Returns the archive name, null when there is no transcript.
 */
export function retireTranscript(
  sql: SqlWriter,
  retirement: {
    sessionId: string;
    why: "reset" | "deleted";
    remove: boolean;
    now: number;
    pathOf: (row: TranscriptColumns, file: string) => string;
  },
): string | null {
  const { sessionId, why, remove, now, pathOf } = retirement;
  const row = sql.get<TranscriptColumns>("SELECT * FROM transcripts WHERE session_id = ?", sessionId);
  if (!row) return null;
  // Windows allows no colon in file names.
  const time = new Date(now).toISOString().replaceAll(":", "-");
  const base = `${row.file}.${why}.${time}`;
  let name = base;
  for (
    let n = 2;
    sql.get("SELECT 1 FROM transcripts WHERE agent_id = ? AND file = ?", row.agent_id, name);
    n++
  )
    name = `${base}.${n}`;
  const oldName = row.moved_from ?? row.file;
  sql.run(
    "UPDATE transcripts SET file = ?, moved_from = ?, doomed = ?, archived_at = ? WHERE session_id = ?",
    name,
    // Without a file there is nothing to rename; the successor's file must not be taken for it after a crash.
    existsSync(pathOf(row, oldName)) ? oldName : null,
    remove ? 1 : 0,
    now,
    sessionId,
  );
  return name;
}

/**
 * Renames (and removes) the file of a retired transcript. Repeating it is harmless at any point: the removal starts
 * only after the rename is committed, so a missing archive file means that the rename is still to be done.
 * Returns false while the disk refuses; the name is not free for its successor until then.
 */
export async function finishArchive(options: {
  db: LedgerDb;
  logger: Logger;
  sessionId: string;
  pathOf: (row: TranscriptColumns, file: string) => string;
}): Promise<boolean> {
  const { db, logger, sessionId, pathOf } = options;
  const row = db.read((sql) =>
    sql.get<TranscriptColumns>("SELECT * FROM transcripts WHERE session_id = ?", sessionId),
  );
  if (!row) return true;
  const path = pathOf(row, row.file);
  try {
    if (row.moved_from !== null) {
      renameOnce(pathOf(row, row.moved_from), path);
      await db.write((sql) =>
        sql.run("UPDATE transcripts SET moved_from = NULL WHERE session_id = ?", sessionId),
      );
    }
    if (row.doomed === 1) {
      rmSync(path, { force: true });
      await db.write((sql) => {
        sql.run("DELETE FROM transcripts WHERE session_id = ?", sessionId);
        sql.run("DELETE FROM transcript_pending WHERE session_id = ?", sessionId);
      });
    }
    return true;
  } catch (error) {
    logger.error("a transcript could not be archived; it is tried again at the next start", {
      path,
      error: messageOf(error),
    });
    return false;
  }
}

/** Renames unless that was done before. */
export function renameOnce(from: string, to: string): void {
  if (existsSync(to)) return;
  try {
    renameSync(from, to);
  } catch (error) {
    // A session without a line has no file.
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
