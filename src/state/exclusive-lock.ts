import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, UserError } from "../core/errors.ts";
import { makeDirectory } from "./make-directory.ts";
import { storageError } from "./storage-error.ts";

/**
 * Runs `task` while no other process holds the lock at `path` (a tiny SQLite file; the kernel frees it on any death).
 * Synchronous and short: it is for read-change-write of one small file.
 * @throws UserError STATE_BUSY when it stays taken for `timeoutMs` (default 5000); STORAGE_DENIED, STORAGE_FAILED.
 */
export function withExclusiveLock<T>(path: string, task: () => T, timeoutMs: number = 5_000): T {
  const lock = holdExclusiveLock(path, timeoutMs);
  try {
    return task();
  } finally {
    lock.release();
  }
}

/**
 * The same for work that takes its time: held until `release`, or until this process ends however it ends.
 * @throws UserError STATE_BUSY when it stays taken for `timeoutMs`; STORAGE_DENIED, STORAGE_FAILED.
 */
export function holdExclusiveLock(path: string, timeoutMs: number): { release(): void } {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    makeDirectory(dirname(path));
    closeSync(openSync(path, "a", 0o600));
    db = new DatabaseSync(path, { timeout: timeoutMs });
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (!/locked|busy/i.test(messageOf(error))) throw storageError(error, { action: "lock", path });
    throw new UserError("STATE_BUSY", `another process is changing the same file (${path} is locked)`, {
      hint: "try again in a moment",
      retryable: true,
      cause: error,
    });
  }
  const held = db;
  return { release: () => held.close() };
}
