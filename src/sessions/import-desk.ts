import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import type { Logger } from "../core/logger.ts";
import { openLedgerDb, type LedgerDb, type SqlReader } from "../ledger/index.ts";
import { readTextIfExists, writeFileAtomic, type Paths } from "../state/index.ts";
import type { TranscriptColumns } from "./archive.ts";
import { distinctFileName, transcriptFileName, transcriptPath } from "./file-name.ts";
import { parseLine, toLine } from "./jsonl.ts";
import { insertLegacyRecord } from "./legacy-import.ts";
import { putMedia } from "./media.ts";
import { followEntries } from "./records.ts";
import { sessionMigrations } from "./schema.ts";

/** Conversations of another program on their way in (and out again). Only while no gateway holds the state. */
export interface ImportDesk {
  db: LedgerDb;
  /** Ids of the entries a session holds already; null when there is no such session. */
  idsOf(key: string): Set<string> | null;
  /** Ids in an archived transcript (`archive/<name>.jsonl`). */
  idsOfArchive(agentId: string, name: string): Set<string>;
  /**
   * Makes the session unless it is there (`record` in the form of `sessions.json`) and puts the entries it lacks
   * between those it has, by time. Lines that are there keep their bytes. Returns the ids that were added.
   */
  put(session: {
    key: string;
    agentId: string;
    record: Record<string, unknown>;
    entries: readonly TranscriptEntry[];
  }): Promise<{ isNew: boolean; added: string[] }>;
  putArchive(archive: { agentId: string; name: string; entries: readonly TranscriptEntry[] }): string[];
  putMedia(bytes: Uint8Array): Promise<string>;
  /** Takes entries out again; with `isNew`, the session too once nothing else is in it. Returns whether it is gone. */
  take(session: {
    key: string;
    ids: readonly string[];
    isNew: boolean;
  }): Promise<{ removed: number; gone: boolean }>;
  takeArchive(archive: { agentId: string; name: string; ids: readonly string[] }): void;
  close(): void;
}

/** Opens the ledger for an import. @throws UserError STORAGE_FAILED, STORAGE_DENIED, STATE_NEWER */
export function openImportDesk(options: { paths: Paths; logger: Logger; clock?: Clock }): ImportDesk {
  const { paths, logger } = options;
  const clock = options.clock ?? systemClock;
  const db = openLedgerDb({ path: paths.ledgerPath, logger });
  try {
    db.migrate("sessions", sessionMigrations);
  } catch (error) {
    db.close();
    throw error;
  }
  const rowOf = (sql: SqlReader, key: string): TranscriptColumns | undefined =>
    sql.get<TranscriptColumns>(
      `SELECT transcripts.* FROM transcripts JOIN sessions USING (session_id) WHERE sessions.key = ?`,
      key,
    );
  const pathOf = (row: TranscriptColumns): string =>
    transcriptPath({ agentsDir: paths.agentsDir, agentId: row.agent_id, file: row.moved_from ?? row.file });
  const archivePath = (agentId: string, name: string): string =>
    join(transcriptPath({ agentsDir: paths.agentsDir, agentId, file: "archive" }), transcriptFileName(name));

  /** A name of an older program's file is left to it. */
  const avoidForeignFile = (key: string, agentId: string): string | null => {
    const plain = transcriptPath({ agentsDir: paths.agentsDir, agentId, file: transcriptFileName(key) });
    const text = existsSync(plain) ? (readTextIfExists(plain) ?? "") : "";
    return text === "" || linesOf(text).some(({ id }) => id !== null) ? null : distinctFileName(key);
  };

  return {
    db,
    idsOf: (key) =>
      db.read((sql) => {
        const row = rowOf(sql, key);
        return row ? idsIn(pathOf(row)) : null;
      }),
    idsOfArchive: (agentId, name) => idsIn(archivePath(agentId, name)),
    async put({ key, agentId, record, entries }) {
      const isNew = db.read((sql) => rowOf(sql, key)) === undefined;
      if (isNew) {
        const file = avoidForeignFile(key, agentId);
        await db.write((sql) => {
          insertLegacyRecord(sql, { key, agentId, entry: record });
          const made = rowOf(sql, key);
          if (file !== null && made)
            sql.run("UPDATE transcripts SET file = ? WHERE session_id = ?", file, made.session_id);
        });
      }
      const row = db.read((sql) => rowOf(sql, key));
      if (!row) throw new Error(`session ${key} vanished during an import`);
      const added = mergeInto(pathOf(row), entries);
      const addedIds = new Set(added);
      await db.write((sql) => {
        const fresh = entries.filter(({ id }) => addedIds.has(id));
        // `now: 0`: an import is no activity. Counters of a record that came along are right already.
        const counted = isNew ? fresh.map((entry) => ({ ...entry, kind: "message" as const })) : fresh;
        followEntries(sql, { key, sessionId: row.session_id, now: 0 }, counted);
      });
      return { isNew, added };
    },
    putArchive: ({ agentId, name, entries }) => mergeInto(archivePath(agentId, name), entries),
    putMedia: (bytes) => putMedia(paths.mediaDir, bytes),
    async take({ key, ids, isNew }) {
      const row = db.read((sql) => rowOf(sql, key));
      if (!row) return { removed: 0, gone: true };
      const { removed, kept } = removeFrom(pathOf(row), ids);
      const waits = db.read((sql) =>
        sql.get("SELECT 1 FROM transcript_pending WHERE session_id = ?", row.session_id),
      );
      if (!isNew || kept > 0 || waits !== undefined) return { removed, gone: false };
      await db.write((sql) => {
        sql.run("DELETE FROM sessions WHERE key = ?", key);
        sql.run("DELETE FROM transcripts WHERE session_id = ?", row.session_id);
      });
      return { removed, gone: true };
    },
    takeArchive: ({ agentId, name, ids }) => void removeFrom(archivePath(agentId, name), ids),
    close() {
      // The logger outlives the database; nothing of it is used after this.
      logger.debug("import desk closed", { at: clock.now() });
      db.close();
    },
  };
}

/** Where a conversation of another program lies that no session names: `agents/<id>/sessions/archive/<name>.jsonl`. */
export function archivedPath(paths: Pick<Paths, "agentsDir">, agentId: string, name: string): string {
  const folder = transcriptPath({ agentsDir: paths.agentsDir, agentId, file: "archive" });
  return join(folder, transcriptFileName(name));
}

interface Line {
  text: string;
  id: string | null;
  ts: number;
}

/** Lines with the id and time of their entry; a line that is none of ours goes with the one before it. */
function linesOf(text: string): Line[] {
  let ts = 0;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const entry = parseLine(line);
      if (entry) ts = entry.ts;
      return { text: `${line}\n`, id: entry?.id ?? null, ts };
    });
}

function idsIn(path: string): Set<string> {
  return new Set(linesOf(readTextIfExists(path) ?? "").flatMap(({ id }) => (id === null ? [] : [id])));
}

function mergeInto(path: string, entries: readonly TranscriptEntry[]): string[] {
  const there = linesOf(readTextIfExists(path) ?? "");
  const known = new Set(there.map(({ id }) => id));
  const fresh = entries.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return [];
  const lines: string[] = [];
  let at = 0;
  for (const entry of fresh) {
    for (; at < there.length; at++) {
      const line = there[at];
      if (!line || line.ts > entry.ts) break;
      lines.push(line.text);
    }
    lines.push(toLine(entry));
  }
  lines.push(...there.slice(at).map((line) => line.text));
  writeFileAtomic(path, lines.join(""));
  return fresh.map(({ id }) => id);
}

function removeFrom(path: string, ids: readonly string[]): { removed: number; kept: number } {
  const there = linesOf(readTextIfExists(path) ?? "");
  const gone = new Set<string | null>(ids);
  const kept = there.filter(({ id }) => id === null || !gone.has(id));
  if (kept.length === 0) rmSync(path, { force: true });
  else if (kept.length < there.length) writeFileAtomic(path, kept.map((line) => line.text).join(""));
  return { removed: there.length - kept.length, kept: kept.length };
}
