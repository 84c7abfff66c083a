// The formats: what is written is read back, also by the system's tar; what was tampered with or made by others is refused.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Secret } from "../core/secret.ts";
import { decrypt, encrypt } from "./encryption.ts";
import { readTar } from "./tar-read.ts";
import { writeTar, type TarEntry } from "./tar-write.ts";

const folder = mkdtempSync(join(tmpdir(), "openclaw-archive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const file = (name: string, text: string): TarEntry => ({
  name,
  kind: "file",
  mode: 0o640,
  mtimeMs: 1_700_000_000_000,
  size: Buffer.byteLength(text),
  body: [Buffer.from(text)],
});

async function readAll(bytes: Buffer, pieceBytes = 997): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of readTar(pieces(bytes, pieceBytes)))
    if (entry.kind === "file") found[entry.name] = (await collect(entry.body)).toString();
  return found;
}

const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll(/[\u0000-\u001f\u007f/\\:]/g, "x"))
  .filter((text) => text !== "." && text !== ".." && text.isWellFormed() && Buffer.byteLength(text) <= 255);
const names = fc
  .uniqueArray(
    fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `d/${parts.join("/")}`),
    {
      maxLength: 8,
      selector: (name) => name.toLowerCase(),
    },
  )
  .filter((list) => list.every((name) => !name.endsWith("/")));

describe("tar", () => {
  it("gives back every name and content, however the stream is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.string({ maxLength: 2000 }),
        fc.integer({ min: 1, max: 3000 }),
        async (list, text, size) => {
          const bytes = await collect(writeTar(list.map((name) => file(name, text))));
          expect(await readAll(bytes, size)).toEqual(Object.fromEntries(list.map((name) => [name, text])));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is unpacked by the system's tar, long and foreign names too", async () => {
    const long = `${"very-long-folder/".repeat(12)}ünïcode 🙂.txt`;
    const bytes = await collect(writeTar([file("plain.txt", "one"), file(long, "two")]));
    writeFileSync(join(folder, "a.tar"), bytes);
    mkdirSync(join(folder, "out"));
    const tar = spawnSync("tar", ["-C", join(folder, "out"), "-xf", join(folder, "a.tar")], {
      encoding: "utf8",
    });
    expect(tar.stderr).toBe("");
    expect(readFileSync(join(folder, "out", long), "utf8")).toBe("two");
  });

  it.each([
    ["a link", ["ln", "-s", "/etc/passwd", "x"]],
    ["a link", ["sh", "-c", "echo a > a; ln a x"]],
    ["a device", ["mkfifo", "x"]],
  ])("refuses %s", async (word, [command = "", ...args]) => {
    const place = mkdtempSync(join(folder, "bad-"));
    spawnSync(command, args, { cwd: place });
    const tar = spawnSync("tar", ["--format=ustar", "-cf", "-", "."], { cwd: place });
    const listed = spawnSync(
      "tar",
      ["--format=ustar", "-cf", "-", ...(word === "a link" && args[0] === "-c" ? ["a", "x"] : ["x"])],
      { cwd: place },
    );
    await expect(readAll(listed.stdout)).rejects.toMatchObject({
      code: "ARCHIVE_REFUSED",
      message: expect.stringContaining(word) as string,
    });
    // `.` as a name is refused as well.
    await expect(readAll(tar.stdout)).rejects.toMatchObject({ code: "ARCHIVE_REFUSED" });
  });

  it.each(["../up", "a/../b", "/etc/x", "a//b", "./a", "C:x", "a\\b", "a\u0007b", "n".repeat(256)])(
    "refuses the name %j",
    async (name) => {
      await expect(readAll(await collect(writeTar([file(name, "x")])))).rejects.toMatchObject({
        code: "ARCHIVE_REFUSED",
      });
    },
  );

  it("refuses a name that comes twice, and more than the limits", async () => {
    await expect(readAll(await collect(writeTar([file("a", "1"), file("a", "2")])))).rejects.toMatchObject({
      code: "ARCHIVE_REFUSED",
    });
    const bytes = await collect(writeTar([file("a", "1234"), file("b", "5678")]));
    const limits = { maxEntries: 10, maxEntryBytes: 10, maxTotalBytes: 7 };
    const read = async () => {
      for await (const _ of readTar(pieces(bytes, 512), limits));
    };
    await expect(read()).rejects.toMatchObject({ code: "ARCHIVE_REFUSED" });
  });

  it("notices any cut and any flipped header byte", async () => {
    const bytes = await collect(writeTar([file("a", "content")]));
    for (const length of [0, 100, 512, 700, 1024, 1500]) {
      await expect(readAll(bytes.subarray(0, length))).rejects.toMatchObject({ code: "ARCHIVE_CORRUPT" });
    }
    for (let at = 0; at < 345; at += 7) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 0x15;
      await expect(readAll(copy)).rejects.toMatchObject({ code: "ARCHIVE_CORRUPT" });
    }
  });

  it("says so when a file is not as long as announced", async () => {
    await expect(collect(writeTar([{ ...file("a", "abc"), size: 5 }]))).rejects.toMatchObject({
      code: "BACKUP_CHANGED",
    });
    await expect(collect(writeTar([{ ...file("a", "abc"), size: 2 }]))).rejects.toMatchObject({
      code: "BACKUP_CHANGED",
    });
  });
});

describe("encryption", () => {
  const passphrase = new Secret("correct horse battery");
  const sizes = [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000];

  it.each(sizes)("gives back %i bytes and shows none of them", async (size) => {
    const plain = Buffer.alloc(size, "secret-text ");
    const closed = await collect(encrypt(pieces(plain, 10_000), passphrase));
    expect(closed.includes("secret-text")).toBe(false);
    expect((await collect(decrypt(pieces(closed, 777), passphrase))).equals(plain)).toBe(true);
  });

  it("does not open with another passphrase", async () => {
    const closed = await collect(encrypt(pieces(Buffer.from("text"), 10), passphrase));
    await expect(
      collect(decrypt(pieces(closed, 100), new Secret("wrong horse battery"))),
    ).rejects.toMatchObject({
      code: "PASSPHRASE_WRONG",
    });
  });

  it("notices a changed byte, a lost chunk, swapped chunks and a cut end", async () => {
    const plain = Buffer.alloc(200_000, 7);
    const closed = await collect(encrypt(pieces(plain, 50_000), passphrase));
    const header = closed.indexOf("\n", closed.indexOf("\n") + 1) + 1;
    const chunk = 64 * 1024 + 16;
    const part = (n: number) => closed.subarray(header + n * chunk, header + (n + 1) * chunk);
    const head = closed.subarray(0, header);
    const flipped = Buffer.from(closed);
    flipped[header + chunk + 5] = (flipped[header + chunk + 5] ?? 0) ^ 1;
    const bad = {
      flipped,
      lost: Buffer.concat([head, part(0), part(2), part(3)]),
      swapped: Buffer.concat([head, part(0), part(2), part(1), part(3)]),
      cut: Buffer.concat([head, part(0), part(1), part(2)]),
      header: Buffer.concat([
        Buffer.from(head.toString("latin1").replace('"p":1', '"p":2'), "latin1"),
        closed.subarray(header),
      ]),
      huge: Buffer.concat([
        Buffer.from(head.toString("latin1").replace('"N":32768', '"N":999999999'), "latin1"),
        closed.subarray(header),
      ]),
    };
    for (const bytes of Object.values(bad)) {
      await expect(collect(decrypt(pieces(bytes, 60_000), passphrase))).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:ARCHIVE_CORRUPT|PASSPHRASE_WRONG)$/) as string,
      });
    }
  });

  it("refuses a short passphrase", async () => {
    await expect(collect(encrypt(pieces(Buffer.from("x"), 1), new Secret("short")))).rejects.toMatchObject({
      code: "PASSPHRASE_WEAK",
    });
  });
});
