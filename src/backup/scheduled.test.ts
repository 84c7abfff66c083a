import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { holdExclusiveLock, readBackupRecord, resolvePaths, type Paths } from "../state/index.ts";
import { readBackup } from "./read.ts";
import { runScheduledBackup, type ScheduleSettings } from "./scheduled.ts";

const day = 24 * 3_600_000;
let home: string;
let paths: Paths;
let folder: string;
let clock: ReturnType<typeof manualClock>;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "openclaw-schedule-"));
  paths = resolvePaths({ env: {}, home });
  folder = join(home, "backups");
  mkdirSync(paths.stateDir, { mode: 0o700 });
  writeFileSync(paths.configPath, "{}\n", { mode: 0o600 });
  clock = manualClock(Date.parse("2026-11-21T03:00:00Z"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const settings = (change: Partial<ScheduleSettings> = {}): ScheduleSettings => ({
  schedule: "every 1d",
  kind: "full",
  keep: 3,
  folder,
  keyFile: null,
  next: (after) => Promise.resolve(after + day),
  ...change,
});
const signal = new AbortController().signal;
const run = (change: Partial<ScheduleSettings> = {}, ifDue = true) =>
  runScheduledBackup({
    paths,
    settings: settings(change),
    ifDue,
    outside: [],
    version: "1.0.0",
    clock,
    signal,
  });
const archives = () => (existsSync(folder) ? readdirSync(folder).sort() : []);

it("makes one when it is due, not before, and again when the schedule is another one", async () => {
  expect(await run()).toMatchObject({ result: "made", removed: [] });
  clock.advance(day - 1);
  expect(await run()).toMatchObject({ result: "not-due" });
  clock.advance(1);
  expect(await run()).toMatchObject({ result: "made" });
  expect(await run({ schedule: "every 2d" })).toMatchObject({ result: "made" });
  expect(archives()).toHaveLength(3);
  for (const name of archives())
    expect((await readBackup({ path: join(folder, name), signal })).manifest.kind).toBe("full");
});

it("a backup that fails removes nothing, is recorded, and is tried again at the next look", async () => {
  await run({ keep: 1 });
  const [kept] = archives();
  clock.advance(day);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "a file where the folder was");
  await expect(run({ keep: 1 })).rejects.toThrow(/backups/);
  await expect(run({ keep: 1 })).rejects.toThrow(/backups/);
  const record = readBackupRecord(paths.stateDir);
  expect(record?.failure).toMatchObject({ times: 2, message: expect.stringContaining(folder) as string });
  expect(record?.last?.path).toBe(join(folder, kept ?? ""));
  rmSync(folder);
  expect(await run({ keep: 1 })).toMatchObject({ result: "made" });
  expect(readBackupRecord(paths.stateDir)?.failure).toBeNull();
});

it("keeps the newest, never fewer than one, and leaves alone what it did not make", async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "openclaw-default-20200101-000000.tar.gz"), "mine");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -2, max: 4 }), fc.integer({ min: 1, max: 3 }), async (keep, times) => {
      let before = archives().length - 1;
      for (let i = 0; i < times; i++) {
        clock.advance(day);
        const made = await run({ keep });
        if (made.result !== "made") throw new Error(made.result);
        const own = archives().filter((name) => !name.includes("20200101"));
        expect(own).toHaveLength(Math.min(Math.max(1, keep), before + 1));
        expect(own.at(-1)).toBe(made.path.slice(folder.length + 1));
        before = own.length;
      }
      expect(archives()).toContain("openclaw-default-20200101-000000.tar.gz");
    }),
    { numRuns: 12 },
  );
});

it("is encrypted by a key file that only its owner can read", async () => {
  const keyFile = join(home, "key");
  await expect(run({ keyFile })).rejects.toMatchObject({ code: "KEY_FILE_UNUSABLE" });
  writeFileSync(keyFile, "four random words here\n", { mode: 0o644 });
  chmodSync(keyFile, 0o644);
  await expect(run({ keyFile })).rejects.toMatchObject({ hint: `chmod 600 ${keyFile}` });
  chmodSync(keyFile, 0o600);
  const made = await run({ keyFile });
  expect(made).toMatchObject({ result: "made", path: expect.stringMatching(/\.tar\.gz\.enc$/) as string });
  writeFileSync(keyFile, "");
  await expect(run({ keyFile }, false)).rejects.toThrow(/is empty/);
  expect(readBackupRecord(paths.stateDir)?.failure?.code).toBe("KEY_FILE_UNUSABLE");
});

it("gives way to another process that is at it", async () => {
  const lock = holdExclusiveLock(join(paths.stateDir, "backup-run.lock.sqlite"), 0);
  expect(await run()).toEqual({ result: "busy" });
  lock.release();
  expect(await run()).toMatchObject({ result: "made" });
});

it("says from when on a person should worry: half an interval late, an hour at least, a day at most", async () => {
  for (const [interval, grace] of [
    [3_600_000, 3_600_000],
    [day, day / 2],
    [30 * day, day],
  ] as const) {
    await run({ schedule: `every ${interval}`, next: (after) => Promise.resolve(after + interval) });
    const record = readBackupRecord(paths.stateDir);
    expect((record?.staleAt ?? 0) - (record?.dueAt ?? 0)).toBe(grace);
  }
});

it("takes neither its record nor its lock into the archive", async () => {
  const made = await run();
  clock.advance(day);
  const again = await run();
  if (made.result !== "made" || again.result !== "made") throw new Error("not made");
  const { manifest } = await readBackup({ path: again.path, signal });
  expect(manifest.files.map(({ path }) => path)).toEqual([".openclaw/openclaw.json"]);
});
