import { existsSync } from "node:fs";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { openDatabase, type Migration } from "../state/index.ts";

/** Work that a restored backup had not finished: kept apart, so that nothing is sent or run before somebody confirms. */
export interface HeldWork {
  /** Messages that wait for an answer. */
  messages: Array<{ runId: string; sessionKey: string; receivedAt: number }>;
  /** Replies that were not sent, or of which nobody knows. */
  deliveries: Array<{ key: string; channel: string; to: string; createdAt: number; mayHaveArrived: boolean }>;
}

// Rows leave the ledger's tables for a table of our own, as JSON: the ledger's schema stays as it is, and an older
// version of the program neither sees nor sends them.
const migrations: readonly Migration[] = [
  {
    name: "held rows",
    up: `CREATE TABLE held_rows (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      source TEXT NOT NULL,
      held_at INTEGER NOT NULL,
      row TEXT NOT NULL
    )`,
  },
];

/** In this order they are put back: a message's run before the message. */
const unfinished = {
  runs: "state = 'running'",
  steps: "run_id IN (SELECT run_id FROM runs WHERE state = 'running')",
  inbox: "state <> 'done'",
  deliveries: "state IN ('pending', 'sending')",
} as const;
type Source = keyof typeof unfinished;
const sources = Object.keys(unfinished) as Source[];
type Row = Record<string, SQLInputValue>;

const open = (path: string): DatabaseSync => openDatabase(path, migrations, { component: "held" });

/**
 * Moves everything unfinished out of the way. For a database that no gateway has open.
 * @throws UserError STATE_NEWER, STORAGE_DAMAGED, STORAGE_FAILED
 */
export function holdUnfinished(ledgerPath: string, now: number): HeldWork {
  if (!existsSync(ledgerPath)) return { messages: [], deliveries: [] };
  const db = open(ledgerPath);
  try {
    inTransaction(db, () => {
      const present = sources.filter((source) => columnsOf(db, source).size > 0);
      const insert = db.prepare("INSERT INTO held_rows (source, held_at, row) VALUES (?, ?, ?)");
      for (const source of present)
        for (const row of db.prepare(`SELECT * FROM ${source} WHERE ${unfinished[source]} ORDER BY 1`).all())
          insert.run(source, now, JSON.stringify(row));
      // The runs last: which steps are unfinished is told by them.
      for (const source of present.toReversed())
        db.prepare(`DELETE FROM ${source} WHERE ${unfinished[source]}`).run();
    });
    return listOf(db);
  } finally {
    db.close();
  }
}

/** What is held; works beside a running gateway. */
export function listHeld(ledgerPath: string): HeldWork {
  if (!existsSync(ledgerPath)) return { messages: [], deliveries: [] };
  const db = openDatabase(ledgerPath, [], { readOnly: true });
  try {
    return listOf(db);
  } finally {
    db.close();
  }
}

/**
 * Puts held work back, to be answered and sent at the next start, or ends it with its reason recorded. For a database
 * that no gateway has open. A message that arrived once more meanwhile is not answered twice.
 */
export function releaseHeld(options: { ledgerPath: string; discard: boolean; now: number }): HeldWork {
  const { ledgerPath, discard, now } = options;
  if (!existsSync(ledgerPath)) return { messages: [], deliveries: [] };
  const db = open(ledgerPath);
  try {
    const held = listOf(db);
    inTransaction(db, () => {
      for (const source of sources)
        for (const row of heldRows(db, source)) {
          const next = discard ? discarded(source, row, now) : putBack(db, source, row);
          if (next) insertRow(db, source, next);
        }
      db.exec("DELETE FROM held_rows");
    });
    return held;
  } finally {
    db.close();
  }
}

function putBack(db: DatabaseSync, source: Source, row: Row): Row {
  // It was being sent when the backup was made: the channel decides what may be done about that.
  if (source === "deliveries" && row["state"] === "sending") return { ...row, ambiguous: 1 };
  if (source !== "inbox" || row["state"] !== "running") return row;
  // Its session may be at work on something newer; then the message waits in line.
  const run = db.prepare("SELECT 1 FROM runs WHERE run_id = ?").get(row["taken_by"] ?? "");
  return run ? row : { ...row, state: "queued", taken_by: null };
}

function discarded(source: Source, row: Row, now: number): Row | null {
  const reason = "discarded after a restore";
  if (source === "deliveries") return { ...row, state: "dead", last_error: reason, settled_at: now };
  if (source === "inbox")
    return { ...row, state: "done", outcome: "aborted", outcome_detail: reason, done_at: now };
  return null;
}

function insertRow(db: DatabaseSync, source: Source, row: Row): void {
  const known = columnsOf(db, source);
  const columns = Object.keys(row).filter((column) => known.has(column));
  db.prepare(
    `INSERT OR IGNORE INTO ${source} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  ).run(...columns.map((column) => row[column] ?? null));
}

function listOf(db: DatabaseSync): HeldWork {
  if (columnsOf(db, "held_rows").size === 0) return { messages: [], deliveries: [] };
  return {
    messages: heldRows(db, "inbox").map((row) => ({
      runId: textOf(row, "run_id"),
      sessionKey: textOf(row, "session_key"),
      receivedAt: Number(row["received_at"]),
    })),
    deliveries: heldRows(db, "deliveries").map((row) => {
      const { target } = JSON.parse(textOf(row, "message")) as { target?: { channel?: string; to?: string } };
      return {
        key: textOf(row, "key"),
        channel: target?.channel ?? "?",
        to: target?.to ?? "?",
        createdAt: Number(row["created_at"]),
        mayHaveArrived: row["state"] === "sending",
      };
    }),
  };
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : "";
}

const heldRows = (db: DatabaseSync, source: Source): Row[] =>
  db
    .prepare("SELECT row FROM held_rows WHERE source = ? ORDER BY id")
    .all(source)
    .map(({ row }) => JSON.parse(String(row)) as Row);

/** Empty when there is no such table. `table` is one of our own names. */
const columnsOf = (db: DatabaseSync, table: Source | "held_rows"): Set<string> =>
  new Set(
    db
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name)),
  );

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
