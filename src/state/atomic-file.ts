import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { makeDirectory } from "./make-directory.ts";
import { isProcessAlive } from "./process-start.ts";
import { storageError } from "./storage-error.ts";

export interface AtomicWriteOptions {
  /** Default 0600. */
  mode?: number;
  /**
   * Whether the content must outlive a power cut; default true. False for what tells of a running process only: it
   * spares the waits for the disk, and readers must bear a torn file.
   */
  durable?: boolean;
}

/**
 * Replaces a file in one step: a temporary file beside it, fsync, rename, fsync of the directory. Readers see the old
 * or the new content, also after a power cut; when it fails (disk full) the old file is whole. A symbolic link is
 * followed, so a config kept in a dotfiles repository stays a link. Missing directories are made with 0700.
 * @throws UserError STORAGE_FAILED, STORAGE_DENIED
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void {
  const { mode = 0o600, durable = true } = options;
  let temporary: string | undefined;
  try {
    makeDirectory(dirname(path));
    const target = targetOf(path);
    temporary = temporaryName(target);
    const fd = openSync(temporary, "wx", mode);
    try {
      fchmodSync(fd, mode);
      const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    replace(temporary, target);
    if (durable) syncDirectory(dirname(target));
  } catch (error) {
    if (temporary) rmSync(temporary, { force: true });
    throw storageError(error, { action: "write", path });
  }
}

/** Like {@link writeFileAtomic} without blocking the event loop; for files that may be large. */
export async function writeFileAtomicAsync(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { open, rename, rm } = await import("node:fs/promises");
  const { mode = 0o600, durable = true } = options;
  let temporary: string | undefined;
  try {
    makeDirectory(dirname(path));
    const target = targetOf(path);
    temporary = temporaryName(target);
    const file = await open(temporary, "wx", mode);
    try {
      await file.chmod(mode);
      await file.writeFile(data);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    if (durable) syncDirectory(dirname(target));
  } catch (error) {
    if (temporary) await rm(temporary, { force: true });
    throw storageError(error, { action: "write", path });
  }
}

/** The text of a file, or null when it does not exist. @throws UserError STORAGE_DENIED, STORAGE_FAILED */
export function readTextIfExists(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw storageError(error, { action: "read", path });
  }
}

function targetOf(path: string): string {
  let target = path;
  try {
    target = realpathSync(path);
    if (statSync(target).isFile()) return target;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return target;
    throw error;
  }
  throw new UserError("STORAGE_DENIED", `${path} is not a regular file`, {
    hint: "move it away; OpenClaw writes a file there",
  });
}

function temporaryName(target: string): string {
  // Taken here and not imported: most commands write nothing, and loading it takes 4 ms.
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  return join(
    dirname(target),
    `.${basename(target).slice(0, 100)}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`,
  );
}

function replace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Windows refuses for a moment while a virus scanner or another reader has the target open.
    if (process.platform !== "win32" || codeOf(error) !== "EPERM") throw error;
    rmSync(to, { force: true });
    renameSync(from, to);
  }
}

/** Makes a rename durable. Windows and some network file systems cannot, which is no reason to fail a write. */
function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    if (codeOf(error) !== "EINVAL" && codeOf(error) !== "EBADF") throw error;
  } finally {
    closeSync(fd);
  }
}

const temporaryPattern = /^\..+\.(\d+)\.[0-9a-f]+\.tmp$/;

/** Removes temporary files of {@link writeFileAtomic} whose writer is gone: a kill between write and rename leaves one. */
export function sweepTemporaryFiles(folder: string): number {
  let removed = 0;
  for (const name of readdirSync(folder)) {
    const pid = Number(temporaryPattern.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isProcessAlive(pid)) continue;
    rmSync(join(folder, name), { force: true });
    removed++;
  }
  return removed;
}
