import { chmodSync, closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../core/errors.ts";
import { makeDirectory } from "./make-directory.ts";
import { storageError } from "./storage-error.ts";

/** One step of a schema. Steps are only ever appended; their position in the list is their version. */
export interface Migration {
  /** For people reading an error. */
  name: string;
  up: string | ((db: DatabaseSync) => void);
  /**
   * A program that does not know this step cannot use the tables any more. Without it the step only adds: tables, indexes
   * that are not unique, columns that may be null or have a default. So the version before an update still starts on
   * the newer file.
   */
  isBreaking?: boolean;
}

export interface OpenDatabaseOptions {
  /** Whose tables these are; several owners may share one file. Default `main`. */
  component?: string;
  /** Opens an existing file without changing it; migrations are only checked. */
  readOnly?: boolean;
  /** Milliseconds to wait for another process. Default 5000. */
  busyTimeoutMs?: number;
}

/**
 * Opens a SQLite file for durable use: WAL, `synchronous=FULL` (a commit is on disk), foreign keys, 0600, and brings
 * its schema up to date in one transaction.
 * @throws UserError STATE_NEWER when a newer version of the program wrote it; STORAGE_FAILED, STORAGE_DENIED.
 */
export function openDatabase(
  path: string,
  migrations: readonly Migration[],
  options: OpenDatabaseOptions = {},
): DatabaseSync {
  const { readOnly = false, busyTimeoutMs = 5_000, component = "main" } = options;
  let db: DatabaseSync | undefined;
  try {
    if (!readOnly && path !== ":memory:") {
      makeDirectory(dirname(path));
      // SQLite gives -wal and -shm the mode of the main file, so that one is made by us first.
      closeSync(openSync(path, "a", 0o600));
      if (process.platform !== "win32") chmodSync(path, 0o600);
    }
    db = new (sqlite().DatabaseSync)(path, {
      readOnly,
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
    db.exec("PRAGMA trusted_schema=OFF");
    if (!readOnly) db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    migrate(db, { component, migrations, path, readOnly });
    return db;
  } catch (error) {
    db?.close();
    throw storageError(error, { action: "open", path });
  }
}

/**
 * Brings the tables of one component up to date; each owner of tables in a shared file calls it with its own list.
 * @throws UserError STATE_NEWER
 */
export function migrate(
  db: DatabaseSync,
  what: { component: string; migrations: readonly Migration[]; path?: string; readOnly?: boolean },
): void {
  const { component, migrations } = what;
  const { version: found, oldest } = versionOf(db, component);
  // Everything since was only added: what this version knows is all there.
  if (found > migrations.length && oldest <= migrations.length) return;
  if (found > migrations.length) {
    throw new UserError(
      "STATE_NEWER",
      `${what.path ?? "the database"} was written by a newer version (${component} schema ${found}; this one knows ${migrations.length})`,
      { hint: "install the newer version again, or restore a backup made before the update" },
    );
  }
  if (found === migrations.length) return;
  if (what.readOnly) {
    throw new UserError(
      "STATE_OLDER",
      `${what.path ?? "the database"} has ${component} schema ${found}, this version needs ${migrations.length}`,
      { hint: "start the gateway once so that it updates its state: openclaw gateway" },
    );
  }
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec(
      "CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL, oldest INTEGER) STRICT",
    );
    // Files from before the column.
    if (!hasOldest(db)) db.exec("ALTER TABLE schema_versions ADD COLUMN oldest INTEGER");
    // Read again: another process may have migrated while we waited for the lock.
    for (const migration of migrations.slice(versionOf(db, component).version)) {
      if (typeof migration.up === "string") db.exec(migration.up);
      else migration.up(db);
    }
    db.prepare(
      "INSERT INTO schema_versions (component, version, oldest) VALUES (?, ?, ?) ON CONFLICT (component) DO UPDATE SET version = excluded.version, oldest = excluded.oldest",
    ).run(component, migrations.length, oldestFor(migrations));
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** How many steps a program has to know to use tables that these steps made. */
const oldestFor = (migrations: readonly Migration[]): number =>
  Math.max(1, migrations.findLastIndex(({ isBreaking }) => isBreaking) + 1);

const hasOldest = (db: DatabaseSync): boolean =>
  db.prepare("SELECT 1 FROM pragma_table_info('schema_versions') WHERE name = 'oldest'").get() !== undefined;

function versionOf(db: DatabaseSync, component: string): { version: number; oldest: number } {
  const table = db
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'")
    .get();
  if (!table) return { version: 0, oldest: 0 };
  const row = db.prepare("SELECT * FROM schema_versions WHERE component = ?").get(component);
  const version = typeof row?.["version"] === "number" ? row["version"] : 0;
  return { version, oldest: typeof row?.["oldest"] === "number" ? row["oldest"] : version };
}

/** Loaded on first use: commands that open no database do not pay for it. */
function sqlite(): typeof import("node:sqlite") {
  return process.getBuiltinModule("node:sqlite");
}
