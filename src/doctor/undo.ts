import { mkdirSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { replaceConfigText } from "../config/index.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { writeFileAtomic, type Paths } from "../state/index.ts";
import { removeIfEmpty, setMode } from "./apply.ts";
import type { Receipt, ReceiptEntry } from "./contract.ts";
import { bytesOf, look, sha256 } from "./disk.ts";
import type { Receipts } from "./receipts.ts";

export interface Undone {
  receipt: Receipt;
  /** Paths brought back. */
  restored: string[];
  /** What stays as it is, and why. */
  left: Array<{ path: string; because: string }>;
}

/**
 * Brings back the bytes and modes a repair changed. Files that were changed again since are not touched without
 * `force`; what a kill kept from being done is passed over.
 * @throws UserError DOCTOR_UNDO_CONFLICT naming the files, before anything is touched
 */
export function undoReceipt(options: {
  id: string | undefined;
  receipts: Receipts;
  paths: Paths;
  now: number;
  force: boolean;
}): Undone {
  const { receipts, paths, now, force } = options;
  const receipt = receipts.find(options.id);
  if (receipt.state === "undone") return { receipt, restored: [], left: [] };
  const changed = receipt.entries.filter((entry) => stateOf(entry) === "changed");
  if (changed.length > 0 && !force) {
    const names = changed.map(({ path }) => path).join(", ");
    throw new UserError("DOCTOR_UNDO_CONFLICT", `changed since the repair: ${names}`, {
      hint: `openclaw doctor undo ${receipt.id} --force`,
    });
  }
  const restored: string[] = [];
  const left: Undone["left"] = [];
  const undone: Receipt = { ...receipt, state: "undone" };
  // The state directory comes last: its old mode may keep us from writing the receipt.
  const own = receipt.entries.filter(({ path }) => path === paths.stateDir);
  const others = receipt.entries.filter((entry) => !own.includes(entry)).toReversed();
  const restore = (entry: ReceiptEntry) => {
    if (stateOf(entry) === "before") return;
    let because: string | null;
    try {
      because = bringBack(entry, { receipt, receipts, paths, now });
    } catch (error) {
      // One that cannot be brought back must not keep the others from it.
      because = messageOf(error);
    }
    if (because === null) {
      restored.push(entry.path);
      if (entry.afterUndo) left.push({ path: entry.path, because: entry.afterUndo });
    } else left.push({ path: entry.path, because });
  };
  others.forEach(restore);
  receipts.save(undone);
  own.forEach(restore);
  return { receipt: undone, restored, left };
}

/** Whether the disk is as the repair left it, as it was before, or otherwise. */
function stateOf(entry: ReceiptEntry): "after" | "before" | "changed" {
  if (entry.kind === "write" || entry.kind === "delete" || entry.kind === "command") {
    const bytes = bytesOf(entry.path);
    const hash = bytes ? sha256(bytes) : null;
    if (hash === entry.after.hash) return "after";
    return hash === entry.before.hash ? "before" : "changed";
  }
  // Whether its old name is free again is only known when what came after has been taken back.
  if (entry.kind === "rename") return look(entry.to ?? "") ? "after" : "before";
  return "after";
}

/** Null when it is done, else why not. */
function bringBack(
  entry: ReceiptEntry,
  { receipt, receipts, paths, now }: { receipt: Receipt; receipts: Receipts; paths: Paths; now: number },
): string | null {
  const { path, before } = entry;
  switch (entry.kind) {
    case "write":
    case "delete":
    case "command": {
      if (before.file === null) {
        rmSync(path, { force: true });
        return null;
      }
      const bytes = receipts.bytes(receipt.id, before.file);
      const mode = before.mode ?? 0o600;
      if (path === paths.configPath) {
        const current = bytesOf(path);
        const note = {
          author: "doctor",
          reason: `undo ${receipt.id}`,
          baseHash: current ? sha256(current) : "",
        };
        replaceConfigText({ paths, raw: bytes.toString("utf8"), note, now, mode });
      } else writeFileAtomic(path, bytes, { mode });
      return null;
    }
    case "chmod":
      if (!look(path)) return "it is gone";
      setMode(path, before.mode ?? 0o700);
      return null;
    case "mkdir":
      return removeIfEmpty(path) ? null : "something lies in it now";
    case "rmdir":
      if (!look(path)) mkdirSync(path, { mode: before.mode ?? 0o700 });
      return null;
    case "rename":
      if (look(path)) return "something else is there now";
      renameSync(entry.to ?? "", path);
      return null;
    case "symlink":
      if (!look(path)?.isSymbolicLink() || readlinkSync(path) !== entry.to) return "it is another one now";
      rmSync(path);
      return null;
  }
}
