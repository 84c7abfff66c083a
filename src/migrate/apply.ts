import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createCronStore } from "../automation/index.ts";
import type { Logger } from "../core/logger.ts";
import { openImportDesk } from "../sessions/index.ts";
import { acquireGatewayLock, prepareStateDir, readTextIfExists, writeFileAtomic } from "../state/index.ts";
import type { Receipt, UndoRecord } from "./contract.ts";
import { makePlan, type MigrateInput } from "./plan.ts";
import { newReceiptId, saveReceipt, saveUndo } from "./receipts.ts";
import type { Work } from "./work.ts";

/**
 * Migrates: copies, never moves; what is there already is not written again. The undo record is on disk before the first
 * change, so that a migration that was cut off can be taken back or simply done again.
 * @throws UserError GATEWAY_RUNNING, MIGRATE_SOURCE_MISSING, MIGRATE_SOURCE_BUSY, STORAGE_FAILED
 */
export async function applyMigration(
  input: MigrateInput & { logger: Logger; version: string },
): Promise<Receipt> {
  const { paths, clock, version } = input;
  prepareStateDir(paths);
  const lock = acquireGatewayLock(paths, { port: 0, version, clock });
  try {
    const { receipt, work } = await makePlan(input);
    if (receipt.changes === 0) return { ...receipt, state: "applied" };
    const id = newReceiptId(paths, clock.now());
    const started: Receipt = { ...receipt, id };
    const undo = expectedUndo(work);
    saveUndo(paths, id, undo);
    saveReceipt(paths, started);
    await perform(input, work, undo);
    saveUndo(paths, id, undo);
    const done: Receipt = { ...started, state: "applied" };
    saveReceipt(paths, done);
    return done;
  } finally {
    lock.release();
  }
}

export const digestOf = (bytes: string | Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** What would have to be taken back if everything of the work were done. */
function expectedUndo(work: Work): UndoRecord {
  return {
    sessions: work.sessions.map(({ key, isNew, entries }) => ({
      key,
      isNew,
      ids: entries.map(({ id }) => id),
    })),
    archives: work.archives.map(({ agentId, name, entries }) => ({
      agentId,
      name,
      ids: entries.map(({ id }) => id),
    })),
    files: [
      ...work.writes.map(({ path, text }) => ({
        path,
        digest: digestOf(text),
        before: readTextIfExists(path),
      })),
      ...work.copies.map(({ path, from }) => ({ path, digest: digestOf(readFileSync(from)), before: null })),
    ],
    cronJobs: work.cronJobs.map(({ id }) => id),
    cronRuns: work.cronRuns.map((entry) => JSON.stringify(entry)),
    logins: [],
  };
}

async function perform(
  input: MigrateInput & { logger: Logger },
  work: Work,
  undo: UndoRecord,
): Promise<void> {
  const { paths, logger, logins } = input;
  for (const { path, from } of work.copies) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomic(path, readFileSync(from));
  }
  for (const { path, text } of work.writes) writeFileAtomic(path, text);
  for (const { login, origin } of work.logins) {
    const { provider, kind, expiresAt } = login;
    const name = login.id.slice(login.id.indexOf(":") + 1);
    const saved = logins.save(
      { provider, name, kind, origin, ...(expiresAt !== undefined && { expiresAt }) },
      login.secret.reveal(),
    );
    undo.logins.push({ id: saved.id, updatedAt: saved.updatedAt });
  }
  const desk = openImportDesk({ paths, logger });
  try {
    for (const { digest, bytes } of work.images) {
      const path = join(paths.mediaDir, digest.slice(0, 2), digest);
      if (readTextIfExists(path) === null) undo.files.push({ path, digest, before: null });
      await desk.putMedia(bytes);
    }
    undo.sessions = [];
    for (const session of work.sessions) {
      const { isNew, added } = await desk.put(session);
      undo.sessions.push({ key: session.key, isNew, ids: added });
    }
    undo.archives = work.archives.map((archive) => ({
      agentId: archive.agentId,
      name: archive.name,
      ids: desk.putArchive(archive),
    }));
    const cron = createCronStore(desk.db);
    for (const job of work.cronJobs) await cron.put(job);
    for (const entry of work.cronRuns) await cron.finish(entry, cron.get(entry.jobId));
  } finally {
    desk.close();
  }
}
