import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf, UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import {
  acquireGatewayLock,
  makeDirectory,
  storageError,
  writeRestoreHold,
  type Paths,
} from "../state/index.ts";
import { holdUnfinished, type HeldWork } from "./hold.ts";
import { archiveRoot, type BackupManifest } from "./manifest.ts";
import { readBackup } from "./read.ts";
import type { ReadEntry } from "./tar-read.ts";

export interface RestoreOptions {
  path: string;
  passphrase?: Secret;
  /** Paths of the installation; `paths.stateDir` is where it is restored to. */
  paths: Paths;
  /** A state directory that is not empty is moved aside instead of refused. */
  force: boolean;
  /** Channels, jobs and unfinished work go on at the next start, without a confirmation. */
  release: boolean;
  version: string;
  clock: Clock;
  signal: AbortSignal;
}

export interface RestoredBackup {
  stateDir: string;
  /** Where the earlier state lies now; null when there was none. */
  movedAside: string | null;
  manifest: BackupManifest;
  /** Null when `release` was asked for. */
  held: HeldWork | null;
}

/**
 * Unpacks a backup into a private folder beside the state directory, checks every byte of it, sets unfinished work
 * aside and only then takes the place of the state directory. Starts nothing. When it fails, nothing has changed.
 * @throws UserError STATE_NOT_EMPTY, GATEWAY_RUNNING, RESTORE_PLACE, ARCHIVE_CORRUPT, ARCHIVE_REFUSED, ARCHIVE_NEWER,
 *   NOT_A_BACKUP, PASSPHRASE_NEEDED, PASSPHRASE_WRONG, STATE_NEWER, STORAGE_FAILED, STORAGE_DENIED
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoredBackup> {
  const { paths, clock, signal } = options;
  const target = paths.stateDir;
  const isOccupied = await hasEntries(target);
  if (isOccupied && !options.force) {
    throw new UserError("STATE_NOT_EMPTY", `${target} is not empty`, {
      hint: "add --force to move it aside first, or restore elsewhere with --to <folder>",
    });
  }
  const lock = isOccupied ? acquireGatewayLock(paths, { port: 0, version: options.version, clock }) : null;
  makeDirectory(dirname(target));
  const staging = `${target}.restore-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(staging, { mode: 0o700 });
    const { manifest } = await unpack(options, staging);
    signal.throwIfAborted();
    const held = options.release ? null : holdUnfinished(join(staging, "ledger.sqlite"), clock.now());
    if (held) {
      writeRestoreHold(staging, {
        restoredAt: new Date(clock.now()).toISOString(),
        backupOf: manifest.createdAt,
      });
    }
    // Its files are open in the folder that is about to be renamed, which Windows would refuse.
    lock?.release();
    const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
    const movedAside = isOccupied ? `${target}.before-restore-${stamp}` : null;
    await takePlace({ staging, target, movedAside });
    return { stateDir: target, movedAside, manifest, held };
  } catch (error) {
    signal.throwIfAborted();
    throw storageError(error, { action: "restore to", path: target });
  } finally {
    lock?.release();
    await rm(staging, { recursive: true, force: true });
  }
}

async function hasEntries(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw storageError(error, { action: "restore to", path });
  }
}

async function unpack(
  { path, passphrase, signal }: RestoreOptions,
  staging: string,
): Promise<{ manifest: BackupManifest }> {
  const folderModes: Array<{ path: string; mode: number }> = [];
  const place = (name: string) => join(staging, name.slice(archiveRoot.length + 1));
  const verified = await readBackup({
    path,
    ...(passphrase ? { passphrase } : {}),
    signal,
    async onEntry(entry) {
      if (entry.name === archiveRoot) return;
      const to = place(entry.name);
      // Nothing but this function writes below the folder, and it makes no links: the checked name cannot lead out.
      await mkdir(entry.kind === "directory" ? to : dirname(to), { recursive: true, mode: 0o700 });
      if (entry.kind === "directory") folderModes.push({ path: to, mode: modeOf(entry) | 0o700 });
      else await unpackFile(entry, to);
    },
  });
  for (const { path: folder, mode } of folderModes) await chmod(folder, mode);
  return verified;
}

async function unpackFile(entry: ReadEntry, to: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const file = await open(to, flags, 0o600);
  try {
    for await (const piece of entry.body) await file.writeFile(piece);
    await file.chmod(modeOf(entry));
    await file.utimes(entry.mtimeMs / 1000, entry.mtimeMs / 1000);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only the workspace may be readable by others; nothing is writable by others, and no bit beyond `rwx` is restored. */
function modeOf(entry: ReadEntry): number {
  const isWorkspace = /^\.openclaw\/workspace(?:\/|$)/.test(entry.name);
  return entry.mode & (isWorkspace ? 0o755 : 0o700);
}

async function takePlace(move: {
  staging: string;
  target: string;
  movedAside: string | null;
}): Promise<void> {
  const { staging, target, movedAside } = move;
  try {
    if (movedAside) await rename(target, movedAside);
    else if (existsSync(target)) await rmdir(target);
  } catch (error) {
    throw inTheWay(target, error);
  }
  try {
    await rename(staging, target);
  } catch (error) {
    if (movedAside) await rename(movedAside, target);
    else await mkdir(target, { mode: 0o700 });
    throw inTheWay(target, error);
  }
}

const inTheWay = (target: string, cause: unknown): UserError =>
  new UserError("RESTORE_PLACE", `${target} cannot be replaced as a folder: ${messageOf(cause)}`, {
    hint: "it may be a mount point: restore into a folder below it with --to <folder> and set OPENCLAW_STATE_DIR to that",
    cause,
  });
