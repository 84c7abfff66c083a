import { readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createCronStore, type CronRunEntry } from "../automation/index.ts";
import type { Clock } from "../core/clock.ts";
import { codeOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LoginStore } from "../models/index.ts";
import { openImportDesk } from "../sessions/index.ts";
import { acquireGatewayLock, writeFileAtomic, type Paths } from "../state/index.ts";
import { digestOf } from "./apply.ts";
import type { UndoRecord, UndoResult } from "./contract.ts";
import { findReceipt, readUndo, saveReceipt } from "./receipts.ts";

/**
 * Takes back exactly what a migration added: the newest one, or the one named. What was changed since stays, with the
 * reason; messages written since stay in their conversation.
 * @throws UserError GATEWAY_RUNNING, MIGRATE_RECEIPT_MISSING, STORAGE_FAILED
 */
export async function undoMigration(options: {
  paths: Paths;
  clock: Clock;
  logger: Logger;
  logins: LoginStore;
  version: string;
  id?: string | undefined;
}): Promise<UndoResult> {
  const { paths, clock, version } = options;
  const receipt = findReceipt(paths, { id: options.id, undoable: true });
  const lock = acquireGatewayLock(paths, { port: 0, version, clock });
  try {
    const undo = readUndo(paths, receipt.id);
    const result: UndoResult = {
      id: receipt.id,
      removed: { sessions: 0, entries: 0, files: 0, cronJobs: 0, cronRuns: 0, logins: 0 },
      kept: [],
    };
    await takeRows({ ...options, undo, result });
    takeLogins({ ...options, undo, result });
    takeFiles(undo, result, paths);
    saveReceipt(paths, { ...receipt, state: "undone", undoneAt: new Date(clock.now()).toISOString() });
    return result;
  } finally {
    lock.release();
  }
}

interface Part {
  paths: Paths;
  logger: Logger;
  logins: LoginStore;
  undo: UndoRecord;
  result: UndoResult;
}

async function takeRows({ paths, logger, undo, result }: Part): Promise<void> {
  const { removed, kept } = result;
  const desk = openImportDesk({ paths, logger });
  try {
    for (const session of undo.sessions) {
      const took = await desk.take(session);
      removed.entries += took.removed;
      if (took.gone) removed.sessions++;
      else if (session.isNew)
        kept.push({ what: `session ${session.key}`, reason: "it was continued after the migration" });
    }
    for (const archive of undo.archives) desk.takeArchive(archive);
    const cron = createCronStore(desk.db);
    for (const id of undo.cronJobs) if (await cron.remove(id)) removed.cronJobs++;
    for (const text of undo.cronRuns)
      if (await cron.removeRun(JSON.parse(text) as CronRunEntry)) removed.cronRuns++;
  } finally {
    desk.close();
  }
}

function takeLogins({ logins, undo, result }: Part): void {
  for (const { id, updatedAt } of undo.logins) {
    const login = logins.get(id);
    if (login === null) continue;
    if (login.updatedAt !== updatedAt) {
      result.kept.push({ what: `login ${id}`, reason: "it was renewed after the migration" });
      continue;
    }
    logins.remove(id);
    result.removed.logins++;
  }
}

function takeFiles(undo: UndoRecord, result: UndoResult, paths: Paths): void {
  for (const { path, digest, before } of undo.files) {
    const bytes = readIfExists(path);
    if (bytes === null) continue;
    if (digestOf(bytes) !== digest) {
      if (before === null || digestOf(before) !== digestOf(bytes))
        result.kept.push({ what: path, reason: "it was changed after the migration" });
      continue;
    }
    result.removed.files++;
    if (before !== null) {
      writeFileAtomic(path, before);
      continue;
    }
    rmSync(path);
    removeEmptyFolders(dirname(path), paths.stateDir);
  }
}

function readIfExists(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function removeEmptyFolders(folder: string, stateDir: string): void {
  for (let at = folder; at.startsWith(`${stateDir}/`); at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch {
      return; // something else is in it
    }
  }
}
