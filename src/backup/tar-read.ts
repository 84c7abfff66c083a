import { UserError } from "../core/errors.ts";
import { createByteReader, type ByteReader } from "./byte-reader.ts";
import { blockBytes } from "./tar-write.ts";

/** One entry as read. `body` is valid until the next entry is asked for; what is not read of it is passed over. */
export interface ReadEntry {
  /** Checked: relative, no dotted or empty segments, no trailing slash. */
  name: string;
  kind: "file" | "directory";
  mode: number;
  mtimeMs: number;
  size: number;
  body: AsyncIterable<Uint8Array>;
}

export interface TarLimits {
  maxEntries: number;
  maxEntryBytes: number;
  maxTotalBytes: number;
}

/** Far above what a state directory holds, far below what fills a machine by surprise. */
const defaultTarLimits: TarLimits = {
  maxEntries: 500_000,
  maxEntryBytes: 32 * 2 ** 30,
  maxTotalBytes: 128 * 2 ** 30,
};

const largestPaxBytes = 64 * 1024;

/**
 * Reads a tar stream of plain files and folders. Whatever else it holds is an error: links, devices, absolute or dotted
 * names, control characters, the same name twice, more than the limits (threats.md 4.10).
 * @throws UserError ARCHIVE_CORRUPT, ARCHIVE_REFUSED
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  limits: TarLimits = defaultTarLimits,
): AsyncGenerator<ReadEntry> {
  const reader = createByteReader(source);
  const seen = new Set<string>();
  let total = 0;
  try {
    for (;;) {
      const next = await nextHeader(reader);
      if (next === null) {
        await drain(reader);
        return;
      }
      const { type, mode, mtimeMs, size } = next;
      const name = checkedName(next.name);
      if (type !== "0" && type !== "5") throw refused(name, `is ${kindWord(type)}`);
      // On Windows and macOS two names that differ in case are one file.
      const identity = process.platform === "linux" ? name : name.toLowerCase();
      if (seen.has(identity)) throw refused(name, "is in the archive twice");
      seen.add(identity);
      total += size;
      if (seen.size > limits.maxEntries) throw refused(name, `is entry number ${seen.size}`);
      if (size > limits.maxEntryBytes || total > limits.maxTotalBytes) throw refused(name, "is too large");
      const body = { left: size };
      yield {
        name,
        kind: type === "5" ? "directory" : "file",
        mode,
        mtimeMs,
        size: type === "5" ? 0 : size,
        body: bodyOf(reader, name, body),
      };
      for await (const _ of bodyOf(reader, name, body));
      const pad = (blockBytes - (size % blockBytes)) % blockBytes;
      if ((await reader.take(pad)).length !== pad) throw corrupt(`it ends inside ${name}`);
    }
  } finally {
    await reader.close();
  }
}

async function* bodyOf(
  reader: ByteReader,
  name: string,
  state: { left: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of reader.pieces(state.left)) {
    state.left -= piece.length;
    yield piece;
  }
  if (state.left > 0) throw corrupt(`it ends inside ${name}`);
}

/** Reads on to the end, so that a damaged tail (checksum of gzip, tag of the encryption) is noticed. */
async function drain(reader: ByteReader): Promise<void> {
  for await (const piece of reader.pieces(Number.MAX_SAFE_INTEGER)) {
    if (piece.some((byte) => byte !== 0)) throw corrupt("something follows its end");
  }
}

interface Header {
  name: string;
  mode: number;
  mtimeMs: number;
  size: number;
  type: string;
}

async function nextHeader(reader: ByteReader): Promise<Header | null> {
  const pax: Record<string, string> = {};
  for (;;) {
    const block = await reader.take(blockBytes);
    if (block.length < blockBytes) throw corrupt("it ends early");
    if (block.every((byte) => byte === 0)) return null;
    const header = parseHeader(block);
    if (header.type !== "x") {
      const size = pax["size"] === undefined ? header.size : Number(pax["size"]);
      if (!Number.isSafeInteger(size) || size < 0) throw corrupt("it holds an impossible size");
      if (header.type === "5" && size > 0) throw corrupt("it holds a folder with content");
      return { ...header, name: pax["path"] ?? header.name, size };
    }
    if (header.size > largestPaxBytes) throw corrupt("it holds an oversized pax header");
    const body = await reader.take(header.size);
    if (body.length < header.size) throw corrupt("it ends early");
    await reader.take((blockBytes - (header.size % blockBytes)) % blockBytes);
    Object.assign(pax, parsePax(body));
  }
}

function parseHeader(block: Buffer): Header {
  const text = (from: number, length: number) => {
    const field = block.toString("utf8", from, from + length);
    const end = field.indexOf("\0");
    return end < 0 ? field : field.slice(0, end);
  };
  const octal = (from: number, length: number): number => {
    const digits = text(from, length).trim();
    if (digits !== "" && !/^[0-7]+$/.test(digits)) throw corrupt("a header holds no octal number");
    return digits === "" ? 0 : Number.parseInt(digits, 8);
  };
  const stored = octal(148, 8);
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  if (sum !== stored || !text(257, 6).startsWith("ustar")) throw corrupt("a header is damaged");
  const prefix = text(345, 155);
  const type = text(156, 1) || "0";
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    mode: octal(100, 8) & 0o777,
    mtimeMs: octal(136, 12) * 1000,
    size: octal(124, 12),
    type,
  };
}

function parsePax(body: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(body.toString("latin1", at, space));
    if (!Number.isSafeInteger(length) || length < 5 || at + length > body.length || space - at > 6)
      throw corrupt("a pax header is damaged");
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (equals < 0) throw corrupt("a pax header is damaged");
    const key = record.slice(0, equals);
    if (key === "path" || key === "size") records[key] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

/** @throws UserError ARCHIVE_REFUSED */
function checkedName(raw: string): string {
  const name = raw.replace(/\/$/, "");
  const segments = name.split("/");
  const isSafe =
    name.length <= 4096 &&
    name.isWellFormed() &&
    !/[\u0000-\u001f\u007f\\]/.test(name) &&
    !/^[a-zA-Z]:/.test(name) &&
    segments.every(
      (segment) => segment !== "" && segment !== "." && segment !== ".." && Buffer.byteLength(segment) <= 255,
    );
  if (!isSafe) throw refused(raw, "is not a plain relative name");
  return name;
}

const kindWord = (type: string): string =>
  type === "1" || type === "2"
    ? "a link"
    : /^[346]$/.test(type)
      ? "a device"
      : `of the unknown type ${JSON.stringify(type)}`;

function corrupt(what: string): UserError {
  return new UserError("ARCHIVE_CORRUPT", `the archive is damaged: ${what}`, {
    hint: "use another backup: openclaw backup list",
  });
}

function refused(name: string, what: string): UserError {
  return new UserError(
    "ARCHIVE_REFUSED",
    `the archive is refused: ${JSON.stringify(name.slice(0, 200))} ${what}`,
    { hint: "only archives made by `openclaw backup create` can be restored this way" },
  );
}
