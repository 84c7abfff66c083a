import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf, UserError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import {
  holdExclusiveLock,
  readBackupRecord,
  storageError,
  writeBackupRecord,
  type BackupRecord,
  type Paths,
} from "../state/index.ts";
import { createBackup } from "./create.ts";
import type { BackupKind } from "./manifest.ts";
import { readBackup } from "./read.ts";

/** The `backup` section of the configuration, resolved. */
export interface ScheduleSettings {
  /** As the configuration says it; another text means another schedule. */
  schedule: string;
  kind: BackupKind;
  /** At least 1. */
  keep: number;
  /** Absolute. */
  folder: string;
  keyFile: string | null;
  /** When a backup is to be made, strictly after a moment (both epoch milliseconds). */
  next(after: number): Promise<number>;
}

export type ScheduledRun =
  | { result: "not-due"; dueAt: number }
  /** Another process is at it. */
  | { result: "busy" }
  | { result: "made"; path: string; bytes: number; files: number; removed: string[]; dueAt: number };

const hourMs = 3_600_000;

/**
 * Makes the scheduled backup, reads it back to its last byte, and only then removes older ones of this schedule beyond
 * `keep`. What came of it is in the state directory's record either way; of two at the same time one gives way.
 * @throws UserError BACKUP_UNVERIFIED, KEY_FILE_UNUSABLE, and what {@link createBackup} throws; the failure is recorded
 */
export async function runScheduledBackup(options: {
  paths: Paths;
  settings: ScheduleSettings;
  /** Not when a backup is not due yet. */
  ifDue: boolean;
  outside: readonly string[];
  version: string;
  clock: Clock;
  signal: AbortSignal;
}): Promise<ScheduledRun> {
  const { paths, settings, clock } = options;
  const lock = lockOf(paths);
  if (lock === null) return { result: "busy" };
  try {
    const before = readBackupRecord(paths.stateDir);
    const current = before?.schedule === settings.schedule ? before : null;
    if (options.ifDue && current !== null && clock.now() < current.dueAt)
      return { result: "not-due", dueAt: current.dueAt };
    try {
      return await makeBackup(options, before);
    } catch (error) {
      const now = clock.now();
      const record = current ?? (await freshRecord(settings, { now, before, due: now }));
      if (!options.signal.aborted) {
        const times = (record.failure?.times ?? 0) + 1;
        const failure = { at: now, code: codeOf(error) ?? "UNKNOWN", message: messageOf(error), times };
        writeBackupRecord(paths.stateDir, { ...record, failure });
      }
      throw error;
    }
  } finally {
    lock.release();
  }
}

/** The record of a schedule that has just been set up: its first backup is due at `due`. */
export async function freshRecord(
  { schedule, next }: Pick<ScheduleSettings, "schedule" | "next">,
  from: { now: number; before: BackupRecord | null; due: number },
): Promise<BackupRecord> {
  const { before, due } = from;
  return {
    schedule,
    dueAt: due,
    staleAt: due + graceMs((await next(due)) - due),
    last: before?.last ?? null,
    failure: before?.failure ?? null,
    archives: before?.archives ?? [],
  };
}

/** A machine that was asleep, or a disk that was away for an hour, is no alarm yet. */
const graceMs = (interval: number): number => Math.min(24 * hourMs, Math.max(hourMs, interval / 2));

function lockOf(paths: Paths): { release(): void } | null {
  try {
    return holdExclusiveLock(join(paths.stateDir, "backup-run.lock.sqlite"), 0);
  } catch (error) {
    if (codeOf(error) === "STATE_BUSY") return null;
    throw error;
  }
}

async function makeBackup(
  options: Parameters<typeof runScheduledBackup>[0],
  before: BackupRecord | null,
): Promise<ScheduledRun> {
  const { paths, settings, version, clock, signal, outside } = options;
  const { kind, folder, keyFile, keep } = settings;
  const passphrase = keyFile === null ? undefined : await readPassphraseFile(keyFile);
  const secret = passphrase ? { passphrase } : {};
  const at = clock.now();
  const output = join(folder, archiveName(paths.profile, { at, kind, encrypted: keyFile !== null }));
  const made = await createBackup({ paths, kind, output, ...secret, version, clock, signal, outside });
  try {
    await readBackup({ path: made.path, ...secret, signal });
  } catch (error) {
    await rm(made.path, { force: true });
    signal.throwIfAborted();
    throw new UserError(
      "BACKUP_UNVERIFIED",
      `the backup was written and could not be read back, and is removed: ${messageOf(error)}`,
      { hint: `look at the disk of ${folder}, then: openclaw backup run`, cause: error },
    );
  }
  const { path, bytes, manifest } = made;
  const archives = [...(before?.archives ?? []), { at, path, bytes }];
  const kept = await retain(archives, keep);
  const files = manifest.files.length;
  const dueAt = await settings.next(at);
  writeBackupRecord(paths.stateDir, {
    schedule: settings.schedule,
    dueAt,
    staleAt: dueAt + graceMs(dueAt - at),
    last: { at, path, bytes, files },
    failure: null,
    archives: kept,
  });
  const removed = archives.filter((each) => !kept.includes(each)).map((each) => each.path);
  return { result: "made", path, bytes, files, removed, dueAt };
}

/** The newest `keep`, and those that could not be removed: they are tried again the next time. */
async function retain(archives: BackupRecord["archives"], keep: number): Promise<BackupRecord["archives"]> {
  const present: BackupRecord["archives"] = [];
  for (const archive of archives)
    if ((await stat(archive.path).catch(() => null))?.isFile()) present.push(archive);
  const old = present.slice(0, Math.max(0, present.length - Math.max(1, keep)));
  const left = new Set<string>();
  for (const { path } of old) await rm(path).catch(() => left.add(path));
  return present.filter((archive) => !old.includes(archive) || left.has(archive.path));
}

function archiveName(
  profile: string,
  { at, kind, encrypted }: { at: number; kind: BackupKind; encrypted: boolean },
): string {
  const stamp = new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  // Two within one second, by hand and by the timer, are two files.
  const unique = randomBytes(2).toString("hex");
  return `openclaw-${profile}-${stamp}-${unique}${kind === "minimal" ? "-minimal" : ""}.tar.gz${encrypted ? ".enc" : ""}`;
}

/**
 * The passphrase in the first line of a file that only its owner can read.
 * @throws UserError KEY_FILE_UNUSABLE, STORAGE_DENIED, STORAGE_FAILED
 */
export async function readPassphraseFile(path: string): Promise<Secret> {
  const unusable = (what: string, hint: string) =>
    new UserError("KEY_FILE_UNUSABLE", `backup.keyFile ${JSON.stringify(path)} ${what}`, { hint });
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw storageError(error, { action: "read", path });
    throw unusable("is not there", `openssl rand -hex 24 > ${path} && chmod 600 ${path}`);
  });
  try {
    const info = await file.stat();
    if (!info.isFile()) throw unusable("is no file", "name a file whose first line is the passphrase");
    if (process.platform !== "win32" && (info.mode & 0o077) !== 0)
      throw unusable("can be read by others", `chmod 600 ${path}`);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(8192), position: 0 });
    const line = buffer.toString("utf8", 0, bytesRead).split(/\r?\n/, 1)[0] ?? "";
    if (line === "") throw unusable(`is empty (${basename(path)})`, "put a passphrase into its first line");
    return new Secret(line);
  } finally {
    await file.close();
  }
}
