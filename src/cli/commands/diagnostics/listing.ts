import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openDatabase, type Paths } from "../../../state/index.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Scrubber } from "./scrub.ts";

const mostEntries = 2000;

export interface ListedEntry {
  name: string;
  mode: string;
  uid: number;
  bytes: number;
  /** ISO 8601. */
  changed: string;
  /** Of a folder that is only counted. */
  entries?: number;
}

/** Folders whose names are a person's: counted, not listed. */
const counted =
  /^(?:workspace|media|agents\/[^/]+\/(?:sessions|workspace)|channels\/[^/]+|credentials\/[^/]+|cache)$/;

/** What lies in the state directory, with owners and modes. Names that people chose are not in it. */
export function listState({ stateDir }: Paths, scrub: Scrubber): ListedEntry[] {
  const found: ListedEntry[] = [];
  const walk = (folder: string, prefix: string): void => {
    for (const base of namesIn(folder)) {
      if (found.length >= mostEntries) return;
      const name = prefix === "" ? base : `${prefix}/${base}`;
      const info = lstatSync(join(folder, base), { throwIfNoEntry: false });
      if (!info) continue;
      const isCounted = info.isDirectory() && counted.test(name);
      found.push({
        // A login's file is named by provider and profile; the profile may be a mail address.
        name: scrub.text(name.replace(/^(credentials\/[^/.]+)\..*(\.[a-z]+)$/, "$1.*$2")),
        mode: `${kindLetter(info)}${(info.mode & 0o7777).toString(8).padStart(4, "0")}`,
        uid: info.uid,
        bytes: info.size,
        changed: info.mtime.toISOString(),
        ...(isCounted ? { entries: namesIn(join(folder, base)).length } : {}),
      });
      if (info.isDirectory() && !isCounted) walk(join(folder, base), name);
    }
  };
  walk(stateDir, "");
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // Not ours to read: its own entry shows the mode.
  }
}

const kindLetter = (info: { isDirectory(): boolean; isSymbolicLink(): boolean; isFile(): boolean }): string =>
  info.isDirectory() ? "d" : info.isSymbolicLink() ? "l" : info.isFile() ? "-" : "?";

/** Rows per table, and messages, runs and deliveries by state. */
export function countLedger({ ledgerPath }: Paths): Record<string, unknown> {
  if (!lstatSync(ledgerPath, { throwIfNoEntry: false })) return { exists: false };
  try {
    const db = openDatabase(ledgerPath, [], { readOnly: true });
    try {
      const tables = db
        .prepare(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .all()
        .flatMap(({ name }) => (typeof name === "string" && /^[a-z_]+$/.test(name) ? [name] : []));
      const rows = Object.fromEntries(
        tables.map((table) => [table, db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"] ?? null]),
      );
      const byState = Object.fromEntries(
        ["inbox", "runs", "deliveries"]
          .filter((table) => tables.includes(table))
          .map((table) => [
            table,
            db.prepare(`SELECT state, count(*) AS n FROM ${table} GROUP BY state`).all(),
          ]),
      );
      const schema = tables.includes("schema_versions")
        ? db.prepare("SELECT component, version FROM schema_versions ORDER BY component").all()
        : [];
      return { exists: true, rows, byState, schema };
    } finally {
      db.close();
    }
  } catch (error) {
    return { exists: true, error: messageOf(error) };
  }
}
