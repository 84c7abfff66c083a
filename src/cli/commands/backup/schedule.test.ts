import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { installFakeManager, type FakeManager } from "../../../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../../../test/support/service-host.ts";
import { readBackupRecord } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { openContext } from "../../context.ts";
import { createOutput } from "../../output.ts";
import { nodePlatform } from "../../platform-node.ts";
import { run } from "./run.ts";
import { schedule } from "./schedule.ts";

// On a Mac that is a temporary folder, with a stand-in for launchctl; on a Linux without systemd.
let machine: TestMachine;
let launchctl: FakeManager;
beforeEach(() => {
  machine = createTestMachine("darwin");
  launchctl = installFakeManager(machine.bin, "launchctl");
  writeFileSync(configPath(), '{\n  // mine\n  gateway: { mode: "local" },\n}\n', { mode: 0o600 });
});
afterEach(() => machine.remove());
const configPath = () => join(machine.stateDir, "openclaw.json");

async function call(
  body: (context: CommandContext) => unknown,
): Promise<{ stdout: string; stderr: string; json: () => Record<string, unknown> }> {
  let [stdout, stderr] = ["", ""];
  const out = createOutput({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    color: false,
  });
  const { context, close } = await openContext({
    globals: { profile: "default", dev: false, color: false, verbose: false },
    env: { HOME: machine.home },
    out,
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  });
  try {
    await body(context);
    return { stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
  } finally {
    close();
  }
}
const set = (options: Record<string, unknown>) => call((context) => schedule(context, options, machine.host));
const agent = () => join(machine.home, "Library", "LaunchAgents", "ai.openclaw.gateway.backup.plist");

it("sets up, shows, changes and removes a schedule", async () => {
  expect((await set({})).stdout).toMatch(/^No backup is scheduled\./);
  const first = await set({ every: "1d", keep: "3" });
  expect(first.stdout).toMatch(/Schedule: +every 1d, full, the last 3 are kept/);
  expect(first.stdout).toMatch(/Next: +at the timer's next look/);
  expect(readFileSync(configPath(), "utf8")).toContain("// mine");
  expect(readFileSync(agent(), "utf8")).toContain("<string>--if-due</string>");

  await call((context) => run(context, [], { ifDue: true }));
  const shown = (await set({ json: true })).json();
  expect(shown).toMatchObject({
    scheduled: true,
    settings: { schedule: "every 1d", keep: 3, keyFile: null },
    timer: { installed: true, active: true, drift: null },
    record: { last: { path: expect.stringContaining("openclaw-backups") as string }, failure: null },
    stale: false,
  });
  expect((await call((context) => run(context, [], { ifDue: true }))).stdout).toMatch(/^Not due before/);

  await set({ cron: "17 3 * * *", minimal: true });
  const record = readBackupRecord(machine.stateDir);
  expect(record?.schedule).toBe("cron 17 3 * * *");
  expect(new Date(record?.dueAt ?? 0).getMinutes()).toBe(17);
  expect(record?.archives).toHaveLength(1);

  expect((await set({ off: true })).stdout).toContain("No backup is scheduled any more");
  expect(existsSync(agent())).toBe(false);
  expect(launchctl.read().jobs).toEqual({});
  expect(readBackupRecord(machine.stateDir)).toBeNull();
  expect((await set({ off: true })).stdout).toContain("No backup was scheduled");
});

it("--dry-run shows definition and keys, and changes nothing", async () => {
  const before = readFileSync(configPath(), "utf8");
  const { stdout } = await set({ every: "12h", dryRun: true });
  expect(stdout).toContain("$ launchctl bootstrap");
  expect(stdout).toContain('set backup to {"every":"12h","cron":null}');
  expect(readFileSync(configPath(), "utf8")).toBe(before);
  expect(existsSync(agent())).toBe(false);
  expect(readBackupRecord(machine.stateDir)).toBeNull();
});

it.each([
  [{ every: "often" }, /backup\.every "often" is no duration/],
  [{ every: "1m" }, /shorter than 15m/],
  [{ cron: "61 * * * *" }, /backup\.cron "61 \* \* \* \*" is no cron expression/],
  [{ cron: "0 0 30 2 *" }, /never comes/],
  [{ every: "1d", cron: "0 0 * * *" }, /exclude each other/],
  [{ every: "1d", keep: "0" }, /--keep "0" is not a whole number/],
  [{ keep: "3" }, /how often/],
  [{ every: "1d", keyFile: "/nowhere/key" }, /backup\.keyFile "\/nowhere\/key" is not there/],
  [{ every: "1d", keyFile: "/k", plain: true }, /--key-file and --plain exclude each other/],
])("%j is refused, and nothing is set up", async (options, says) => {
  await expect(set(options)).rejects.toThrow(says);
  expect(existsSync(agent())).toBe(false);
  expect(readFileSync(configPath(), "utf8")).not.toContain("backup");
});

it("without a service manager it says what cron has to run", async () => {
  machine.remove();
  machine = createTestMachine("linux");
  mkdirSync(machine.stateDir, { recursive: true });
  writeFileSync(configPath(), '{ gateway: { mode: "local" } }\n', { mode: 0o600 });
  const { stderr, stdout } = await set({ every: "1d" });
  expect(stderr).toMatch(/No timer starts the backups: there is no service manager here/);
  expect(stdout).toMatch(/\*\/10 \* \* \* \* \S+ \S+\/bin\/openclaw\.js backup run --if-due/);
  expect(readBackupRecord(machine.stateDir)?.staleAt).toBeGreaterThan(0);
});
