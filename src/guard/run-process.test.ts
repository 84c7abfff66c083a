import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../core/clock.ts";
import { buildChildEnv } from "./child-env.ts";
import { startPty } from "./pty.ts";
import { runProcess, startProcess } from "./run-process.ts";

let dir: string;
const env = buildChildEnv({
  source: {
    HOME: "/nowhere",
    LD_PRELOAD: "/evil.so",
    NODE_OPTIONS: "--evil",
    OPENCLAW_GATEWAY_TOKEN: "t",
    LC_ALL: "C",
  },
});
const sh = (script: string) => ({ file: "/bin/sh", args: ["-c", script], cwd: dir, env });
const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A zombie still answers; it is dead all the same.
    return !/^\S+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "run-")));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("the environment of a child is an allow-list", async () => {
  const run = await runProcess({ file: "/usr/bin/env", args: [], cwd: dir, env }, { clock: systemClock });
  expect(
    run.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0])
      .sort(),
  ).toEqual(["HOME", "LC_ALL", "PATH", "TERM"]);
});

test("extra names need the operator's consent, and PATH is never taken over", () => {
  expect(() => buildChildEnv({ source: {}, values: { GIT_SSH: "x" } })).toThrow(/may not be set/);
  expect(() => buildChildEnv({ source: {}, allowNames: ["PATH"], values: { Path: "x" } })).toThrow(
    /may not be set/,
  );
  expect(() => buildChildEnv({ source: {}, pathPrepend: ["bin"] })).toThrow(/absolute/);
  const built = buildChildEnv({
    source: { PATH: "/evil", foo: "1" },
    allowNames: ["PATH", "FOO"],
    pathPrepend: ["/opt/x"],
  });
  expect(built["foo"]).toBe("1");
  expect(built["PATH"]?.startsWith("/opt/x:/usr/local/sbin:")).toBe(true);
  expect(built["PATH"]).not.toContain("evil");
});

test("arguments arrive byte for byte and no shell sees them", async () => {
  const args = ["$(id)", "a b", "`x`", "*", "", "\n", "é"];
  const run = await runProcess(
    { file: "/usr/bin/printf", args: ["%s\\0", ...args], cwd: dir, env },
    { clock: systemClock },
  );
  expect(run.stdout.split("\0").slice(0, -1)).toEqual(args);
});

test("standard input is closed, exit codes and signals are told apart", async () => {
  expect(await runProcess(sh("cat; exit 3"), { clock: systemClock })).toMatchObject({
    exitCode: 3,
    signal: null,
    output: "",
  });
  expect(await runProcess(sh("kill -9 $$"), { clock: systemClock })).toMatchObject({
    exitCode: null,
    signal: "SIGKILL",
  });
  expect((await runProcess({ ...sh("cat"), stdin: "hi" }, { clock: systemClock })).stdout).toBe("hi");
});

test("a timeout ends the whole tree, even one that ignores SIGTERM", async () => {
  const run = await runProcess(sh("trap '' TERM; sleep 60 & echo $! > pid; wait; sleep 60"), {
    clock: systemClock,
    timeoutMs: 300,
    killGraceMs: 200,
  });
  expect(run).toMatchObject({ timedOut: true, exitCode: null });
  const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
  await vi.waitFor(() => expect(alive(pid)).toBe(false));
});

test("an abort ends it; output beyond the cap ends it and is cut", async () => {
  const abort = new AbortController();
  const running = await startProcess(sh("echo ready; sleep 60"), {
    clock: systemClock,
    signal: abort.signal,
    onOutput: () => abort.abort(),
  });
  expect(await running.ended).toMatchObject({ aborted: true });
  const flood = await runProcess(sh("yes"), { clock: systemClock, maxOutputBytes: 1000 });
  expect(flood).toMatchObject({ outputLimitHit: true });
  expect(flood.output.length).toBe(1000);
});

test("a grandchild that keeps the pipe open does not hold the result up and does not stay", async () => {
  const run = await runProcess(sh("sleep 60 & echo $!"), { clock: systemClock });
  expect(run.exitCode).toBe(0);
  await vi.waitFor(() => expect(alive(Number(run.stdout))).toBe(false));
});

test("what cannot start says so", async () => {
  await expect(
    runProcess({ file: "sh", args: [], cwd: dir, env }, { clock: systemClock }),
  ).rejects.toMatchObject({ code: "EXEC_INVALID" });
  await expect(
    runProcess({ file: "/no/such", args: [], cwd: dir, env }, { clock: systemClock }),
  ).rejects.toMatchObject({ code: "EXEC_SPAWN_FAILED" });
  writeFileSync(join(dir, "text"), "x");
  await expect(
    runProcess({ file: join(dir, "text"), args: [], cwd: dir, env }, { clock: systemClock }),
  ).rejects.toMatchObject({ code: "EXEC_SPAWN_FAILED" });
});

test("a terminal is a terminal, takes input and can be killed", async () => {
  let output = "";
  const running = await startPty(sh("test -t 0 && echo terminal; read x; echo got $x"), {
    clock: systemClock,
    onOutput: (chunk) => void (output += chunk),
  });
  await vi.waitFor(() => expect(output).toContain("terminal"));
  running.write("hello\r");
  expect(await running.ended).toMatchObject({ exitCode: 0 });
  expect(output).toContain("got hello");
  const sleeper = await startPty(sh("sleep 60"), { clock: systemClock, onOutput: () => undefined });
  sleeper.kill();
  expect((await sleeper.ended).exitCode).toBeNull();
});
