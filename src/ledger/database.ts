import type { DatabaseSync, StatementSync } from "node:sqlite";
import { OpenClawError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { migrate, storageError } from "../state/index.ts";
import { isStorageFailure } from "./storage-error.ts";

export type SqlValue = null | number | bigint | string | Uint8Array;

/** Rows come back as plain objects; the caller names their shape. Statements are prepared once per SQL text. */
export interface SqlReader {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller states the shape of its own columns
  get<T>(sql: string, ...params: SqlValue[]): T | undefined;
  all<T>(sql: string, ...params: SqlValue[]): T[];
  iterate<T>(sql: string, ...params: SqlValue[]): IterableIterator<T>;
}

export interface SqlWriter extends SqlReader {
  run(sql: string, ...params: SqlValue[]): { changes: number; lastId: number };
  /** Runs `task` after the commit that carries this write and before its promise resolves; never when it rolls back. */
  afterCommit(task: () => void): void;
}

/**
 * The ledger database as other parts of the gateway may use it: their own tables, the same commits. Pass SQL with `?`
 * parameters only; never build SQL from input.
 */
export interface LedgerDb {
  /**
   * Runs `work` (synchronous) in a transaction and resolves with its value once committed and fsynced. Writes asked
   * for in one turn of the event loop share one commit; one that throws is undone alone and rejects with its error.
   * @throws OpenClawError STORAGE_FAILED or STORAGE_DENIED when the disk refuses (full, I/O error, read-only); the database
   * stays usable.
   */
  write<T>(work: (sql: SqlWriter) => T): Promise<T>;
  /** Reads committed state, synchronously. Writes not yet resolved are not seen. */
  read<T>(work: (sql: SqlReader) => T): T;
  /**
   * Brings the tables of one part up to date: `steps[n]` is the SQL (or function) that leads from version n to n + 1;
   * steps are append-only.
   * @throws UserError STATE_NEWER when a newer program has changed these tables.
   */
  migrate(part: string, steps: readonly MigrationStep[]): void;
}

/** SQL or a function that only adds; `breaking` where an older program could not go on with the tables (state/sqlite.ts). */
export type MigrationStep = StepBody | { breaking: StepBody };
type StepBody = string | ((sql: SqlWriter) => void);

interface QueuedWrite {
  work: (sql: SqlWriter) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** {@link LedgerDb} with its lifetime: only the composition closes it. */
export interface OwnedLedgerDb extends LedgerDb {
  /** Commits what is queued and closes; later writes fail with STORAGE_CLOSED. */
  close(): void;
}

/** Wraps an open database (WAL, synchronous=FULL) in group commit. `path` is named in error texts. */
export function createLedgerDb(options: {
  database: DatabaseSync;
  path: string;
  logger: Logger;
}): OwnedLedgerDb {
  const { database, path, logger } = options;
  const statements = new Map<string, StatementSync>();
  let queue: QueuedWrite[] = [];
  let afterCommit: Array<() => void> = [];
  let closed = false;

  const prepared = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (!statement) statements.set(sql, (statement = database.prepare(sql)));
    return statement;
  };
  const sql: SqlWriter = {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see SqlReader
    get: <T>(text: string, ...params: SqlValue[]) => prepared(text).get(...params) as T | undefined,
    all: <T>(text: string, ...params: SqlValue[]) => prepared(text).all(...params) as T[],
    iterate: <T>(text: string, ...params: SqlValue[]) =>
      prepared(text).iterate(...params) as IterableIterator<T>,
    run: (text, ...params) => {
      const result = prepared(text).run(...params);
      return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
    },
    afterCommit: (task) => void afterCommit.push(task),
  };

  /** Undoes the open transaction; SQLite has done so itself after some disk errors. */
  const abandon = (): void => {
    try {
      database.exec("ROLLBACK");
    } catch (error) {
      logger.debug("rollback found no transaction", { error });
    }
  };

  /** Runs one write inside the open transaction; false when it was undone and its caller told. */
  const attempt = (write: QueuedWrite): { done: boolean; value: unknown } => {
    const tasks = afterCommit.length;
    database.exec("SAVEPOINT one");
    try {
      const value = write.work(sql);
      if (value instanceof Promise)
        throw new OpenClawError("STORAGE_MISUSE", "a ledger write must be synchronous");
      database.exec("RELEASE one");
      return { done: true, value };
    } catch (error) {
      afterCommit.length = tasks;
      if (isStorageFailure(error)) throw error;
      database.exec("ROLLBACK TO one; RELEASE one");
      write.reject(error);
      return { done: false, value: undefined };
    }
  };

  const flush = (): void => {
    const batch = queue;
    queue = [];
    if (batch.length === 0) return;
    const done: Array<() => void> = [];
    afterCommit = [];
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const write of batch) {
        const result = attempt(write);
        if (result.done) done.push(() => write.resolve(result.value));
      }
      database.exec("COMMIT");
    } catch (error) {
      abandon();
      const failure = storageError(error, { action: "write", path });
      logger.error("ledger commit failed", {
        code: failure.code,
        writes: batch.length,
        error: failure.message,
      });
      for (const write of batch) write.reject(failure);
      return;
    }
    const tasks = afterCommit;
    afterCommit = [];
    for (const task of tasks) {
      try {
        task();
      } catch (error) {
        // The write is committed; what follows from it is repaired by its owner or at the next start.
        logger.error("work after a ledger commit failed", { error });
      }
    }
    for (const settle of done) settle();
  };

  const write = <T>(work: (writer: SqlWriter) => T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (closed) return reject(new OpenClawError("STORAGE_CLOSED", `the ledger ${path} is closed`));
      queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (queue.length === 1) setImmediate(flush);
    });

  return {
    write,
    read: (work) => work(sql),
    migrate(part, steps) {
      migrate(database, {
        component: part,
        path,
        migrations: steps.map((step, version) => {
          const isBreaking = typeof step === "object";
          const body = isBreaking ? step.breaking : step;
          const up = typeof body === "string" ? body : () => body(sql);
          return { name: `${part} ${version + 1}`, up, isBreaking };
        }),
      });
    },
    close() {
      if (closed) return;
      flush();
      closed = true;
      statements.clear();
      database.close();
    },
  };
}
