import { messageOf } from "../../core/errors.ts";
import type { Check } from "../contract.ts";
import { shellWord } from "../disk.ts";
import { openLedgerCopy } from "../ledger-copy.ts";

/** Versions of the tables this program knows, per owner. */
export const ledger: Check = {
  id: "ledger",
  title: "Ledger",
  severity: "critical",
  surface: "doctor",
  mends:
    "by hand: a backup, or the version that wrote it; a damaged ledger is never thrown away by a program",
  dependsOn: ["state-dir"],
  async inspect({ paths, running, wants }) {
    const path = paths.ledgerPath;
    try {
      using copy = openLedgerCopy(paths, { live: running !== null, deep: wants.deep });
      if (!copy) return [];
      // A running gateway is not held up: its pages are checked only on request.
      const check = running && !wants.deep ? [] : copy.all("PRAGMA quick_check(5)");
      const bad = check.map((row) => String(Object.values(row)[0])).filter((text) => text !== "ok");
      if (bad.length > 0) throw new Error(bad.join("; "));
      if (!copy.has("schema_versions")) return [];
      const known = await knownVersions();
      const newer = copy
        .all("SELECT * FROM schema_versions")
        .filter(
          (row) => Number(row["oldest"] ?? row["version"]) > (known[String(row["component"])] ?? Infinity),
        );
      return newer.map((row) => ({
        title: "The ledger was written by a newer version",
        evidence: `${path}: ${String(row["component"])} schema ${String(row["version"])}, this version knows ${known[String(row["component"])]}`,
        fix: "install the newer version again, or restore a backup made before the update",
      }));
    } catch (error) {
      return [
        {
          title: "The ledger is damaged",
          evidence: `${path}: ${messageOf(error)}`,
          fix: `restore a backup; or keep it and begin a new one: mv ${shellWord(path)} ${shellWord(`${path}.damaged`)}`,
          undo: `mv ${shellWord(`${path}.damaged`)} ${shellWord(path)}`,
        },
      ];
    }
  },
};

async function knownVersions(): Promise<Readonly<Record<string, number>>> {
  const { ledgerMigrations } = await import("../../ledger/schema.ts");
  const { sessionMigrations } = await import("../../sessions/schema.ts");
  return { ledger: ledgerMigrations.length, sessions: sessionMigrations.length };
}
