import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  checkStateDir,
  ensureWorkspace,
  mergeEnv,
  openJsonFile,
  prepareStateDir,
  readDotenv,
  resolvePaths,
  writeFileAtomic,
  writeFileAtomicAsync,
} from "./index.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "oc-state-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});
const modeOf = (path: string) => statSync(path).mode & 0o777;
const pathsIn = (stateDir: string) => resolvePaths({ env: { OPENCLAW_STATE_DIR: stateDir }, home: dir });

describe.each([
  ["sync", async (path: string, data: string) => writeFileAtomic(path, data)],
  ["async", writeFileAtomicAsync],
])("atomic write, %s", (_, write) => {
  test("makes directories 0700 and files 0600, and leaves no temporary file", async () => {
    const path = join(dir, "a/b/c.json");
    await write(path, "one");
    chmodSync(path, 0o644);
    await write(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(modeOf(path)).toBe(0o600);
    expect(modeOf(join(dir, "a/b"))).toBe(0o700);
    expect(readdirSync(join(dir, "a/b"))).toEqual(["c.json"]);
  });

  test("writes through a symbolic link", async () => {
    writeFileSync(join(dir, "real"), "old");
    symlinkSync("real", join(dir, "link"));
    await write(join(dir, "link"), "new");
    expect(lstatSync(join(dir, "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, "real"), "utf8")).toBe("new");
  });

  test("refuses a directory in its place", async () => {
    mkdirSync(join(dir, "d"));
    await expect(write(join(dir, "d"), "x")).rejects.toMatchObject({ code: "STORAGE_DENIED" });
  });
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;
describe("a full disk", () => {
  test.skipIf(!canMount)("leaves the old file whole (needs root for a small tmpfs)", (context) => {
    const mount = join(dir, "small");
    mkdirSync(mount);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], { stdio: "pipe" });
    } catch {
      return context.skip("mount is not allowed here");
    }
    try {
      const path = join(mount, "openclaw.json");
      writeFileAtomic(path, "old content");
      expect(() => writeFileAtomic(path, "x".repeat(200_000))).toThrow(/no space left/);
      expect(readFileSync(path, "utf8")).toBe("old content");
      expect(readdirSync(mount)).toEqual(["openclaw.json"]);
    } finally {
      execFileSync("umount", [mount]);
    }
  });
});

describe("json file", () => {
  const open = () =>
    openJsonFile<{ n: number }>({
      path: join(dir, "doc.json"),
      empty: () => ({ n: 0 }),
      parse: (value) => {
        if (typeof (value as { n?: unknown }).n !== "number") throw new Error("n is not a number");
        return value as { n: number };
      },
    });

  test("reads, updates, and starts empty", () => {
    expect(open().read()).toEqual({ n: 0 });
    expect(open().update(({ n }) => ({ n: n + 1 }))).toEqual({ n: 1 });
    expect(open().read()).toEqual({ n: 1 });
  });

  test.each(["", "{", '{"n":"1"}', "null"])("content %j is named with the way out", (text) => {
    writeFileSync(join(dir, "doc.json"), text);
    expect(() => open().read()).toThrow(/doc\.json cannot be understood/);
    expect(() => open().update((value) => value)).toThrow(/doc\.json/);
    expect(readFileSync(join(dir, "doc.json"), "utf8")).toBe(text);
  });
});

describe("dotenv", () => {
  test("process environment wins, also when it is empty", () => {
    writeFileSync(join(dir, ".env"), "# c\nA=1\nexport B=\"two words\"\nC='$x'\nD=file\n");
    const file = readDotenv(join(dir, ".env"));
    expect(file).toEqual({ A: "1", B: "two words", C: "$x", D: "file" });
    expect(mergeEnv({ D: "proc", A: "" }, file)).toMatchObject({ A: "", B: "two words", D: "proc" });
    expect(readDotenv(join(dir, "missing"))).toEqual({});
  });
});

describe("state directory", () => {
  test("is made private, with agents/default as a link to main", () => {
    const paths = pathsIn(join(dir, "s"));
    expect(prepareStateDir(paths)).toEqual({ created: true });
    expect(modeOf(paths.stateDir)).toBe(0o700);
    expect(readlinkSync(join(paths.agentsDir, "default"))).toBe("main");
    expect(prepareStateDir(paths)).toEqual({ created: false });
  });

  test("a real agents/default is left alone", () => {
    const paths = pathsIn(join(dir, "s"));
    mkdirSync(join(paths.agentsDir, "default"), { recursive: true });
    chmodSync(paths.stateDir, 0o700);
    prepareStateDir(paths);
    expect(lstatSync(join(paths.agentsDir, "default")).isDirectory()).toBe(true);
  });

  test.each([0o770, 0o707, 0o777])("mode %o is refused with the command that mends it", (mode) => {
    const path = join(dir, "s");
    mkdirSync(path);
    chmodSync(path, mode);
    expect(() => checkStateDir(path)).toThrow(
      expect.objectContaining({ code: "STATE_INSECURE", hint: `chmod 700 ${path}` }) as Error,
    );
  });

  test("a file in its place, or a place that cannot be, is explained", () => {
    writeFileSync(join(dir, "f"), "");
    expect(() => prepareStateDir(pathsIn(join(dir, "f")))).toThrow(
      expect.objectContaining({ code: "STORAGE_DENIED" }) as Error,
    );
    expect(() => prepareStateDir(pathsIn("/proc/nope"))).toThrow(/\/proc\/nope/);
  });
});

describe("workspace", () => {
  test("makes what is missing and never touches what is there", () => {
    const workspace = join(dir, "w");
    mkdirSync(workspace);
    writeFileSync(join(workspace, "SOUL.md"), "mine");
    writeFileSync(join(workspace, "USER.md"), "");
    const { created } = ensureWorkspace(workspace);
    expect(created).toEqual(expect.arrayContaining(["AGENTS.md", "MEMORY.md", "skills/", "memory/"]));
    expect(created).not.toContain("SOUL.md");
    expect(readFileSync(join(workspace, "SOUL.md"), "utf8")).toBe("mine");
    expect(readFileSync(join(workspace, "USER.md"), "utf8")).toBe("");
    expect(ensureWorkspace(workspace).created).toEqual([]);
  });

  test("a dangling link is not written through", () => {
    const workspace = join(dir, "w");
    mkdirSync(workspace);
    symlinkSync(join(dir, "outside"), join(workspace, "AGENTS.md"));
    ensureWorkspace(workspace);
    expect(existsSync(join(dir, "outside"))).toBe(false);
  });
});
