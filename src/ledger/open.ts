import type { Logger } from "../core/logger.ts";
import { openDatabase } from "../state/index.ts";
import { createLedgerDb, type OwnedLedgerDb } from "./database.ts";

/** Keeps the write-ahead log from staying large after one large batch. */
const walLimitBytes = 64 * 1024 * 1024;

/**
 * Opens (or makes, 0600 in a 0700 folder) the ledger database with group commit. Tables are made by whoever owns them,
 * through `migrate`.
 * @throws UserError STORAGE_FAILED, STORAGE_DENIED when the file cannot be opened or written.
 */
export function openLedgerDb(options: { path: string; logger: Logger }): OwnedLedgerDb {
  const { path, logger } = options;
  const database = openDatabase(path, [], { busyTimeoutMs: 2000 });
  database.exec(`PRAGMA journal_size_limit = ${walLimitBytes}`);
  return createLedgerDb({ database, path, logger });
}
