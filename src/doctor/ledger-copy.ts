import { copyFileSync, constants, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Paths } from "../state/index.ts";

/** A larger ledger of a stopped gateway is copied and read only with --deep. */
const quickBytes = 256 * 1024 * 1024;

export interface LedgerCopy extends Disposable {
  /** Of the file that is read. */
  path: string;
  all(sql: string): Array<Record<string, unknown>>;
  has(table: string): boolean;
}

/**
 * The ledger for reading. SQLite writes beside a database even when it only reads, so without a gateway a copy is
 * read: looking must not change a byte (HID-025). Null when there is none, or it is too large to look at quickly.
 * @throws what SQLite says of a damaged file
 */
export function openLedgerCopy(
  paths: Pick<Paths, "ledgerPath">,
  options: { live: boolean; deep: boolean },
): LedgerCopy | null {
  const { ledgerPath } = paths;
  if (!existsSync(ledgerPath)) return null;
  if (!options.live && !options.deep && statSync(ledgerPath).size > quickBytes) return null;
  // A gateway that has it open keeps both files beside it; only then does reading make none.
  const live = options.live && existsSync(`${ledgerPath}-shm`) && existsSync(`${ledgerPath}-wal`);
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const folder = live ? null : copy(ledgerPath);
  const drop = () => folder && rmSync(folder, { recursive: true, force: true });
  const path = folder ? join(folder, "ledger.sqlite") : ledgerPath;
  try {
    const database = new DatabaseSync(path, {
      readOnly: folder === null,
      timeout: 1_000,
    });
    return {
      path,
      all: (sql) => database.prepare(sql).all(),
      has: (table) =>
        database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !==
        undefined,
      [Symbol.dispose]() {
        database.close();
        drop();
      },
    };
  } catch (error) {
    drop();
    throw error;
  }
}

function copy(path: string): string {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-doctor-"));
  for (const suffix of ["", "-wal"]) {
    if (existsSync(path + suffix)) {
      copyFileSync(path + suffix, join(folder, `ledger.sqlite${suffix}`), constants.COPYFILE_FICLONE);
    }
  }
  return folder;
}
