import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic } from "./atomic-file.ts";

/**
 * Says that this state came from a backup and nobody has confirmed yet that it shall speak to the world: until then the
 * gateway starts no channel and no scheduled job, so that two machines never share one login (issue 3, section 6).
 */
export interface RestoreHold {
  /** ISO 8601. */
  restoredAt: string;
  /** When the backup was made; ISO 8601. */
  backupOf: string;
}

const holdPath = (stateDir: string): string => join(stateDir, "restore-hold.json");

/** Null when nothing is held. A file that cannot be understood holds all the same. */
export function readRestoreHold(stateDir: string): RestoreHold | null {
  const path = holdPath(stateDir);
  if (!existsSync(path)) return null;
  let value: unknown;
  try {
    value = JSON.parse(readTextIfExists(path) ?? "");
  } catch {
    value = null; // Torn or edited: what it says is lost, that it is there is not.
  }
  const text = (name: string) =>
    isObject(value) && typeof value[name] === "string" ? value[name] : "at an unknown time";
  return { restoredAt: text("restoredAt"), backupOf: text("backupOf") };
}

export function writeRestoreHold(stateDir: string, hold: RestoreHold): void {
  writeFileAtomic(holdPath(stateDir), `${JSON.stringify(hold, null, 2)}\n`);
}

/** Returns whether there was one. */
export function clearRestoreHold(stateDir: string): boolean {
  const path = holdPath(stateDir);
  const isHeld = existsSync(path);
  rmSync(path, { force: true });
  return isHeld;
}
