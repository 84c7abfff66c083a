import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { searchPath } from "../guard/index.ts";
import { analyseCommand, renderCommands } from "./analyse.ts";
import { entriesFor, isAllowlisted, type AllowlistEntry } from "./allowlist.ts";
import { carrierReason } from "./carriers.ts";
import { makePlan } from "./plan.ts";
import { isSafeUse } from "./safe-bins.ts";
import { decideExec, defaultExecSettings, stricter } from "./settings.ts";

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "policy-")));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const analyse = (text: string, folders = searchPath()) => analyseCommand(text, { folders, writable: [dir] });

describe("carriers", () => {
  for (const [argv, path] of [
    [["python3", "x.py"], "/usr/bin/python3.12"],
    [["sh"], "/usr/bin/dash"],
    [["x"], "/bin/busybox"],
    [["env", "ls"], "/usr/bin/env"],
    [["git", "status"], "/usr/bin/git"],
    [["timeout", "1", "ls"], "/usr/bin/timeout"],
    [["find", "."], "/usr/bin/find"],
    [["wrapper", "/bin/sh"], "/usr/bin/wrapper"],
    [["rg", "--pre=cat", "x"], "/usr/bin/rg"],
    [["sort", "--compress-program=sh"], "/usr/bin/sort"],
    [["thing", "--exec", "x"], "/usr/bin/thing"],
    [["node22"], "/usr/bin/node22"],
    [["x"], "/lib/ld-linux-x86-64.so.2"],
    [["gcc-13", "a.c"], "/usr/bin/gcc-13"],
  ] as const) {
    test(`${argv.join(" ")} at ${path} is opaque`, () => expect(carrierReason(argv, [path])).not.toBeNull());
  }
  for (const [argv, path] of [
    [["ls", "-la", "src/node.ts"], "/usr/bin/ls"],
    [["wc", "-c", "find.md"], "/usr/bin/wc"],
    [["grep", "-e", "x"], "/usr/bin/grep"],
  ] as const) {
    test(`${argv.join(" ")} is not`, () => expect(carrierReason(argv, [path])).toBeNull());
  }
});

describe("safe filters", () => {
  const bins = ["head", "wc", "tr", "cut", "uniq", "sort", "cat"];
  const safe = (text: string) => isSafeUse(text.split(" "), `/usr/bin/${text.split(" ")[0]}`, bins);
  for (const text of [
    "wc -l",
    "head -n 5",
    "head -5",
    "tr -d x",
    "tr a b",
    "cut -d , -f 1",
    "cut -d, -f1",
    "cat",
  ])
    test(text, () => expect(safe(text)).toBe(true));
  for (const text of [
    "wc --files0-from=x",
    "head file",
    "head -n",
    "tr a b c",
    "cut -f 1 x",
    "uniq in out",
    "sort -o x",
    "cat /etc/passwd",
    "wc -l x",
    "tail -5",
    "head -n 5 x",
  ]) {
    test(`not ${text}`, () => expect(safe(text)).toBe(false));
  }
  test("only from a system folder", () =>
    expect(isSafeUse(["wc", "-l"], "/home/u/bin/wc", bins)).toBe(false));
});

test("the table of decisions", () => {
  const at = (security: string, ask: string, requireApproval: boolean, listed: boolean) =>
    decideExec(
      { ...defaultExecSettings, security: security as "deny", ask: ask as "off", requireApproval },
      listed,
    );
  expect([
    at("deny", "off", false, true),
    at("deny", "always", true, true),
    at("whatever", "off", false, true),
  ]).toEqual(["deny", "deny", "deny"]);
  expect([
    at("full", "off", false, false),
    at("full", "on-miss", false, false),
    at("full", "always", false, false),
    at("full", "off", true, true),
  ]).toEqual(["allow", "allow", "ask", "ask"]);
  expect([
    at("allowlist", "off", false, true),
    at("allowlist", "off", false, false),
    at("allowlist", "on-miss", false, true),
    at("allowlist", "on-miss", false, false),
  ]).toEqual(["allow", "deny", "allow", "ask"]);
  expect([
    at("allowlist", "always", false, true),
    at("allowlist", "odd", false, false),
    at("allowlist", "off", true, true),
  ]).toEqual(["ask", "deny", "ask"]);
  expect(stricter(defaultExecSettings, { security: "full", ask: "off", askFallback: "full" })).toMatchObject({
    security: "allowlist",
    ask: "on-miss",
    askFallback: "deny",
  });
  expect(stricter(defaultExecSettings, { security: "nonsense", ask: "nonsense" })).toMatchObject({
    security: "deny",
    ask: "always",
  });
});

describe("allowlist", () => {
  const allowed = async (text: string, entries: AllowlistEntry[], cwd = dir) =>
    isAllowlisted(await analyse(text), { entries, cwd, safeBins: [] });
  test("always-allow stores these arguments in this folder and nothing wider", async () => {
    const entries = entriesFor(await analyse("ls -la src"), dir);
    expect(entries).toEqual([{ pattern: realpathSync("/bin/ls"), argv: ["-la", "src"], cwd: dir }]);
    expect(await allowed("ls -la src", entries)).toBe(true);
    expect(await allowed("ls '-la' \"src\"", entries, join(dir, "sub"))).toBe(true);
    expect(await allowed("ls -la", entries)).toBe(false);
    expect(await allowed("ls -la src /etc", entries)).toBe(false);
    expect(await allowed("ls -la src", entries, "/")).toBe(false);
    expect(await allowed("ls -la src; ls /", entries)).toBe(false);
    expect(await allowed("ls -la src > x", entries)).toBe(false);
  });
  test("every part of a line must be allowed; entries by hand may leave arguments open", async () => {
    expect(await allowed("ls | wc -l", [{ pattern: "/bin/ls" }])).toBe(false);
    expect(await allowed("ls /x | wc -l", [{ pattern: "/bin/ls" }, { pattern: "/usr/bin/*" }])).toBe(true);
    expect(await allowed("ls", [{ pattern: "ls" }, { pattern: "**" }])).toBe(false);
    expect(await allowed("ls", [{ pattern: "/**" }])).toBe(true);
  });
  test("carriers and programs the agent can write are never matched, whatever the entry says", async () => {
    expect(await allowed("sh -c ls", [{ pattern: "/**" }])).toBe(false);
    expect(entriesFor(await analyse("sh -c ls"), dir)).toEqual([]);
    writeFileSync(join(dir, "mine"), "#!/bin/sh\n", { mode: 0o755 });
    expect((await analyse(`${dir}/mine`)).opaque).toMatch(/may write/);
    // Reached through a link, or lying in a folder open to all, is the same.
    mkdirSync(`${dir}-bin`);
    symlinkSync(join(dir, "mine"), `${dir}-bin/tool`);
    expect((await analyse("tool", [`${dir}-bin`])).opaque).toMatch(/may write/);
    rmSync(`${dir}-bin`, { recursive: true });
  });
});

test("what is rendered for a shell names every program absolutely", async () => {
  const analysis = await analyse("ls 'a b' | wc -l && true");
  expect(renderCommands(analysis.commands)).toMatch(
    /^'\/[a-z/]*ls' 'a b' \| '\/[a-z/]*wc' '-l' && '\/[a-z/]*true'$/,
  );
});

describe("plan", () => {
  const plan = async (text: string, change: Partial<Parameters<typeof makePlan>[0]> = {}) =>
    makePlan({
      analysis: await analyse(text),
      cwd: { path: dir, identity: "1:2" },
      env: { PATH: "/bin" },
      stdin: null,
      pty: false,
      host: "gateway",
      requester: { principalId: "p", agentId: "main", sessionKey: "agent:main:main" },
      ...change,
    });
  test("changes with everything that matters and with nothing else", async () => {
    writeFileSync(join(dir, "s.sh"), "echo 1");
    const text = "sh s.sh a";
    const first = (await plan(text)).digest;
    expect((await plan(text)).digest).toBe(first);
    const others = [
      plan("sh s.sh b"),
      plan(text, { cwd: { path: dir, identity: "1:3" } }),
      plan(text, { env: { PATH: "/bin", X: "1" } }),
      plan(text, { stdin: "" }),
      plan(text, { pty: true }),
      plan(text, { host: "other" }),
      plan(text, { requester: { principalId: "q", agentId: "main", sessionKey: "agent:main:main" } }),
    ];
    const digests = (await Promise.all(others)).map((other) => other.digest);
    expect(new Set([first, ...digests]).size).toBe(8);
    writeFileSync(join(dir, "s.sh"), "echo 2");
    const second = (await plan(text)).digest;
    expect(second).not.toBe(first);
    chmodSync(join(dir, "s.sh"), 0o700);
    expect((await plan(text)).digest).not.toBe(second);
  });
  test("a single understood command needs no shell, a line gets one, other text is the shell's", async () => {
    expect(await plan("ls -la")).toMatchObject({ argv0: "ls", args: ["-la"] });
    expect((await plan("ls | wc")).args[1]).toMatch(/^'\//);
    expect(await plan("ls $HOME")).toMatchObject({ args: ["-c", "ls $HOME"] });
  });
});
