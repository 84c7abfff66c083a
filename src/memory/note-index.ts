import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Logger } from "../core/logger.ts";
import { chunkMarkdown } from "./chunk.ts";
import { parseQuery, unspacedTerms } from "./terms.ts";

export interface NoteFile {
  path: string;
  size: number;
  mtimeMs: number;
}

export interface IndexHit {
  path: string;
  startLine: number;
  endLine: number;
  text: string;
  /** Between 0 and 1, larger is better; only comparable within one search. */
  score: number;
}

/** The search index of one agent's notes. A cache: deleting the file loses nothing. */
export interface NoteIndex {
  /** Brings the index up to date; `read` is called for files that changed. Returns how many did. */
  sync(files: readonly NoteFile[], read: (path: string) => Promise<string>): Promise<number>;
  search(query: string, limit: number): IndexHit[];
  counts(): { files: number; chunks: number };
  close(): void;
}

// Raised whenever the tables or the way text is cut change: an older cache is thrown away.
const version = 1;
const schema = `
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime REAL NOT NULL, hash TEXT NOT NULL);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, path TEXT NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX chunks_path ON chunks (path);
CREATE VIRTUAL TABLE words USING fts5 (text, heading, unspaced, tokenize = "unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE pieces USING fts5 (text, tokenize = "trigram");
PRAGMA user_version = ${version};
`;

/** Opens the index, making it anew when it is missing, older, or damaged. */
export async function openNoteIndex(path: string, logger: Logger): Promise<NoteIndex> {
  const { DatabaseSync } = await import("node:sqlite");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const open = (): DatabaseSync => {
    const database = new DatabaseSync(path);
    try {
      // Several processes may read and write it; nobody waits long, and a crash costs at most a rebuild.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;");
      const found = (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
      if (found === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
      else if (found !== version) throw new Error(`index version ${found}`);
      database.prepare("SELECT count(*) FROM words").get();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  let database: DatabaseSync;
  try {
    database = open();
  } catch (error) {
    logger.warn("memory index is rebuilt", { path, error });
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    database = open();
  }
  return indexOver(database);
}

function indexOver(database: DatabaseSync): NoteIndex {
  const transaction = (work: () => void) => {
    database.exec("BEGIN IMMEDIATE");
    try {
      work();
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  };
  const remove = (path: string) => {
    for (const { id } of database.prepare("SELECT id FROM chunks WHERE path = ?").all(path) as Array<{
      id: number;
    }>) {
      database.prepare("DELETE FROM words WHERE rowid = ?").run(id);
      database.prepare("DELETE FROM pieces WHERE rowid = ?").run(id);
    }
    database.prepare("DELETE FROM chunks WHERE path = ?").run(path);
    database.prepare("DELETE FROM files WHERE path = ?").run(path);
  };
  const insert = (file: NoteFile, text: string, hash: string) => {
    database.prepare("INSERT INTO files VALUES (?, ?, ?, ?)").run(file.path, file.size, file.mtimeMs, hash);
    const chunkRow = database.prepare("INSERT INTO chunks (path, start, finish, text) VALUES (?, ?, ?, ?)");
    const wordRow = database.prepare(
      "INSERT INTO words (rowid, text, heading, unspaced) VALUES (?, ?, ?, ?)",
    );
    const pieceRow = database.prepare("INSERT INTO pieces (rowid, text) VALUES (?, ?)");
    for (const chunk of chunkMarkdown(text)) {
      const id = chunkRow.run(file.path, chunk.startLine, chunk.endLine, chunk.text).lastInsertRowid;
      wordRow.run(id, chunk.text, chunk.heading, unspacedTerms(`${chunk.heading} ${chunk.text}`));
      pieceRow.run(id, chunk.text);
    }
  };
  const query = (table: "words" | "pieces", expression: string, limit: number): IndexHit[] => {
    const rank = table === "words" ? "bm25(words, 1.0, 0.5, 1.0)" : "bm25(pieces)";
    const rows = database
      .prepare(
        `SELECT c.path, c.start, c.finish, c.text, ${rank} AS rank FROM ${table} JOIN chunks c ON c.id = ${table}.rowid
         WHERE ${table} MATCH ? ORDER BY rank LIMIT ?`,
      )
      .all(expression, limit) as Array<{
      path: string;
      start: number;
      finish: number;
      text: string;
      rank: number;
    }>;
    return rows.map((row) => {
      const weight = Math.max(0, -row.rank);
      return {
        path: row.path,
        startLine: row.start,
        endLine: row.finish,
        text: row.text,
        score: weight / (1 + weight),
      };
    });
  };

  return {
    async sync(files, read) {
      const known = new Map(
        (
          database.prepare("SELECT path, size, mtime, hash FROM files").all() as unknown as Array<{
            path: string;
            size: number;
            mtime: number;
            hash: string;
          }>
        ).map((row) => [row.path, row]),
      );
      const gone = new Set(known.keys());
      const changed: Array<{ file: NoteFile; text: string; hash: string; same: boolean }> = [];
      for (const file of files) {
        gone.delete(file.path);
        const row = known.get(file.path);
        if (row && row.size === file.size && row.mtime === file.mtimeMs) continue;
        const text = await read(file.path);
        const hash = createHash("sha256").update(text).digest("hex");
        changed.push({ file, text, hash, same: row?.hash === hash });
      }
      if (changed.length === 0 && gone.size === 0) return 0;
      transaction(() => {
        for (const path of gone) remove(path);
        for (const { file, text, hash, same } of changed) {
          if (same) {
            database
              .prepare("UPDATE files SET size = ?, mtime = ? WHERE path = ?")
              .run(file.size, file.mtimeMs, file.path);
          } else {
            remove(file.path);
            insert(file, text, hash);
          }
        }
      });
      return changed.filter((change) => !change.same).length + gone.size;
    },
    search(text, limit) {
      const parsed = parseQuery(text);
      const hits = parsed.words === null ? [] : query("words", parsed.words, limit);
      return hits.length > 0 || parsed.pieces === null ? hits : query("pieces", parsed.pieces, limit);
    },
    counts() {
      return database
        .prepare("SELECT (SELECT count(*) FROM files) AS files, (SELECT count(*) FROM chunks) AS chunks")
        .get() as { files: number; chunks: number };
    },
    close: () => database.close(),
  };
}
