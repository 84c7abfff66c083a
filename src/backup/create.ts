import { createHash, randomBytes, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { link, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Clock } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { isProcessAlive, makeDirectory, openDatabase, storageError, type Paths } from "../state/index.ts";
import { copyDatabase, takeCut, type Cut } from "./cut.ts";
import { encrypt } from "./encryption.ts";
import {
  archiveRoot,
  infoName,
  manifestName,
  renderInfo,
  renderManifest,
  type BackupKind,
  type BackupManifest,
} from "./manifest.ts";
import { selectFiles, type Selected } from "./selection.ts";
import { writeTar, type TarEntry } from "./tar-write.ts";

export interface CreateBackupOptions {
  paths: Paths;
  kind: BackupKind;
  /** Path of the archive; must not exist. */
  output: string;
  /** Encrypts the archive with it. */
  passphrase?: Secret;
  version: string;
  clock: Clock;
  signal: AbortSignal;
  /** Folders that belong to the installation and lie outside the state directory; only named in the manifest. */
  outside?: readonly string[];
}

export interface CreatedBackup {
  path: string;
  bytes: number;
  manifest: BackupManifest;
}

const triesOnChange = 3;

/**
 * Writes a backup (0600) of a state directory, also while its gateway runs: the database and the transcripts are of one
 * moment, all other files are whole each for itself because they are only ever replaced. The archive appears under its
 * name when it is complete and on disk. What an earlier backup left that was killed is removed.
 * @throws UserError STATE_MISSING, FILE_EXISTS, BACKUP_CHANGED, PASSPHRASE_WEAK, STORAGE_DAMAGED, STORAGE_FAILED, STORAGE_DENIED
 */
export async function createBackup(options: CreateBackupOptions): Promise<CreatedBackup> {
  const { paths } = options;
  const output = resolve(options.output);
  if (!(await stat(paths.stateDir).catch(() => null))?.isDirectory()) {
    throw new UserError("STATE_MISSING", `there is nothing to back up: ${paths.stateDir} does not exist`, {
      hint: "openclaw setup",
    });
  }
  if (await stat(output).catch(() => null)) throw exists(output);
  makeDirectory(dirname(output));
  await sweep(dirname(output));
  for (let attempt = 1; ; attempt++) {
    const temporary = join(
      dirname(output),
      `.openclaw-backup.${process.pid}.${randomBytes(6).toString("hex")}.tmp`,
    );
    try {
      const manifest = await writeArchive(options, temporary);
      await publish(temporary, output);
      return { path: output, bytes: (await stat(output)).size, manifest };
    } catch (error) {
      if (codeOf(error) === "BACKUP_CHANGED" && attempt < triesOnChange && !options.signal.aborted) continue;
      options.signal.throwIfAborted();
      throw storageError(error, { action: "write", path: output });
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** A link and not a rename: a file that appeared under the name meanwhile stays. */
async function publish(temporary: string, output: string): Promise<void> {
  try {
    await link(temporary, output);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw exists(output);
    // File systems without hard links: memory sticks, some network shares.
    if (!/^(?:EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(codeOf(error) ?? "")) throw error;
    await rename(temporary, output);
  }
}

/** Removes what a backup that was killed left: it holds everything the archive would have held. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(/^\.openclaw-backup\.(\d+)\.[0-9a-f]{12}\.tmp/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isNaN(pid) && !isProcessAlive(pid)) await rm(join(folder, name), { force: true });
  }
}

const exists = (path: string): UserError =>
  new UserError("FILE_EXISTS", `${path} exists already`, { hint: "give another name with --output" });

async function writeArchive(options: CreateBackupOptions, temporary: string): Promise<BackupManifest> {
  const { paths, kind, passphrase, signal } = options;
  const cut =
    kind === "full"
      ? await takeCut({
          ledgerPath: paths.ledgerPath,
          agentsDir: paths.agentsDir,
          copyTo: `${temporary}.ledger`,
        })
      : null;
  const file = await open(temporary, "wx", 0o600);
  try {
    const { entries, leftOut } = await selectFiles(paths, kind);
    const outside = options.outside ?? [];
    const manifest: BackupManifest = {
      version: options.version,
      createdAt: new Date(options.clock.now()).toISOString(),
      kind,
      profile: paths.profile,
      stateDir: paths.stateDir,
      files: [],
      leftOut: [
        ...leftOut,
        ...outside.map((path) => ({ path, reason: "outside the state directory: back it up yourself" })),
      ],
    };
    const tar = Readable.from(writeTar(contents({ manifest, cut, selected: entries, temporary, paths })), {
      objectMode: false,
      highWaterMark: 256 * 1024,
    });
    const gzip = createGzip({ level: 6 });
    const save = async (source: AsyncIterable<Uint8Array>) => {
      for await (const piece of source) await file.writeFile(piece);
    };
    const seal = async (source: AsyncIterable<Uint8Array>) =>
      await save(passphrase ? encrypt(source, passphrase) : source);
    await pipeline(tar, gzip, seal, { signal });
    await file.sync();
    return manifest;
  } finally {
    await file.close().catch(() => undefined);
    await cut?.dispose();
  }
}

interface Contents {
  manifest: BackupManifest;
  cut: Cut | null;
  selected: readonly Selected[];
  temporary: string;
  paths: Paths;
}

/** The entries of the archive, in order. Fills `manifest.files` on the way; the manifest itself comes last. */
async function* contents(given: Contents): AsyncGenerator<TarEntry> {
  const { manifest, cut, selected, paths, temporary } = given;
  const { version, createdAt, kind, profile, stateDir } = manifest;
  const now = Date.parse(createdAt);
  yield { name: archiveRoot, kind: "directory", mode: 0o700, mtimeMs: now, size: 0 };
  yield textEntry(infoName, renderInfo({ version, createdAt, kind, profile, stateDir }), now);
  const placer = createPlacer(cut, paths);
  for (const item of selected) {
    if (item.kind === "directory") {
      const info = await stat(item.path).catch(() => null);
      const mode = (info?.mode ?? 0o700) & 0o777;
      yield {
        name: `${archiveRoot}/${item.name}`,
        kind: "directory",
        mode,
        mtimeMs: info?.mtimeMs ?? now,
        size: 0,
      };
      continue;
    }
    if (item.path === paths.ledgerPath) {
      if (cut?.ledgerCopy) yield* fileEntry({ name: item.name, path: cut.ledgerCopy }, manifest);
      continue;
    }
    if (isDatabase(item)) {
      const copy = `${temporary}.copy`;
      try {
        const db = openDatabase(item.path, [], { readOnly: true });
        try {
          await copyDatabase({ db, to: copy });
        } finally {
          db.close();
        }
        yield* fileEntry({ name: item.name, path: copy }, manifest);
      } finally {
        await rm(copy, { force: true });
      }
      continue;
    }
    const place = await placer.place(item);
    if (place)
      yield* fileEntry({ ...place, path: item.path, follow: item.path === paths.configPath }, manifest);
  }
  placer.finish();
  yield textEntry(manifestName, renderManifest(manifest), now);
}

/** Databases of ours beside the ledger; below the workspace a file is the user's. */
const isDatabase = ({ name }: Selected): boolean =>
  name.endsWith(".sqlite") && !name.startsWith("workspace/");

function textEntry(name: string, text: string, mtimeMs: number): TarEntry {
  const body = Buffer.from(text);
  return { name, kind: "file", mode: 0o600, mtimeMs, size: body.length, body: [body] };
}

/** Puts transcripts back where they were at the moment of the cut, and leaves out those that are younger. */
function createPlacer(
  cut: Cut | null,
  { stateDir }: Paths,
): { place(item: Selected): Promise<{ name: string; size?: number } | null>; finish(): void } {
  const byInode = new Map(
    [...(cut?.transcripts ?? [])].map(([path, { size, inode }]) => [inode, { path, size }]),
  );
  return {
    async place(item) {
      if (!cut || !/^agents\/[^/]+\/sessions\/[^/]+$/.test(item.name)) return item;
      const info = await stat(item.path).catch(() => null);
      const then = info && byInode.get(info.ino);
      // A transcript that was archived since is kept under the name the database of the cut knows.
      if (then && dirname(then.path) === dirname(item.path)) {
        byInode.delete(info.ino);
        return { name: then.path.slice(stateDir.length + 1).replaceAll("\\", "/"), size: then.size };
      }
      return item.name.endsWith(".jsonl") ? null : item;
    },
    finish() {
      const [missing] = byInode.values();
      if (missing) {
        throw new UserError("BACKUP_CHANGED", `${missing.path} was removed while the backup was made`, {
          hint: "run the same command again",
          retryable: true,
        });
      }
    },
  };
}

async function* fileEntry(
  source: { name: string; path: string; size?: number; follow?: boolean },
  manifest: BackupManifest,
): AsyncGenerator<TarEntry> {
  const noFollow = source.follow ? 0 : (constants.O_NOFOLLOW ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(source.path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return; // removed since it was listed
    if (codeOf(error) !== "EACCES" && codeOf(error) !== "ELOOP") throw error;
    manifest.leftOut.push({ path: source.name, reason: `cannot be read (${codeOf(error)})` });
    return;
  }
  try {
    const info = await handle.stat();
    if (!info.isFile()) return;
    const size = source.size ?? info.size;
    const name = `${archiveRoot}/${source.name}`;
    const mode = info.mode & 0o777;
    const hash = createHash("sha256");
    yield {
      name,
      kind: "file",
      mode,
      mtimeMs: info.mtimeMs,
      size,
      body: size === 0 ? [] : hashed(handle, size, hash),
    };
    manifest.files.push({ path: name, size, mode, sha256: hash.digest("hex") });
  } finally {
    await handle.close();
  }
}

async function* hashed(handle: FileHandle, size: number, hash: Hash): AsyncGenerator<Uint8Array> {
  const pieceBytes = 256 * 1024;
  for (let at = 0; at < size;) {
    const { bytesRead, buffer } = await handle.read({
      buffer: Buffer.allocUnsafe(Math.min(pieceBytes, size - at)),
      position: at,
    });
    if (bytesRead === 0) return; // shorter than announced: the tar writer says so
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    at += bytesRead;
    yield piece;
  }
}
