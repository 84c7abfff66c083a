import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic } from "../state/index.ts";
import { compareVersions, isVersion } from "./versions.ts";

/** What the registry last said, for commands that must not wait for it. */
export interface LastCheck {
  /** Newest version of `channel`. */
  latest: string;
  /** Tag that was asked for: `latest` or `beta`. */
  channel: string;
  /** Epoch milliseconds. */
  at: number;
}

const pathIn = (stateDir: string) => join(stateDir, "cache", "update-check.json");

/** Remembers the answer of the registry below the state directory. It is a help only: a failure to write is passed on. */
export function rememberCheck(stateDir: string, check: LastCheck): void {
  writeFileAtomic(pathIn(stateDir), `${JSON.stringify(check)}\n`, { durable: false });
}

/** The last answer; null when nobody asked yet, or the page is torn. Asks nobody. */
export function lastCheck(stateDir: string): LastCheck | null {
  try {
    const page: unknown = JSON.parse(readTextIfExists(pathIn(stateDir)) ?? "null");
    if (!isObject(page)) return null;
    const { latest, channel, at } = page;
    return typeof latest === "string" &&
      isVersion(latest) &&
      typeof channel === "string" &&
      typeof at === "number"
      ? { latest, channel, at }
      : null;
  } catch {
    return null; // torn: as if nobody had asked
  }
}

/** The last answer when it is newer than `version`. */
export function newerThan(version: string, stateDir: string): LastCheck | null {
  const check = lastCheck(stateDir);
  return check !== null && isVersion(version) && compareVersions(check.latest, version) > 0 ? check : null;
}
