import { chownSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { holdExclusiveLock } from "../state/exclusive-lock.ts";

/**
 * The right to tell, for one sentinel of a state directory at a time: a timer's and one that somebody started would say
 * everything twice. Null while another one has it. A lock that cannot be made must not keep anybody from being told.
 */
export function takeTelling(stateDir: string): { release(): void } | null {
  const free = { release() {} };
  if (!existsSync(stateDir)) return free;
  const path = join(stateDir, "sentinel.lock.sqlite");
  try {
    const held = holdExclusiveLock(path, 0);
    giveToOwner(path, stateDir);
    return held;
  } catch (error) {
    return codeOf(error) === "STATE_BUSY" ? null : free;
  }
}

/** Run by root for another account's gateway, a file stays that account's. */
export function giveToOwner(path: string, stateDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(stateDir);
  if (uid !== 0) chownSync(path, uid, gid);
}
