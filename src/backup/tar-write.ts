import { UserError } from "../core/errors.ts";

/** One entry to write. `body` must give exactly `size` bytes. */
export interface TarEntry {
  /** Relative, `/` between segments, no trailing slash. */
  name: string;
  kind: "file" | "directory";
  /** Permission bits. */
  mode: number;
  /** Epoch milliseconds. */
  mtimeMs: number;
  size: number;
  body?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export const blockBytes = 512;
const largestOctalSize = 0o77777777777;

/**
 * Writes entries as a POSIX tar stream (ustar; pax records for names and sizes that ustar cannot hold), which every
 * tar reads. Source: POSIX.1-2017, pax, "ustar Interchange Format".
 * @throws UserError BACKUP_CHANGED when a body is shorter or longer than its size.
 */
export async function* writeTar(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerOf(entry);
    if (entry.kind === "directory") continue;
    let written = 0;
    for await (const part of entry.body ?? []) {
      written += part.length;
      if (written > entry.size) break;
      yield part;
    }
    if (written !== entry.size) {
      throw new UserError("BACKUP_CHANGED", `${entry.name} changed its size while it was being copied`, {
        hint: "run the same command again",
        retryable: true,
      });
    }
    yield padding(entry.size);
  }
  yield Buffer.alloc(2 * blockBytes);
}

/** Zeros up to the next whole block. */
const padding = (size: number): Uint8Array => Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);

function headerOf(entry: TarEntry): Buffer {
  const name = entry.kind === "directory" ? `${entry.name}/` : entry.name;
  const size = entry.kind === "directory" ? 0 : entry.size;
  const isPlain = /^[\x20-\x7e]{1,100}$/.test(name);
  const records: Array<[string, string]> = [];
  if (!isPlain) records.push(["path", name]);
  if (size > largestOctalSize) records.push(["size", String(size)]);
  const fields = {
    // Readers without pax see a harmless name; all others take the record.
    name: isPlain
      ? name
      : name
          .replace(/[^\x20-\x7e]/g, "_")
          .slice(-100)
          .replace(/^\/+/, ""),
    mode: entry.mode & 0o7777,
    mtime: Math.max(0, Math.floor(entry.mtimeMs / 1000)),
    size: Math.min(size, largestOctalSize),
    type: entry.kind === "directory" ? "5" : "0",
  };
  if (records.length === 0) return block(fields);
  const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(""), "utf8");
  return Buffer.concat([
    block({ name: "pax-header", mode: 0o600, mtime: fields.mtime, size: body.length, type: "x" }),
    body,
    padding(body.length),
    block(fields),
  ]);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function block(fields: { name: string; mode: number; mtime: number; size: number; type: string }): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(fields.name, 0, 100, "latin1");
  header.write(octal(fields.mode, 7), 100, "latin1");
  // Owner 0:0: whoever unpacks it owns it.
  header.write(octal(0, 7), 108, "latin1");
  header.write(octal(0, 7), 116, "latin1");
  header.write(octal(fields.size, 11), 124, "latin1");
  header.write(octal(fields.mtime, 11), 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(fields.type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
