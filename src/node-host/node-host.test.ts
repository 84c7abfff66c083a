import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { createExecApprovalsFile, defaultExecSettings, type ExecSettings } from "../sandbox/index.ts";
import type { CommandAnswer, CommandCall, Share } from "./contract.ts";
import { nodeCommands } from "./index.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "openclaw-node-")));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function bench(options: { settings?: Partial<ExecSettings>; shares?: Share[] } = {}) {
  const home = mkdtempSync(join(dir, "home-"));
  const approvals = createExecApprovalsFile({ path: join(home, "exec-approvals.json") });
  const { commands, caps } = nodeCommands({
    clock: systemClock,
    settings: () => ({ ...defaultExecSettings, ...options.settings }),
    approvals,
    environment: { HOME: home, SECRET_TOKEN: "never passed on", LANG: "C" },
    home,
    shares: options.shares ?? [],
    denied: [join(home, "state")],
  });
  const events: string[] = [];
  const call: CommandCall = {
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    report: (event) => void events.push(event),
  };
  const ask = (command: string, params: unknown): Promise<CommandAnswer> =>
    commands[command]?.(params, call) ?? Promise.reject(new Error(`no ${command}`));
  const plan = (answer: CommandAnswer) =>
    (answer.payload as { plan: { planId: string; command: string; onceOnly: string | null } }).plan;
  return { home, ask, plan, commands, caps, events, approvals };
}

describe("system.run", () => {
  it("runs an approved plan once, and not when something changed meanwhile", async () => {
    const { home, ask, plan, events } = bench();
    const script = join(home, "job.sh");
    writeFileSync(script, "#!/bin/sh\necho one\n");
    chmodSync(script, 0o755);
    const offered = await ask("system.run", { command: [script] });
    expect(offered).toMatchObject({ ok: false, error: { code: "APPROVAL_REQUIRED" } });
    const yes = { command: [script], planId: plan(offered).planId, approvalDecision: "allow-once" };
    expect(await ask("system.run", yes)).toMatchObject({
      ok: true,
      payload: { stdout: "one\n", exitCode: 0 },
    });
    expect(await ask("system.run", yes)).toMatchObject({ ok: false, error: { code: "SYSTEM_RUN_DENIED" } });

    const again = plan(await ask("system.run", { command: [script] })).planId;
    writeFileSync(script, "#!/bin/sh\necho other\n");
    const swapped = await ask("system.run", { ...yes, planId: again });
    expect(swapped).toMatchObject({ ok: false, error: { code: "SYSTEM_RUN_DENIED" } });
    const third = plan(await ask("system.run", { command: [script] })).planId;
    const otherWords = await ask("system.run", { ...yes, command: [script, "more"], planId: third });
    expect(otherWords).toMatchObject({ ok: false });
    expect(events).toEqual(["exec.started", "exec.finished", "exec.denied", "exec.denied", "exec.denied"]);
  });

  it("passes no variable on that its owner did not allow, and shows those that were given", async () => {
    const { ask, plan } = bench({ settings: { security: "full", ask: "off", passEnv: ["GREETING"] } });
    const run = await ask("system.run", { command: ["env"], env: { GREETING: "hi" } });
    const { stdout } = (run as { payload: { stdout: string } }).payload;
    expect(stdout).toContain("GREETING=hi");
    expect(stdout).not.toContain("SECRET_TOKEN");
    await expect(ask("system.run", { command: ["env"], env: { LD_PRELOAD: "/x.so" } })).rejects.toThrow(
      /LD_PRELOAD/,
    );
    const asking = bench({ settings: { passEnv: ["GREETING"] } });
    const offered = await asking.ask("system.run", { command: ["env"], env: { GREETING: "hi there" } });
    expect(plan(offered).command).toBe("GREETING='hi there' env");
  });

  it("can be prepared: the plan runs by its id, is this or nothing, and asks once the policy wants that", async () => {
    const settings: Partial<ExecSettings> = { security: "full", ask: "off" };
    const { ask, home, approvals, events } = bench({ settings });
    const prepare = async (command: string[]) => {
      const { payload } = await ask("system.run.prepare", { command });
      return payload as { verdict: string; plan: { planId: string; command: string; cwd: string } };
    };
    const free = await prepare(["echo", "a b"]);
    expect(free).toMatchObject({ verdict: "run", plan: { command: "echo 'a b'", cwd: home } });
    expect(events).toEqual([]);
    const { planId } = free.plan;
    expect(await ask("system.run", { command: ["echo", "a b"], planId })).toMatchObject({ ok: true });
    expect(await ask("system.run", { command: ["echo", "a b"], planId })).toMatchObject({ ok: false });
    const other = await prepare(["echo", "a"]);
    const swapped = await ask("system.run", { command: ["echo", "b"], planId: other.plan.planId });
    expect(swapped).toMatchObject({ ok: false, error: { code: "SYSTEM_RUN_DENIED" } });

    const early = await prepare(["echo", "c"]);
    await approvals.set({ version: 1, defaults: { ask: "always" } }, null);
    const late = { command: ["echo", "c"], planId: early.plan.planId };
    expect(await ask("system.run", late)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("needs approval by now") },
    });
    expect(await prepare(["echo", "c"])).toMatchObject({ verdict: "ask" });
    expect(
      await bench({ settings: { security: "deny" } }).ask("system.run.prepare", { command: ["ls"] }),
    ).toEqual({
      ok: true,
      payload: { verdict: "deny", message: "SYSTEM_RUN_DISABLED: security=deny" },
    });
  });

  it("takes every argument as one word, whatever it looks like", async () => {
    const { ask } = bench({ settings: { security: "full", ask: "off" } });
    const word = fc.string({ maxLength: 20 }).filter((text) => !text.includes("\0"));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 4 }), async (words) => {
        const answer = await ask("system.run", { command: ["printf", "%s\\n", ...words, "end"] });
        expect((answer.payload as { stdout: string }).stdout).toBe([...words, "end", ""].join("\n"));
      }),
      { numRuns: 25 },
    );
  });

  it("ends what takes too long, and cuts what says too much", async () => {
    const { ask } = bench({ settings: { security: "full", ask: "off" } });
    const slow = await ask("system.run", { command: ["sleep", "30"], timeoutMs: 100 });
    expect(slow).toMatchObject({ ok: true, payload: { timedOut: true, success: false } });
    const loud = await ask("system.run", { command: ["head", "-c", "900000", "/dev/zero"] });
    expect(loud).toMatchObject({ ok: true, payload: { truncated: true, success: false } });
    expect(JSON.stringify(loud).length).toBeLessThan(450_000);
  });

  it("refuses programs that are not there and parameters of another form", async () => {
    const { ask } = bench({ settings: { security: "full", ask: "off" } });
    await expect(ask("system.run", { command: ["no-such-program-here"] })).rejects.toThrow(/no program/);
    await expect(ask("system.run", { command: "ls" })).rejects.toThrow();
    await expect(ask("system.run", { command: ["ls"], cwd: "/no/such/folder" })).rejects.toThrow(
      /cannot be opened/,
    );
  });

  it("'always' is remembered for exactly this command, and never for a shell", async () => {
    const { home, ask, plan } = bench();
    const once = async (command: string[]) => {
      const { planId } = plan(await ask("system.run", { command }));
      return ask("system.run", { command, planId, approvalDecision: "allow-always" });
    };
    expect(await once(["uname", "-s"])).toMatchObject({ ok: true });
    expect(await ask("system.run", { command: ["uname", "-s"] })).toMatchObject({ ok: true });
    expect(await ask("system.run", { command: ["uname", "-a"] })).toMatchObject({ ok: false });
    expect(await once(["sh", "-c", "echo hello"])).toMatchObject({ ok: true });
    const shell = await ask("system.run", { command: ["sh", "-c", "echo hello"] });
    expect(plan(shell).onceOnly).toMatch(/runs other commands/);
    expect(home).toBeTruthy();
  });
});

describe("files", () => {
  it("are offered only when a folder is shared, for writing only when that is", async () => {
    expect(bench().caps).toEqual(["system"]);
    const folder = mkdtempSync(join(dir, "share-"));
    const reading = bench({ shares: [{ path: folder, write: false }] });
    expect(Object.keys(reading.commands)).not.toContain("file.write");
    const deeper = join(folder, "inbox");
    mkdirSync(deeper);
    const both = bench({
      shares: [
        { path: folder, write: false },
        { path: deeper, write: true },
      ],
    });
    await both.ask("file.write", { path: join(deeper, "a.bin"), base64: "AAEC" });
    expect(await both.ask("file.read", { path: join(deeper, "a.bin"), offset: 1 })).toMatchObject({
      payload: { base64: "AQI=", size: 3, bytes: 2 },
    });
    await expect(both.ask("file.write", { path: join(folder, "b"), text: "" })).rejects.toThrow(
      /reading only/,
    );
    expect(await both.ask("file.list", { path: folder })).toMatchObject({
      payload: { entries: [{ name: "inbox", kind: "directory" }], more: false },
    });
  });

  it("no name leads out of a shared folder", async () => {
    const folder = mkdtempSync(join(dir, "share-"));
    writeFileSync(join(dir, "outside.txt"), "out of reach");
    const { ask } = bench({ shares: [{ path: folder, write: true }] });
    const part = fc.constantFrom("..", ".", "outside.txt", "a", "/", "", "~", "\0");
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const answer = await ask("file.read", {
          path: `${folder}/${parts.join("/")}`,
          encoding: "utf8",
        }).catch((error: unknown) => String(error));
        expect(JSON.stringify(answer)).not.toContain("out of reach");
      }),
    );
  });
});
