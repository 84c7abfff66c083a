import { chmodSync, lstatSync, mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { runProcess } from "../guard/index.ts";
import { replaceConfigText } from "../config/index.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { storageError, writeFileAtomic, type Env, type Paths } from "../state/index.ts";
import type { Change, Plan, Receipt, ReceiptEntry } from "./contract.ts";
import { bytesOf, look, permissions, sha256 } from "./disk.ts";
import type { Receipts } from "./receipts.ts";

/**
 * Makes the changes of a plan. The receipt with every original byte is on disk before the first of them, so that a
 * kill half way leaves something that can be undone.
 * @throws UserError DOCTOR_STATE_CHANGED when a file is not what the plan saw; STORAGE_DENIED, STORAGE_FAILED
 */
export async function applyPlan(options: {
  plan: Plan;
  paths: Paths;
  receipts: Receipts;
  now: number;
  version: string;
  author: string;
  env: Env;
  clock: Clock;
}): Promise<Receipt | null> {
  const { plan, paths, receipts, now, author } = options;
  if (plan.changes.length === 0) return null;
  plan.changes.forEach(refuseIfChanged);
  const id = receipts.newId(now);
  const receipt: Receipt = {
    id,
    at: new Date(now).toISOString(),
    version: options.version,
    author,
    state: "applied",
    repairs: plan.repairs,
    entries: plan.changes.map((change, index) => entryOf(change, index)),
  };
  // The state directory itself must be there and writable before a receipt can be.
  const first = plan.changes.filter((change) => change.kind !== "rename" && change.path === paths.stateDir);
  const make = (change: Change) => {
    if (change.kind !== "command") makeChange(change, { paths, now, author });
  };
  first.forEach(make);
  for (const [index, change] of plan.changes.entries()) {
    const bytes = "before" in change ? change.before : null;
    if (bytes) receipts.keepBytes(id, fileName(index), bytes);
  }
  receipts.save(receipt);
  for (const [index, change] of plan.changes.entries()) {
    if (first.includes(change)) continue;
    if (change.kind !== "command") make(change);
    else {
      await runCommand(change, options);
      const after = bytesOf(change.path);
      // What a program made of the file is known only now, and undo has to recognise it.
      receipt.entries[index] = {
        ...entryOf(change, index),
        after: { mode: null, hash: after ? sha256(after) : null },
      };
      receipts.save(receipt);
    }
  }
  return receipt;
}

const fileName = (index: number): string => `${String(index).padStart(4, "0")}.before`;

function entryOf(change: Change, index: number): ReceiptEntry {
  const none = { mode: null, hash: null };
  switch (change.kind) {
    case "write": {
      const stat = look(change.path);
      const { before } = change;
      return {
        kind: change.kind,
        path: change.path,
        before: before
          ? {
              mode: stat && !stat.isSymbolicLink() ? permissions(stat) : change.mode,
              hash: sha256(before),
              file: fileName(index),
            }
          : { ...none, file: null },
        after: { mode: change.mode, hash: sha256(change.after) },
      };
    }
    case "command": {
      const stat = look(change.path);
      return {
        kind: change.kind,
        path: change.path,
        afterUndo: change.afterUndo,
        before: change.before
          ? { mode: stat ? permissions(stat) : null, hash: sha256(change.before), file: fileName(index) }
          : { ...none, file: null },
        after: none,
      };
    }
    case "delete":
      return {
        kind: change.kind,
        path: change.path,
        before: { mode: change.mode, hash: sha256(change.before), file: fileName(index) },
        after: none,
      };
    case "chmod":
      return {
        kind: change.kind,
        path: change.path,
        before: { mode: change.from, hash: null, file: null },
        after: { mode: change.to, hash: null },
      };
    case "mkdir":
      return {
        kind: change.kind,
        path: change.path,
        before: { ...none, file: null },
        after: { mode: change.mode, hash: null },
      };
    case "rmdir":
      return {
        kind: change.kind,
        path: change.path,
        before: { mode: change.mode, hash: null, file: null },
        after: none,
      };
    case "rename":
      return {
        kind: change.kind,
        path: change.from,
        to: change.to,
        before: { ...none, file: null },
        after: none,
      };
    case "symlink":
      return {
        kind: change.kind,
        path: change.path,
        to: change.target,
        before: { ...none, file: null },
        after: none,
      };
  }
}

function refuseIfChanged(change: Change): void {
  if (!("before" in change)) return;
  const now = bytesOf(change.path);
  const same = change.before === null ? now === null : now?.equals(change.before);
  if (same) return;
  throw new UserError("DOCTOR_STATE_CHANGED", `${change.path} was changed since the plan was made`, {
    hint: "openclaw doctor plan",
    retryable: true,
  });
}

async function runCommand(
  change: Extract<Change, { kind: "command" }>,
  { env, clock }: { env: Env; clock: Clock },
): Promise<void> {
  const [file = "", ...args] = change.argv;
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const end = await runProcess(
    { file, args, cwd: "/", env: Object.fromEntries(given) },
    { clock, timeoutMs: 90_000, maxOutputBytes: 64 * 1024 },
  );
  if (end.exitCode === 0) return;
  const why = end.stderr.trim().split("\n")[0] || `status ${end.exitCode}`;
  throw new UserError("DOCTOR_COMMAND_FAILED", `${change.shown} failed: ${why}`, { hint: change.shown });
}

function makeChange(
  change: Exclude<Change, { kind: "command" }>,
  by: { paths: Paths; now: number; author: string },
): void {
  const path = change.kind === "rename" ? change.from : change.path;
  try {
    switch (change.kind) {
      case "write":
        return write(change, by);
      case "mkdir":
        mkdirSync(change.path, { mode: change.mode });
        return;
      case "rmdir":
        return rmdirSync(change.path);
      case "chmod":
        return setMode(change.path, change.to);
      case "rename":
        return renameSync(change.from, change.to);
      case "delete":
        return rmSync(change.path);
      case "symlink":
        return symlinkSync(change.target, change.path, "dir");
    }
  } catch (error) {
    throw storageError(error, { action: change.kind, path });
  }
}

function write(
  change: Extract<Change, { kind: "write" }>,
  { paths, now, author }: { paths: Paths; now: number; author: string },
): void {
  if (change.path !== paths.configPath) {
    return writeFileAtomic(change.path, change.after, { mode: change.mode });
  }
  replaceConfigText({
    paths,
    raw: change.after.toString("utf8"),
    note: { author, reason: "repair", baseHash: change.before ? sha256(change.before) : "" },
    now,
    mode: change.mode,
  });
}

/**
 * Root could write anywhere, and what it writes in somebody else's state that person's gateway could not read.
 * @throws UserError DOCTOR_WRONG_USER
 */
export function refuseForeignState(stateDir: string, uid: number | null): void {
  const owner = look(stateDir)?.uid;
  if (uid === null || owner === undefined || owner === uid) return;
  throw new UserError(
    "DOCTOR_WRONG_USER",
    `${stateDir} belongs to user ${owner}, this is user ${uid}; nothing was changed`,
    { hint: `run it as that user: sudo -u "#${owner}" -H openclaw doctor` },
  );
}

/** Never through a link: what it points to is not ours to change. */
export function setMode(path: string, mode: number): void {
  if (!lstatSync(path).isSymbolicLink()) chmodSync(path, mode);
}

/** Whether a directory could be removed; false when something lies in it. */
export function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST") return false;
    if (codeOf(error) === "ENOENT") return true;
    throw error;
  }
}
