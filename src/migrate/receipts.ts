import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic, type Paths } from "../state/index.ts";
import type { Receipt, UndoRecord } from "./contract.ts";
import { namesIn } from "./detect.ts";

const folderOf = (paths: Paths, id: string): string => join(paths.stateDir, "migrations", id);

/** Receipts of this state, oldest first. */
export function listReceipts(paths: Paths): Receipt[] {
  return namesIn(join(paths.stateDir, "migrations"), (entry) => entry.isDirectory())
    .flatMap((id) => (readJson(join(folderOf(paths, id), "receipt.json")) as Receipt | null) ?? [])
    .filter((receipt) => receipt.version === 1);
}

/** The newest receipt, or the one named. @throws UserError MIGRATE_RECEIPT_MISSING */
export function findReceipt(paths: Paths, options: { id?: string | undefined; undoable?: boolean }): Receipt {
  const all = listReceipts(paths).filter((receipt) => !options.undoable || receipt.state !== "undone");
  const found = options.id === undefined ? all.at(-1) : all.find(({ id }) => id === options.id);
  if (found) return found;
  throw new UserError(
    "MIGRATE_RECEIPT_MISSING",
    options.id === undefined
      ? `nothing ${options.undoable ? "that could be taken back " : ""}was migrated into ${paths.stateDir}`
      : `there is no ${options.undoable ? "migration to take back" : "receipt"} named ${JSON.stringify(options.id.slice(0, 60))}`,
    { hint: "openclaw migrate plan" },
  );
}

export function readUndo(paths: Paths, id: string): UndoRecord {
  const undo = readJson(join(folderOf(paths, id), "undo.json")) as UndoRecord | null;
  if (undo) return undo;
  throw new UserError("MIGRATE_RECEIPT_MISSING", `the undo record of migration ${id} is missing or damaged`, {
    hint: "restore migrations/ from a backup",
  });
}

export function saveReceipt(paths: Paths, receipt: Receipt): void {
  writeFileAtomic(join(folderOf(paths, receipt.id), "receipt.json"), `${JSON.stringify(receipt, null, 2)}\n`);
}

/** Holds what files were before, which may be secrets: 0600 like all of the state. */
export function saveUndo(paths: Paths, id: string, undo: UndoRecord): void {
  writeFileAtomic(join(folderOf(paths, id), "undo.json"), `${JSON.stringify(undo)}\n`);
}

/** A name that sorts by time and is free: `20260102T030405Z`, with `-2` … when two fall into one second. */
export function newReceiptId(paths: Paths, now: number): string {
  const base = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const taken = new Set(namesIn(join(paths.stateDir, "migrations")));
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(id)) return id;
  }
}

function readJson(path: string): unknown {
  const text = readTextIfExists(path);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null; // torn by hand; the caller says what is missing
  }
}
