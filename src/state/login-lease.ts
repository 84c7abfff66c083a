import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { writeFileAtomic } from "./atomic-file.ts";
import { makeDirectory } from "./make-directory.ts";
import { storageError } from "./storage-error.ts";

/** Who uses a login that only one process may use, e.g. a bot token. */
export interface LoginHolder {
  pid: number;
  stateDir: string;
  channel: string;
  account: string;
  /** Rises with every new holder on this machine. */
  fence: number;
  /** Epoch milliseconds. */
  since: number;
}

export interface LoginLease {
  readonly fence: number;
  /** Whether it is still ours: somebody may have removed the files and taken the login anew. Cheap. */
  isHeld(): boolean;
  release(): void;
}

export type LoginClaim = { lease: LoginLease } | { heldBy: LoginHolder | null };

/**
 * Leases on logins, shared by every gateway of this user whatever its state directory. A lease is an exclusive lock on
 * a tiny SQLite file, which the kernel frees on any death of its holder, so nothing has to be guessed from ages; the
 * JSON file beside it names the holder and carries the fencing number.
 */
export function createLoginLeases(options: {
  /** Same for all state directories of the user; `fallbackDir` serves where it cannot be written. */
  dir: string;
  fallbackDir: string;
  stateDir: string;
  clock: Clock;
}): {
  /** @throws UserError STORAGE_DENIED, STORAGE_FAILED when neither folder can be written. */
  claim(login: { identity: string; channel: string; account: string }): LoginClaim;
} {
  const { dir, fallbackDir, stateDir, clock } = options;
  // Locks are a matter between processes; within one, two accounts with one login must not slip past each other.
  const ours = new Set<string>();

  function claimIn(folder: string, login: Parameters<typeof claim>[0]): LoginClaim {
    const { identity, channel, account } = login;
    const name = createHash("sha256").update(`${channel}\0${identity}`).digest("hex").slice(0, 32);
    const lockPath = join(folder, `${name}.lock`);
    const holderPath = join(folder, `${name}.json`);
    if (ours.has(name)) return { heldBy: readHolder(holderPath) };
    const lock = tryLock(lockPath);
    if (!lock) return { heldBy: readHolder(holderPath) };
    const fence = (readHolder(holderPath)?.fence ?? 0) + 1;
    const holder: LoginHolder = { pid: process.pid, stateDir, channel, account, fence, since: clock.now() };
    try {
      writeFileAtomic(holderPath, `${JSON.stringify(holder)}\n`, { durable: false });
    } catch (error) {
      lock.release();
      throw error;
    }
    ours.add(name);
    let released = false;
    return {
      lease: {
        fence,
        isHeld: () => !released && readHolder(holderPath)?.fence === fence,
        release() {
          if (released) return;
          released = true;
          ours.delete(name);
          lock.release();
        },
      },
    };
  }

  function claim(login: { identity: string; channel: string; account: string }): LoginClaim {
    try {
      return claimIn(dir, login);
    } catch (error) {
      if (codeOf(error) !== "STORAGE_DENIED" && codeOf(error) !== "STORAGE_FAILED") throw error;
      return claimIn(fallbackDir, login);
    }
  }
  return { claim };
}

/** Null when another process holds it. */
function tryLock(path: string): { release(): void } | null {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    makeDirectory(join(path, ".."));
    createPrivate(path);
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (/locked|busy/i.test(messageOf(error))) return null;
    throw storageError(error, { action: "lock", path });
  }
  const held = db;
  return { release: () => held.close() };
}

/** Only when it is not there: opening and closing a file that this process has locked would drop the lock (POSIX). */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function readHolder(path: string): LoginHolder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isObject(value) && typeof value["fence"] === "number" ? (value as unknown as LoginHolder) : null;
  } catch {
    // Gone or torn: who holds the lock is then not known by name.
    return null;
  }
}
