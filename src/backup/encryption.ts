import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { createByteReader } from "./byte-reader.ts";

// The format, also in docs/backup.md: a line "openclaw-backup-v1\n", a line of JSON {"N","r","p","salt"}, then chunks of
// 64 KiB of plaintext, each as AES-256-GCM ciphertext and 16 bytes of tag. The key is scrypt(passphrase, salt), new for
// every file, so the nonce may be a counter: 11 bytes big-endian and one byte that is 1 for the last chunk. The two
// header lines are additional data of every chunk: chunks cannot be dropped, swapped, or moved between files.
const magic = "openclaw-backup-v1\n";
const chunkBytes = 64 * 1024;
const tagBytes = 16;
const cost = { N: 2 ** 15, r: 8, p: 1 };
const longestHeader = 512;

/** Fewest characters of a passphrase; the archive may be attacked at leisure. */
const shortestPassphrase = 8;

/** Whether the first bytes of a file are those of an encrypted backup. */
export function isEncrypted(start: Uint8Array): boolean {
  return Buffer.from(start).subarray(0, magic.length).toString("latin1") === magic;
}

/** @throws UserError PASSPHRASE_WEAK */
export async function* encrypt(
  source: AsyncIterable<Uint8Array>,
  passphrase: Secret,
): AsyncGenerator<Uint8Array> {
  if (passphrase.reveal().length < shortestPassphrase) {
    throw new UserError("PASSPHRASE_WEAK", `the passphrase has fewer than ${shortestPassphrase} characters`, {
      hint: "use a longer one, e.g. four random words",
    });
  }
  const salt = randomBytes(32);
  const header = Buffer.from(`${magic}${JSON.stringify({ ...cost, salt: salt.toString("base64") })}\n`);
  const key = await derive(passphrase, { ...cost, salt });
  yield header;
  const reader = createByteReader(source);
  try {
    let chunk = await reader.take(chunkBytes);
    for (let count = 0; ; count++) {
      const following = await reader.take(chunkBytes);
      const isLast = following.length === 0;
      const cipher = createCipheriv("aes-256-gcm", key, nonce(count, isLast)).setAAD(header);
      yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
      if (isLast) return;
      chunk = following;
    }
  } finally {
    await reader.close();
  }
}

/** Gives out only what was authenticated. @throws UserError PASSPHRASE_WRONG, ARCHIVE_CORRUPT */
export async function* decrypt(
  source: AsyncIterable<Uint8Array>,
  passphrase: Secret,
): AsyncGenerator<Uint8Array> {
  const reader = createByteReader(source);
  try {
    const { header, params } = parseHeader(await readHeader((length) => reader.take(length)));
    const key = await derive(passphrase, params);
    let chunk = await reader.take(chunkBytes + tagBytes);
    for (let count = 0; ; count++) {
      const following = await reader.take(chunkBytes + tagBytes);
      const isLast = following.length === 0;
      yield open({ key, header, chunk, count, isLast });
      if (isLast) return;
      chunk = following;
    }
  } finally {
    await reader.close();
  }
}

function open(part: { key: Buffer; header: Buffer; chunk: Buffer; count: number; isLast: boolean }): Buffer {
  const { key, header, chunk, count, isLast } = part;
  if (chunk.length < tagBytes) throw damaged("it ends early");
  const decipher = createDecipheriv("aes-256-gcm", key, nonce(count, isLast)).setAAD(header);
  decipher.setAuthTag(chunk.subarray(chunk.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(chunk.subarray(0, chunk.length - tagBytes)), decipher.final()]);
  } catch (error) {
    if (count > 0) throw damaged("a part of it was changed or is missing", error);
    throw new UserError("PASSPHRASE_WRONG", "the backup does not open with this passphrase", {
      hint: "give the passphrase it was made with in OPENCLAW_BACKUP_PASSPHRASE or on standard input",
      cause: error,
    });
  }
}

function nonce(count: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(count, 5, 6);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

async function readHeader(take: (length: number) => Promise<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let lines = 0; lines < 2;) {
    const byte = await take(1);
    if (byte.length === 0 || parts.length >= longestHeader) throw damaged("its header is not whole");
    if (byte[0] === 0x0a) lines++;
    parts.push(byte);
  }
  return Buffer.concat(parts);
}

interface KeyParams {
  N: number;
  r: number;
  p: number;
  salt: Buffer;
}

function parseHeader(header: Buffer): { header: Buffer; params: KeyParams } {
  let value: Partial<Record<"N" | "r" | "p" | "salt", unknown>>;
  try {
    value = JSON.parse(header.subarray(magic.length).toString("utf8")) as typeof value;
  } catch (error) {
    throw damaged("its header is not JSON", error);
  }
  const { N, r, p, salt } = value;
  // Bounds: the numbers come from the file, and scrypt takes 128·N·r bytes of memory.
  const isWithin = (number: unknown, most: number): number is number =>
    typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= most;
  if (!isWithin(N, 2 ** 17) || !isWithin(r, 8) || !isWithin(p, 4) || typeof salt !== "string")
    throw damaged("its header holds impossible values");
  return { header, params: { N, r, p, salt: Buffer.from(salt, "base64") } };
}

function derive(passphrase: Secret, { N, r, p, salt }: KeyParams): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const text = passphrase.reveal().normalize("NFC");
  try {
    scrypt(text, salt, 32, { N, r, p, maxmem: 128 * N * r * 2 }, (error, key) => {
      if (error) reject(damaged("its key cannot be derived", error));
      else resolve(key);
    });
  } catch (error) {
    reject(damaged("its header holds impossible values", error));
  }
  return promise;
}

function damaged(what: string, cause?: unknown): UserError {
  return new UserError("ARCHIVE_CORRUPT", `the encrypted backup is damaged: ${what}`, {
    hint: "use another backup: openclaw backup list",
    ...(cause === undefined ? {} : { cause }),
  });
}
