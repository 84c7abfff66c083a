import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { makeDirectory, openDatabase, storageError } from "../state/index.ts";

/**
 * Copies the ledger as it is at one moment, also while a gateway writes it. Returns false when there is none.
 * @throws UserError STORAGE_FAILED, STORAGE_DENIED, STORAGE_DAMAGED
 */
export async function copyLedger(from: string, to: string): Promise<boolean> {
  if (!existsSync(from)) return false;
  makeDirectory(dirname(to));
  drop(to);
  const source = openAny(from, { readOnly: true });
  try {
    const { backup } = process.getBuiltinModule("node:sqlite");
    // All pages in one step, so that the copy is of one moment.
    await backup(source, to, { rate: 2 ** 30 });
    return true;
  } catch (error) {
    drop(to);
    throw storageError(error, { action: "copy", path: from });
  } finally {
    source.close();
  }
}

/** Takes unfinished work out of a copy that is only looked at: nothing may be run or sent twice. */
export function silenceCopy(path: string): void {
  const db = openAny(path);
  try {
    const unfinished = {
      steps: "run_id IN (SELECT run_id FROM runs WHERE state = 'running')",
      runs: "state = 'running'",
      inbox: "state <> 'done'",
      deliveries: "state IN ('pending', 'sending')",
    };
    const present = new Set(tablesOf(db));
    for (const [table, which] of Object.entries(unfinished))
      if (present.has(table)) db.exec(`DELETE FROM ${table} WHERE ${which}`);
  } finally {
    db.close();
  }
}

/**
 * Brings the ledger back to the schema of `before`, for a database no gateway has open. What was written since stays:
 * within one release a schema only gains tables and columns, so every row is carried over in the columns the older
 * version knows. Where that fails, the copy itself is put back. The newer file is kept beside it.
 * @returns what was done: `same` schema, rows `carried`, or the `copy` put back
 */
export function returnLedger(options: { ledgerPath: string; before: string }): {
  how: "same" | "carried" | "copy";
  kept: string | null;
} {
  const { ledgerPath, before } = options;
  if (!existsSync(ledgerPath) || !existsSync(before) || !isNewer(ledgerPath, before))
    return { how: "same", kept: null };
  const next = `${ledgerPath}.returned`;
  const how = carry({ ledgerPath, before, next });
  const kept = `${ledgerPath}.newer`;
  drop(kept);
  // The name is never without a database: the newer one is copied aside before its name is taken.
  vacuumInto(ledgerPath, kept);
  drop(ledgerPath, { only: ["-wal", "-shm"] });
  renameSync(next, ledgerPath);
  return { how, kept };
}

function carry(options: { ledgerPath: string; before: string; next: string }): "carried" | "copy" {
  const { ledgerPath, before, next } = options;
  drop(next);
  vacuumInto(before, next);
  const db = openAny(next);
  try {
    db.exec("PRAGMA journal_mode=DELETE; PRAGMA foreign_keys=OFF");
    db.prepare("ATTACH ? AS newer").run(ledgerPath);
    db.exec("BEGIN");
    for (const table of tablesOf(db)) {
      if (table === "schema_versions") continue;
      const columns = columnsOf(db, table).map(quote).join(", ");
      db.exec(`DELETE FROM main.${quote(table)}`);
      db.exec(`INSERT INTO main.${quote(table)} (${columns}) SELECT ${columns} FROM newer.${quote(table)}`);
    }
    db.exec("COMMIT");
    return "carried";
  } catch {
    // The newer schema lost something the older one needs: its rows cannot be shown to the older version.
    if (db.isTransaction) db.exec("ROLLBACK");
    return "copy";
  } finally {
    db.close();
  }
}

/** Whether any part of the database has a later schema than in the copy, or is new in it. */
function isNewer(ledgerPath: string, before: string): boolean {
  const [now, then] = [schemaOf(ledgerPath), schemaOf(before)];
  return [...now].some(([part, version]) => version !== then.get(part));
}

function schemaOf(path: string): Map<string, number> {
  const db = openAny(path);
  try {
    if (!tablesOf(db).includes("schema_versions")) return new Map();
    const rows = db.prepare("SELECT component, version FROM schema_versions").all();
    return new Map(rows.map((row) => [String(row["component"]), Number(row["version"])]));
  } finally {
    db.close();
  }
}

function tablesOf(db: DatabaseSync): string[] {
  const rows = db
    .prepare(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .all();
  return rows.map((row) => String(row["name"]));
}

function columnsOf(db: DatabaseSync, table: string): string[] {
  const rows = db.prepare("SELECT name FROM pragma_table_info(?, 'main')").all(table);
  return rows.map((row) => String(row["name"]));
}

/** Whatever schema it has: none of its tables is of a part with this name. */
const openAny = (path: string, options: { readOnly?: boolean } = {}): DatabaseSync =>
  openDatabase(path, [], { component: "update", ...options });

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function vacuumInto(from: string, to: string): void {
  const db = openAny(from);
  try {
    db.prepare("VACUUM INTO ?").run(to);
  } finally {
    db.close();
  }
}

function drop(path: string, options: { only?: readonly string[] } = {}): void {
  for (const suffix of options.only ?? ["", "-wal", "-shm", "-journal"])
    rmSync(`${path}${suffix}`, { force: true });
}
