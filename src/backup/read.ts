import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { codeOf, OpenClawError, UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { storageError } from "../state/index.ts";
import { decrypt, isEncrypted } from "./encryption.ts";
import {
  archiveRoot,
  infoName,
  manifestName,
  parseInfo,
  parseManifest,
  type BackupInfo,
  type BackupManifest,
} from "./manifest.ts";
import { readTar, type ReadEntry } from "./tar-read.ts";

const largestManifestBytes = 256 * 2 ** 20;

export interface VerifiedBackup {
  manifest: BackupManifest;
  encrypted: boolean;
  /** Sum of the sizes of the files. */
  totalBytes: number;
}

/** Whether a file is an encrypted backup. @throws UserError STORAGE_DENIED, STORAGE_FAILED */
export async function isEncryptedFile(path: string): Promise<boolean> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw storageError(error, { action: "read", path });
  });
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(64), position: 0 });
    return isEncrypted(buffer.subarray(0, bytesRead));
  } catch (error) {
    throw storageError(error, { action: "read", path });
  } finally {
    await file.close();
  }
}

/**
 * Reads a whole backup and compares every file with the manifest. `onFile` gets each file and must consume its body
 * (it is hashed on the way); nothing it did counts before this function resolves.
 * @throws UserError ARCHIVE_CORRUPT, ARCHIVE_REFUSED, ARCHIVE_NEWER, NOT_A_BACKUP, PASSPHRASE_NEEDED, PASSPHRASE_WRONG
 */
export async function readBackup(options: {
  path: string;
  passphrase?: Secret;
  signal: AbortSignal;
  onEntry?: (entry: ReadEntry) => Promise<void>;
}): Promise<VerifiedBackup> {
  const { path, onEntry } = options;
  const encrypted = await isEncryptedFile(path);
  const found = new Map<string, { size: number; sha256: string }>();
  let manifest: BackupManifest | null = null;
  let isFirst = true;
  let totalBytes = 0;
  await guarded(path, async () => {
    for await (const entry of entriesOf(options, encrypted)) {
      options.signal.throwIfAborted();
      if (entry.name !== archiveRoot && !entry.name.startsWith(`${archiveRoot}/`)) throw notABackup(path);
      if (manifest !== null) throw damaged(`${entry.name} follows the manifest`);
      if (entry.kind === "directory") {
        await onEntry?.(entry);
        continue;
      }
      if (isFirst && entry.name !== infoName) throw notABackup(path);
      if (isFirst) parseInfo(await textOf(entry));
      else if (entry.name === manifestName) manifest = parseManifest(await textOf(entry));
      else {
        const hash = createHash("sha256");
        const hashed: ReadEntry = { ...entry, body: teeHash(entry.body, hash) };
        if (onEntry) await onEntry(hashed);
        else for await (const _ of hashed.body);
        found.set(entry.name, { size: entry.size, sha256: hash.digest("hex") });
        totalBytes += entry.size;
      }
      isFirst = false;
    }
  });
  if (manifest === null) throw isFirst ? notABackup(path) : damaged("its manifest is missing");
  compare(manifest, found);
  return { manifest, encrypted, totalBytes };
}

/** The first entry of a backup only. @throws as {@link readBackup} */
export async function readInfo(options: { path: string; passphrase?: Secret }): Promise<BackupInfo> {
  const encrypted = await isEncryptedFile(options.path);
  let info: BackupInfo | null = null;
  await guarded(options.path, async () => {
    for await (const entry of entriesOf(options, encrypted)) {
      if (entry.kind === "directory" && entry.name === archiveRoot) continue;
      if (entry.name !== infoName) throw notABackup(options.path);
      info = parseInfo(await textOf(entry));
      return;
    }
  });
  if (info === null) throw notABackup(options.path);
  return info;
}

async function* entriesOf(
  { path, passphrase }: { path: string; passphrase?: Secret },
  encrypted: boolean,
): AsyncGenerator<ReadEntry> {
  if (encrypted && !passphrase) {
    throw new UserError("PASSPHRASE_NEEDED", `${path} is encrypted`, {
      hint: "give the passphrase in OPENCLAW_BACKUP_PASSPHRASE or on standard input",
    });
  }
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const plain: AsyncIterable<Uint8Array> = encrypted && passphrase ? decrypt(file, passphrase) : file;
  const gunzip = createGunzip();
  // Errors of every stage come out of the last one, which the loop below reads.
  pipeline(plain, gunzip, () => undefined);
  try {
    yield* readTar(gunzip);
  } finally {
    gunzip.destroy();
    file.destroy();
  }
}

async function guarded(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OpenClawError) throw error;
    const code = codeOf(error) ?? "";
    if (code.startsWith("Z_"))
      throw code === "Z_DATA_ERROR" ? notGzip(path, error) : damaged("it ends early", error);
    throw storageError(error, { action: "read", path });
  }
}

async function* teeHash(
  body: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}

async function textOf(entry: ReadEntry): Promise<string> {
  if (entry.size > largestManifestBytes) throw damaged(`${entry.name} is too large`);
  const parts: Uint8Array[] = [];
  for await (const piece of entry.body) parts.push(piece);
  return Buffer.concat(parts).toString("utf8");
}

function compare(manifest: BackupManifest, found: Map<string, { size: number; sha256: string }>): void {
  for (const { path, size, sha256 } of manifest.files) {
    const actual = found.get(path);
    if (!actual) throw damaged(`${path} is missing`);
    if (actual.size !== size || actual.sha256 !== sha256)
      throw damaged(`${path} is not what the manifest says`);
    found.delete(path);
  }
  const [extra] = found.keys();
  if (extra !== undefined) throw damaged(`${extra} is not in the manifest`);
}

function notABackup(path: string): UserError {
  return new UserError("NOT_A_BACKUP", `${path} was not made by \`openclaw backup create\``, {
    hint: `if it was made by \`tar -C "$HOME" -czf FILE .openclaw\`, unpack it the same way: tar -C "$HOME" -xzf FILE`,
  });
}

const notGzip = (path: string, cause: unknown): UserError =>
  new UserError("ARCHIVE_CORRUPT", `the archive is damaged: ${path} cannot be unpacked`, {
    hint: "use another backup: openclaw backup list",
    cause,
  });

function damaged(what: string, cause?: unknown): UserError {
  return new UserError("ARCHIVE_CORRUPT", `the archive is damaged: ${what}`, {
    hint: "use another backup: openclaw backup list",
    ...(cause === undefined ? {} : { cause }),
  });
}
