import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { watchConfigFile } from "./index.ts";

let dir: string;
let path: string;
let calls = 0;
let watcher: { stop(): void } | null = null;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "openclaw-watch-")));
  path = join(dir, "openclaw.json");
  calls = 0;
});
afterEach(() => {
  watcher?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const watchIt = (debounceMs = 30) =>
  (watcher = watchConfigFile({
    path,
    debounceMs: () => debounceMs,
    clock: systemClock,
    onChange: () => (calls += 1),
  }));
const called = (times: number) =>
  vi.waitFor(() => expect(calls).toBe(times), { timeout: 3000, interval: 10 });

test("a write, a replacement, a truncation, a removal and a return are each noticed once", async () => {
  writeFileSync(path, "{}");
  watchIt();
  writeFileSync(path, '{"a":1}');
  await called(1);
  writeFileSync(`${path}.new`, '{"a":2}');
  renameSync(`${path}.new`, path);
  await called(2);
  truncateSync(path);
  await called(3);
  rmSync(path);
  await called(4);
  writeFileSync(path, "{}");
  await called(5);
});

test("many quick writes are one change; other files of the folder are none", async () => {
  writeFileSync(path, "{}");
  watchIt(100);
  for (let round = 0; round < 50; round++) writeFileSync(path, JSON.stringify({ round }));
  await called(1);
  writeFileSync(join(dir, "other.json"), "{}");
  writeFileSync(path, "{}");
  await called(2);
});

test("somebody who writes without end is read all the same", async () => {
  writeFileSync(path, "{}");
  watchIt(20);
  const writing = setInterval(() => writeFileSync(path, String(Math.random())), 5);
  try {
    await vi.waitFor(() => expect(calls).toBeGreaterThan(1), { timeout: 3000, interval: 10 });
  } finally {
    clearInterval(writing);
  }
});

test("a link is followed to the folder of its file, also after it points elsewhere", async () => {
  const [one, two] = [join(dir, "one"), join(dir, "two")];
  for (const folder of [one, two]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "config"), "{}");
  }
  symlinkSync(join(one, "config"), path);
  watchIt();
  writeFileSync(join(one, "config"), "{ }");
  await called(1);
  symlinkSync(join(two, "config"), `${path}.new`);
  renameSync(`${path}.new`, path);
  await called(2);
  writeFileSync(join(two, "config"), "{  }");
  await called(3);
});
