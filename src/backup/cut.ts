import { readdirSync, statSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { openDatabase, storageError } from "../state/index.ts";

/** Files as they were at one moment of the database. */
export interface Cut {
  /** Copy of the database, without a write-ahead log; null when there is none. */
  ledgerCopy: string | null;
  /** By absolute path of a transcript: how much of it belongs to the cut, and which file it is. */
  transcripts: Map<string, { size: number; inode: number }>;
  dispose(): Promise<void>;
}

const tries = 200;

/**
 * Takes one moment of a running gateway: the database through a pinned read transaction, and the length every transcript
 * had then. A committed line that is not in its file yet is in the database's journal and is written at the next start;
 * a line that is younger than the pinned moment is beyond the length. No write of the gateway is held up.
 * @param options.copyTo a path for the copy of the database; removed by `dispose`.
 * @throws UserError STORAGE_DAMAGED, STORAGE_FAILED, BACKUP_CHANGED
 */
export async function takeCut(options: {
  ledgerPath: string;
  agentsDir: string;
  copyTo: string;
}): Promise<Cut> {
  const { ledgerPath, agentsDir, copyTo } = options;
  if (!(await stat(ledgerPath).catch(() => null)))
    return { ledgerCopy: null, transcripts: transcriptSizes(agentsDir), dispose: async () => {} };
  const dispose = async () => {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(`${copyTo}${suffix}`, { force: true });
  };
  const db = openDatabase(ledgerPath, [], { readOnly: true });
  try {
    const transcripts = pin(db, agentsDir);
    await copyDatabase({ db, to: copyTo });
    return { ledgerCopy: copyTo, transcripts, dispose };
  } catch (error) {
    await dispose();
    throw storageError(error, { action: "copy", path: ledgerPath });
  } finally {
    db.close();
  }
}

/** Begins a read transaction at a moment at which no transcript was being appended to. */
function pin(db: DatabaseSync, agentsDir: string): Cut["transcripts"] {
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = transcriptSizes(agentsDir);
    db.exec("BEGIN");
    // A deferred transaction fixes what it sees with its first read.
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    const after = transcriptSizes(agentsDir);
    if (isSame(before, after)) return after;
    db.exec("ROLLBACK");
  }
  throw new UserError("BACKUP_CHANGED", `the transcripts changed without a pause during ${tries} tries`, {
    hint: "run the same command again when the gateway is less busy",
    retryable: true,
  });
}

/**
 * Copies a database page by page into one file that needs no write-ahead log, and checks it.
 * @throws UserError STORAGE_DAMAGED
 */
export async function copyDatabase({ db, to }: { db: DatabaseSync; to: string }): Promise<void> {
  const { backup, DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  // All pages in one step: a step never meets a writer, because the source is read in one transaction.
  await backup(db, to, { rate: 2 ** 30 });
  const copy = new Database(to);
  try {
    copy.exec("PRAGMA journal_mode=DELETE");
    const found = copy.prepare("PRAGMA quick_check(1)").get();
    const verdict = Object.values(found ?? {})[0];
    if (verdict !== "ok") throw new Error(`database disk image is malformed: ${String(verdict)}`);
  } finally {
    copy.close();
  }
}

/** Without awaiting: the shorter the look, the likelier nothing changes during it. */
function transcriptSizes(agentsDir: string): Cut["transcripts"] {
  const sizes: Cut["transcripts"] = new Map();
  for (const agent of list(agentsDir)) {
    if (!agent.isDirectory()) continue;
    const folder = join(agentsDir, agent.name, "sessions");
    for (const file of list(folder)) {
      if (!file.isFile() || !file.name.endsWith(".jsonl")) continue;
      const path = join(folder, file.name);
      const info = statSync(path, { throwIfNoEntry: false });
      if (info) sizes.set(path, { size: info.size, inode: info.ino });
    }
  }
  return sizes;
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function isSame(a: Cut["transcripts"], b: Cut["transcripts"]): boolean {
  if (a.size !== b.size) return false;
  for (const [path, { size, inode }] of a) {
    const other = b.get(path);
    if (other?.size !== size || other.inode !== inode) return false;
  }
  return true;
}
