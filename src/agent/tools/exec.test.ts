import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createToolBench, type ToolBench } from "../../../test/support/tool-bench.ts";

let bench: ToolBench;
beforeEach(async () => {
  bench = await createToolBench();
});
afterEach(() => bench.stop());
const exists = (name: string) => existsSync(join(bench.workspaceDir, name));
const full = () => void (bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off" });

describe("approval", () => {
  test("a fresh install asks, shows the whole command, and runs it once when allowed", async () => {
    const operator = bench.decide("allow-once");
    const first = await bench.call("exec", { command: "echo hi > out.txt && cat out.txt" });
    expect(first).toMatchObject({ text: "hi", isError: false });
    await bench.call("exec", { command: "echo hi > out.txt && cat out.txt" });
    expect(operator.shown).toEqual(Array(2).fill("echo hi > out.txt && cat out.txt"));
  });
  test("refused and unanswered commands do not run", async () => {
    bench.decide("deny");
    expect(await bench.call("exec", { command: "touch x" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("refused"),
    });
    const other = await createToolBench();
    other.settings.exec = { ...other.settings.exec, approvalTimeoutMs: 50 };
    expect(await other.call("exec", { command: `touch ${bench.workspaceDir}/x` })).toMatchObject({
      isError: true,
      text: expect.stringContaining("Nobody approved"),
    });
    await other.stop();
    expect(exists("x")).toBe(false);
  });
  test("always allow holds for the same arguments only, and never for what only a shell understands", async () => {
    const operator = bench.decide("allow-always");
    await bench.call("exec", { command: "touch a" });
    await bench.call("exec", { command: "touch 'a'" });
    expect(operator.shown).toEqual(["touch a"]);
    await bench.call("exec", { command: "touch a b" });
    await bench.call("exec", { command: "touch $X c" });
    await bench.call("exec", { command: "touch $X c" });
    await bench.call("exec", { command: "touch a", stdin: "x" });
    expect(operator.shown).toEqual(["touch a", "touch a b", "touch $X c", "touch $X c", "touch a"]);
  });
  test("what changes between approval and start is not run", async () => {
    writeFileSync(join(bench.workspaceDir, "s.sh"), "touch good");
    const allowing = bench.decide("allow-once");
    const tool = bench.named("exec");
    const where = bench.context();
    const input = tool.input.parse({ command: "sh s.sh" });
    expect(await tool.authorize?.(input, where)).toBeNull();
    writeFileSync(join(bench.workspaceDir, "s.sh"), "touch evil");
    const output = await tool.run(input, where);
    expect(output.isError).toBe(true);
    expect(JSON.stringify(output.content)).toContain("changed");
    expect(exists("evil")).toBe(false);
    // One approval is one use: the same call again is asked about again.
    expect(await tool.authorize?.(input, where)).toBeNull();
    expect((await tool.run(input, where)).isError).toBe(false);
    allowing.stop();
    const operator = bench.decide("deny");
    expect((await tool.run(input, where)).isError).toBe(true);
    expect(operator.shown).toHaveLength(1);
  });
  test("the same call finds its approval again after a crash", async () => {
    const tool = bench.named("exec");
    const abort = new AbortController();
    const input = tool.input.parse({ command: "touch once" });
    const before = tool.authorize?.(input, bench.context({ callId: "c", signal: abort.signal }));
    await vi.waitFor(() => expect(bench.approvals.pending()).toHaveLength(1));
    abort.abort(new Error("crash"));
    await expect(before).rejects.toThrow("crash");
    await bench.approvals.resolve(bench.approvals.pending()[0]?.request.id ?? "", "allow-once", "operator");
    const again = await bench.call("exec", { command: "touch once" }, { callId: "c" });
    expect(again.isError).toBe(false);
    expect(exists("once")).toBe(true);
  });
  test("settings: deny, off, always, a host that is not there, a damaged allowlist", async () => {
    const operator = bench.decide("allow-once");
    const at = async (change: object) => {
      bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off", host: "auto", ...change };
      return (await bench.call("exec", { command: "true" })).isError;
    };
    expect(await at({})).toBe(false);
    expect(await at({ security: "deny" })).toBe(true);
    expect(await at({ security: "allowlist" })).toBe(true);
    expect(await at({ host: "sandbox" })).toBe(true);
    expect(operator.shown).toEqual([]);
    expect(await at({ requireApproval: true })).toBe(false);
    expect(operator.shown).toEqual(["true"]);
    writeFileSync(join(bench.base, "exec-approvals.json"), "{");
    expect(await at({})).toBe(true);
  });
});

describe("running", () => {
  beforeEach(full);
  test("the environment is ours, variables need consent, the folder stays inside", async () => {
    const { text } = await bench.call("exec", { command: "env" });
    expect(text).not.toContain("hidden");
    expect(
      text
        .split("\n")
        .map((line) => line.split("=")[0])
        .sort(),
    ).toEqual(["HOME", "PATH", "TERM"]);
    expect((await bench.call("exec", { command: "env", env: { LD_PRELOAD: "x" } })).isError).toBe(true);
    bench.settings.exec = { ...bench.settings.exec, passEnv: ["ALLOWED"] };
    expect((await bench.call("exec", { command: "env" })).text).toContain("ALLOWED=yes");
    expect((await bench.call("exec", { command: "env", env: { ALLOWED: "no" } })).text).toContain(
      "ALLOWED=no",
    );
    for (const cwd of ["..", "/", "missing"])
      expect((await bench.call("exec", { command: "pwd", cwd })).isError).toBe(true);
  });
  test("exit codes, input, timeouts and aborts", async () => {
    expect(await bench.call("exec", { command: "sh -c 'echo no; exit 3'" })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^no\n\(exit code 3/),
    });
    expect((await bench.call("exec", { command: "cat", stdin: "in" })).text).toBe("in");
    expect((await bench.call("exec", { command: "cat" })).text).toBe("(no output)");
    expect((await bench.call("exec", { command: "sleep 30", timeout: 0.2 })).text).toContain(
      "longer than allowed",
    );
    const abort = new AbortController();
    const running = bench.call("exec", { command: "sleep 30; touch late" }, { signal: abort.signal });
    await vi.waitFor(() => expect(bench.processes.list("agent:main:main")).toHaveLength(1));
    abort.abort(new Error("stop"));
    await expect(running).rejects.toThrow("stop");
    expect(exists("late")).toBe(false);
  });
  test("a long command goes on in the background and is looked after", async () => {
    bench.settings.exec = { ...bench.settings.exec, backgroundMs: 100 };
    const started = await bench.call("exec", { command: "echo one; read x; echo got $x", background: true });
    const id = /proc-[0-9a-f]+/.exec(started.text)?.[0] ?? "";
    expect((await bench.call("process", { action: "list" })).text).toContain(`${id} running`);
    expect((await bench.call("process", { action: "list" }, { sessionKey: "agent:main:other" })).text).toBe(
      "(no processes)",
    );
    expect(
      (await bench.call("process", { action: "kill", id }, { sessionKey: "agent:main:other" })).isError,
    ).toBe(true);
    await bench.call("process", { action: "write", id, data: "two\n" });
    const end = await bench.call("process", { action: "poll", id, wait: 10 });
    expect(end.text).toMatch(/^one\ngot two\n\(proc-\w+ exit code 0/);
    expect((await bench.call("process", { action: "log", id })).text).toContain("1\tone\n2\tgot two");
    const slow = await bench.call("exec", { command: "sleep 60" });
    expect(slow.text).toContain("still running");
    expect(
      (await bench.call("process", { action: "kill", id: /proc-[0-9a-f]+/.exec(slow.text)?.[0] })).text,
    ).toContain("SIGTERM");
  });
  test("a terminal", async () => {
    expect((await bench.call("exec", { command: "test -t 0 && echo terminal", pty: true })).text).toBe(
      "terminal",
    );
  });
});

test("input to a program that needed approval needs approval", async () => {
  const operator = bench.decide("allow-once");
  const started = await bench.call("exec", { command: "sh", background: true });
  const id = /proc-[0-9a-f]+/.exec(started.text)?.[0] ?? "";
  await bench.call("process", { action: "write", id, data: "echo x > written\n" });
  expect(operator.shown[1]).toContain("echo x > written");
  await vi.waitFor(() => expect(readFileSync(join(bench.workspaceDir, "written"), "utf8")).toBe("x\n"));
  operator.stop();
  bench.decide("deny");
  expect((await bench.call("process", { action: "write", id, data: "touch evil\n" })).isError).toBe(true);
  await bench.call("process", { action: "write", id, close: true });
  expect(exists("evil")).toBe(false);
});
