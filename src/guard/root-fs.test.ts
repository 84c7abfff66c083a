import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isInside } from "./path-name.ts";
import { openRootFs, type RootFs } from "./root-fs.ts";

let base: string;
let root: string;
let files: RootFs;

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "rootfs-")));
  root = join(base, "ws");
  mkdirSync(join(root, "sub/deep"), { recursive: true });
  mkdirSync(join(base, "out"));
  writeFileSync(join(base, "out/secret"), "secret");
  writeFileSync(join(root, "a.txt"), "hello");
  writeFileSync(join(root, "sub/b.txt"), "bee");
  symlinkSync("sub", join(root, "in-link"));
  symlinkSync("../out", join(root, "out-link"));
  symlinkSync("../out/secret", join(root, "file-link"));
  symlinkSync("../out/nothing", join(root, "dangling"));
  files = await openRootFs(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const text = async (name: string) => Buffer.from((await files.read(name, { length: 100 })).bytes).toString();

describe("names", () => {
  for (const name of [
    "../out/secret",
    "sub/../a.txt",
    "/etc/passwd",
    "~/x",
    "~root",
    "@/x",
    "a\0b",
    "a\nb",
    "C:/x",
    "c:x",
    "\\\\host\\share",
    "a\\b",
    "//host/share",
    "file:a.txt",
    "https://example.org/x",
    "e\u0301.txt",
    "x".repeat(256),
    "\ud800",
    "data:text/plain,x",
  ]) {
    test(`${JSON.stringify(name.slice(0, 30))} is refused by every method`, async () => {
      for (const call of [
        () => files.stat(name),
        () => files.list(name, { limit: 9 }),
        () => files.read(name, { length: 9 }),
        () => files.write(name, "x"),
        () => files.mkdir(name),
        () => files.remove(name),
        () => files.directory(name),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: expect.stringMatching(/^PATH_(INVALID|OUTSIDE_ROOT)$/),
        });
      }
    });
  }
  test("an absolute name inside the root is the same file, a sibling with the same prefix is not", async () => {
    expect(await text(join(root, "a.txt"))).toBe("hello");
    mkdirSync(`${root}-evil`);
    writeFileSync(`${root}-evil/x`, "x");
    await expect(files.read(`${root}-evil/x`, { length: 1 })).rejects.toMatchObject({
      code: "PATH_OUTSIDE_ROOT",
    });
  });
  test("a root configured through a link accepts its own spelling", async () => {
    symlinkSync(root, join(base, "alias"));
    const other = await openRootFs(join(base, "alias"));
    expect((await other.stat(join(base, "alias/a.txt")))?.kind).toBe("file");
    expect(other.display(join(root, "sub/b.txt"))).toBe("sub/b.txt");
  });
});

describe("links", () => {
  test("a link inside the root is followed, one that leads out is not", async () => {
    expect(await text("in-link/b.txt")).toBe("bee");
    for (const name of ["out-link/secret", "file-link", "dangling", "out-link"]) {
      await expect(files.read(name, { length: 9 })).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
      await expect(files.write(name, "x")).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
    }
    await expect(files.write("out-link/new", "x")).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
    expect(readdirSync(join(base, "out"))).toEqual(["secret"]);
    expect(readFileSync(join(base, "out/secret"), "utf8")).toBe("secret");
  });
  test("a file with a second hard link is not written", async () => {
    linkSync(join(base, "out/secret"), join(root, "hard"));
    await expect(files.write("hard", "x")).rejects.toMatchObject({ code: "PATH_HARDLINKED" });
    expect(readFileSync(join(base, "out/secret"), "utf8")).toBe("secret");
  });
  test("a pipe or a device neither blocks nor is read", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    await expect(files.read("pipe", { length: 9 })).rejects.toMatchObject({ code: "PATH_NOT_FILE" });
    await expect(files.write("pipe", "x")).rejects.toMatchObject({ code: "PATH_NOT_FILE" });
  });
  test("denied folders below the root cannot be reached", async () => {
    const home = await openRootFs(base, { denied: [root] });
    await expect(home.read("ws/a.txt", { length: 9 })).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
    await expect(home.write("ws/new/x", "x")).rejects.toMatchObject({ code: "PATH_OUTSIDE_ROOT" });
    expect((await home.list(".", { limit: 9 })).entries.map((entry) => entry.name)).toEqual(["out"]);
  });
});

describe("writes", () => {
  test("new files are 0600 in new folders 0700, replaced ones keep their mode, nothing is left over", async () => {
    expect(await files.write("new/er/f.txt", "one")).toEqual({ created: true, bytes: 3 });
    expect(statSync(join(root, "new/er/f.txt")).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "new")).mode & 0o777).toBe(0o700);
    chmodSync(join(root, "new/er/f.txt"), 0o755);
    expect(await files.write("new/er/f.txt", "two")).toEqual({ created: false, bytes: 3 });
    expect(statSync(join(root, "new/er/f.txt")).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(root, "new/er"))).toEqual(["f.txt"]);
    await expect(files.write("new/er/f.txt", "x", { mustNotExist: true })).rejects.toMatchObject({
      code: "PATH_EXISTS",
    });
  });
  test("ranges, removal and listing", async () => {
    const part = await files.read("a.txt", { offset: 1, length: 3 });
    expect(Buffer.from(part.bytes).toString()).toBe("ell");
    expect(part.size).toBe(5);
    await files.remove("a.txt");
    expect(existsSync(join(root, "a.txt"))).toBe(false);
    await expect(files.read("a.txt", { length: 1 })).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
    expect(await files.list("sub", { limit: 1 })).toEqual({
      entries: [{ name: "b.txt", kind: "file" }],
      more: true,
    });
    await expect(files.write(".", "x")).rejects.toMatchObject({ code: "PATH_NOT_FILE" });
    await expect(files.write("sub/b.txt/c", "x")).rejects.toMatchObject({ code: "PATH_NOT_DIRECTORY" });
  });
});

test("for generated paths RootFs and the kernel agree on what is inside", async () => {
  const segment = fc.constantFrom(
    "sub",
    "deep",
    "in-link",
    "out-link",
    "file-link",
    "a.txt",
    "b.txt",
    ".",
    "..",
    "ws",
    "out",
    "secret",
    "up",
    "self",
    "chain",
  );
  symlinkSync("..", join(root, "sub/up"));
  symlinkSync(".", join(root, "sub/self"));
  symlinkSync("in-link/up/out-link", join(root, "chain"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (segments, absolute) => {
        const name = (absolute ? `${root}/` : "") + segments.join("/");
        let kernel: string | null = null;
        try {
          kernel = realpathSync(absolute ? name : join(root, "/") + name);
        } catch {
          kernel = null;
        }
        let opened: string | null = null;
        try {
          opened = await files
            .directory(name)
            .then((found) => found.path)
            .catch(async () => ((await files.read(name, { length: 1 })) && kernel) ?? "?");
        } catch {
          opened = null;
        }
        if (opened !== null) {
          // Whatever is opened is what the kernel means, and it is inside.
          expect(kernel).toBe(opened);
          expect(isInside(root, opened)).toBe(true);
        } else if (!segments.includes("..")) {
          // What is refused without `..` is missing or outside.
          expect(kernel === null || !isInside(root, kernel)).toBe(true);
        }
      },
    ),
    { numRuns: 400 },
  );
});
