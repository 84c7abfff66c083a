import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Logger } from "../core/logger.ts";
import { createLedgerDb, type OwnedLedgerDb } from "./database.ts";
import { storageError } from "./storage-error.ts";

/**
 * Opens (or makes, 0600 in a 0700 folder) the ledger database with group commit. Tables are made by whoever owns them,
 * through `migrate`.
 * @throws OpenClawError STORAGE_FAILED when the file cannot be opened or written.
 */
export async function openLedgerDb(options: { path: string; logger: Logger }): Promise<OwnedLedgerDb> {
  const { path, logger } = options;
  // Loaded here and not above: importing node:sqlite prints a warning on some Node versions.
  const sqlite = await import("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fresh = !existsSync(path);
    database = new sqlite.DatabaseSync(path);
    if (fresh) chmodSync(path, 0o600);
    database.exec(
      "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864",
    );
    return createLedgerDb({ database, path, logger });
  } catch (error) {
    database?.close();
    throw storageError(error, path);
  }
}
