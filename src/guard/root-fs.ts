import { randomBytes } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import {
  lstat,
  mkdir,
  open,
  opendir,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  unlink,
} from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { isInside, parseName } from "./path-name.ts";

export type EntryKind = "file" | "directory" | "link" | "other";

export interface FileInfo {
  kind: "file" | "directory";
  size: number;
  mtimeMs: number;
  /** Permission bits. */
  mode: number;
}

export interface DirectoryIdentity {
  /** Real absolute path, checked by descriptor. */
  path: string;
  /** `device:inode`. */
  identity: string;
}

/**
 * Files below one root, by names that came from outside (threats.md section 3). Names are relative, or absolute when
 * they lie inside the root. Links are followed only while they stay inside. Every open is checked again by descriptor
 * before a byte is read or written, so a folder swapped for a link meanwhile is refused. Writes are atomic and durable.
 * All methods throw UserError with PATH_INVALID, PATH_OUTSIDE_ROOT, PATH_NOT_FOUND, PATH_NOT_FILE, PATH_NOT_DIRECTORY,
 * PATH_HARDLINKED, PATH_EXISTS or PATH_CHANGED.
 */
export interface RootFs {
  /** Real path of the root. */
  readonly root: string;
  /** The name as it is shown to people: relative, `.` for the root itself. */
  display(name: string): string;
  /** Null when nothing is there. */
  stat(name: string): Promise<FileInfo | null>;
  /** Names and kinds, sorted, at most `limit`; `more` says whether some were left out. */
  list(
    name: string,
    options: { limit: number },
  ): Promise<{ entries: Array<{ name: string; kind: EntryKind }>; more: boolean }>;
  /** At most `length` bytes from `offset`, with the size of the whole file. */
  read(
    name: string,
    options: { offset?: number; length: number },
  ): Promise<{ bytes: Uint8Array; size: number; mtimeMs: number }>;
  /** Replaces or makes a file; missing folders are made (0700). New files are 0600, replaced ones keep their mode. */
  write(
    name: string,
    data: string | Uint8Array,
    options?: { mustNotExist?: boolean },
  ): Promise<{ created: boolean; bytes: number }>;
  mkdir(name: string): Promise<void>;
  /** Removes a file or an empty folder. */
  remove(name: string): Promise<void>;
  /** A folder as a place to work in: real path and identity. */
  directory(name: string): Promise<DirectoryIdentity>;
}

const noFollow = constants.O_NOFOLLOW ?? 0;
const onlyDirectory = constants.O_DIRECTORY ?? 0;
const nonBlock = constants.O_NONBLOCK ?? 0;

function failed(code: string, name: string, what: string, hint?: string): UserError {
  return new UserError(
    code,
    `${JSON.stringify(name.slice(0, 200))} ${what}`,
    hint === undefined ? {} : { hint },
  );
}
const outside = (name: string) =>
  failed(
    "PATH_OUTSIDE_ROOT",
    name,
    "leads outside the workspace",
    "only files inside the workspace can be reached",
  );
const missing = (name: string) =>
  failed("PATH_NOT_FOUND", name, "does not exist", "list the folder with `ls` to see what is there");
const changed = (name: string) =>
  failed("PATH_CHANGED", name, "was moved or replaced while it was being opened", "try again");

/** Where a name leads: the real path of what exists, and the segments below it that do not. */
interface Place {
  real: string;
  missing: string[];
}

/**
 * Opens a root. The folder must exist.
 * `denied`: absolute paths that stay unreachable although they lie below the root (the gateway's own state when
 * somebody makes their home folder the workspace). `alias`: another absolute name of the root, as a sandbox has it.
 * @throws UserError PATH_NOT_FOUND when the root is no folder.
 */
export async function openRootFs(
  root: string,
  options: { denied?: readonly string[]; alias?: string } = {},
): Promise<RootFs> {
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw new UserError("PATH_NOT_FOUND", `folder ${JSON.stringify(root)} cannot be opened`, {
      cause: error,
    });
  });
  if (!(await stat(realRoot)).isDirectory()) throw failed("PATH_NOT_DIRECTORY", root, "is not a folder");
  const denied: string[] = [];
  for (const path of options.denied ?? []) {
    const real = await realpath(path).catch(() => path);
    if (!isInside(real, realRoot)) denied.push(real);
  }
  const alias = options.alias === undefined ? [] : [options.alias];
  const roots = [...new Set([realRoot, root.replace(/\/+$/, "") || "/", ...alias])];
  const descriptorPaths = await hasDescriptorPaths(realRoot);

  const admit = (real: string, name: string): void => {
    if (!isInside(realRoot, real) || denied.some((path) => isInside(path, real))) throw outside(name);
  };

  async function locate(name: string): Promise<Place> {
    const segments = parseName(name, roots);
    let real = realRoot;
    for (const [index, segment] of segments.entries()) {
      const next = join(real, segment);
      const info = await lstat(next).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return null;
        if (codeOf(error) === "ENOTDIR")
          throw failed("PATH_NOT_DIRECTORY", name, "goes through something that is not a folder");
        throw error;
      });
      if (info === null) {
        admit(next, name);
        return { real, missing: segments.slice(index) };
      }
      real = info.isSymbolicLink()
        ? await realpath(next).catch(() => {
            throw outside(name);
          })
        : next;
      admit(real, name);
    }
    return { real, missing: [] };
  }

  /** Opens without following and proves by descriptor that what was opened is what `real` names. */
  async function openChecked(
    real: string,
    flags: number,
    name: string,
  ): Promise<{ handle: FileHandle; info: BigIntStats }> {
    const handle = await open(real, flags | noFollow | nonBlock).catch((error: unknown) => {
      const code = codeOf(error);
      if (code === "ENOENT") throw missing(name);
      if (code === "ELOOP" || code === "EMLINK") throw changed(name);
      if (code === "ENOTDIR") throw failed("PATH_NOT_DIRECTORY", name, "is not a folder");
      if (code === "ENXIO") throw failed("PATH_NOT_FILE", name, "is not a regular file");
      throw error;
    });
    try {
      const info = await handle.stat({ bigint: true });
      if (descriptorPaths) {
        if ((await readlink(`/proc/self/fd/${handle.fd}`)) !== real) throw changed(name);
      } else {
        const again = (await realpath(real)) === real ? await lstat(real, { bigint: true }) : null;
        if (again?.dev !== info.dev || again.ino !== info.ino) throw changed(name);
      }
      return { handle, info };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  const openDirectory = (real: string, name: string) =>
    openChecked(real, constants.O_RDONLY | onlyDirectory, name);
  /** A name in an open folder: through the descriptor where the system has that, so the folder cannot be swapped. */
  const within = (handle: FileHandle, real: string, segment: string) =>
    descriptorPaths ? `/proc/self/fd/${handle.fd}/${segment}` : join(real, segment);

  async function existing(name: string): Promise<string> {
    const place = await locate(name);
    if (place.missing.length > 0) throw missing(name);
    return place.real;
  }

  async function makeFolders(from: string, segments: readonly string[], name: string): Promise<string> {
    let real = from;
    for (const segment of segments) {
      const { handle } = await openDirectory(real, name);
      try {
        await mkdir(within(handle, real, segment), { mode: 0o700 }).catch((error: unknown) => {
          if (codeOf(error) !== "EEXIST") throw error;
        });
      } finally {
        await handle.close();
      }
      real = join(real, segment);
    }
    return real;
  }

  /** The folder and last segment that a write or removal is about. */
  async function parentOf(name: string, make: boolean): Promise<{ folder: string; base: string }> {
    const place = await locate(name);
    if (place.missing.length === 0) {
      if (place.real === realRoot) throw failed("PATH_NOT_FILE", name, "is the workspace itself");
      return { folder: join(place.real, ".."), base: place.real.slice(place.real.lastIndexOf("/") + 1) };
    }
    const base = place.missing.at(-1) ?? "";
    const between = place.missing.slice(0, -1);
    if (between.length > 0 && !make) throw missing(name);
    return { folder: await makeFolders(place.real, between, name), base };
  }

  return {
    root: realRoot,
    display: (name) => parseName(name, roots).join("/") || ".",

    async stat(name) {
      const place = await locate(name);
      if (place.missing.length > 0) return null;
      const info = await lstat(place.real);
      if (!info.isFile() && !info.isDirectory())
        throw failed("PATH_NOT_FILE", name, "is neither a file nor a folder");
      return {
        kind: info.isFile() ? "file" : "directory",
        size: info.size,
        mtimeMs: info.mtimeMs,
        mode: info.mode & 0o777,
      };
    },

    async list(name, { limit }) {
      const real = await existing(name);
      const { handle } = await openDirectory(real, name);
      try {
        const entries: Array<{ name: string; kind: EntryKind }> = [];
        for await (const entry of await opendir(within(handle, real, "."))) {
          if (denied.includes(join(real, entry.name))) continue;
          entries.push({ name: entry.name, kind: kindOf(entry) });
          // Directories of any size: read a bounded surplus, so that the sorted first page is stable for most.
          if (entries.length > limit * 4) break;
        }
        entries.sort((a, b) => (a.name < b.name ? -1 : 1));
        return { entries: entries.slice(0, limit), more: entries.length > limit };
      } finally {
        await handle.close();
      }
    },

    async read(name, { offset = 0, length }) {
      const { handle, info } = await openChecked(await existing(name), constants.O_RDONLY, name);
      try {
        if (info.isDirectory()) throw failed("PATH_NOT_FILE", name, "is a folder", "list it with `ls`");
        if (!info.isFile()) throw failed("PATH_NOT_FILE", name, "is not a regular file");
        const size = Number(info.size);
        const buffer = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        let filled = 0;
        while (filled < buffer.length) {
          const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return { bytes: buffer.subarray(0, filled), size, mtimeMs: Number(info.mtimeMs) };
      } finally {
        await handle.close();
      }
    },

    async write(name, data, { mustNotExist = false } = {}) {
      const { folder, base } = await parentOf(name, true);
      const { handle } = await openDirectory(folder, name);
      try {
        const target = within(handle, folder, base);
        const current = await lstat(target).catch((error: unknown) => {
          if (codeOf(error) === "ENOENT") return null;
          throw error;
        });
        if (current) {
          if (mustNotExist) throw failed("PATH_EXISTS", name, "exists already");
          if (current.isDirectory()) throw failed("PATH_NOT_FILE", name, "is a folder");
          if (!current.isFile()) throw failed("PATH_NOT_FILE", name, "is not a regular file");
          if (current.nlink > 1) {
            throw failed(
              "PATH_HARDLINKED",
              name,
              "has more than one hard link and will not be written",
              "copy it to a new name first",
            );
          }
        }
        const bytes = typeof data === "string" ? Buffer.from(data) : data;
        const mode = current ? current.mode & 0o777 : 0o600;
        await replaceFile({
          temporary: within(handle, folder, `.${randomBytes(9).toString("hex")}.tmp`),
          target,
          bytes,
          mode,
        });
        await handle.sync().catch((error: unknown) => {
          // Some file systems cannot sync a folder; the file itself is synced.
          if (codeOf(error) !== "EINVAL" && codeOf(error) !== "EPERM") throw error;
        });
        return { created: current === null, bytes: bytes.length };
      } finally {
        await handle.close();
      }
    },

    async mkdir(name) {
      const place = await locate(name);
      const real = await makeFolders(place.real, place.missing, name);
      const { handle } = await openDirectory(real, name);
      await handle.close();
    },

    async remove(name) {
      const { folder, base } = await parentOf(name, false);
      const { handle } = await openDirectory(folder, name);
      try {
        const target = within(handle, folder, base);
        const info = await lstat(target).catch(() => {
          throw missing(name);
        });
        await (info.isDirectory() ? rmdir(target) : unlink(target));
        await handle.sync().catch(() => undefined);
      } finally {
        await handle.close();
      }
    },

    async directory(name) {
      const real = await existing(name);
      const { handle, info } = await openDirectory(real, name);
      await handle.close();
      return { path: real, identity: `${info.dev}:${info.ino}` };
    },
  };
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): EntryKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

async function replaceFile(plan: {
  temporary: string;
  target: string;
  bytes: Uint8Array;
  mode: number;
}): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
  const file = await open(plan.temporary, flags, 0o600);
  try {
    try {
      await file.writeFile(plan.bytes);
      await file.chmod(plan.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(plan.temporary, plan.target);
  } catch (error) {
    await unlink(plan.temporary).catch(() => undefined);
    throw error;
  }
}

/** Whether `/proc/self/fd/N` names what a descriptor is (Linux with /proc mounted). */
async function hasDescriptorPaths(root: string): Promise<boolean> {
  const handle = await open(root, constants.O_RDONLY | onlyDirectory);
  try {
    return (await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null)) === root;
  } finally {
    await handle.close();
  }
}
