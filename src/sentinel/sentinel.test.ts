import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { systemClock } from "../core/clock.ts";
import { resolvePaths } from "../state/index.ts";
import type { SentinelSettings } from "./contract.ts";
import { lookAndTell, watch } from "./sentinel.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const settings: SentinelSettings = {
  intervalMs: 15_000,
  deadlineMs: 1000,
  confirmMs: 10_000,
  tls: false,
  command: [],
  webhook: null,
  telegram: null,
  discord: null,
};

it("goes on after a look that failed, bears torn files, and tells what was found when nobody is to be told", async () => {
  const home = mkdtempSync(join(tmpdir(), "openclaw-sentinel-"));
  folders.push(home);
  const paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: home }, home });
  const clock = manualClock();
  const stop = new AbortController();
  const reports: string[] = [];
  const troubles: unknown[] = [];
  let fail = false;
  const watching = watch(
    {
      paths,
      env: {},
      clock,
      signal: stop.signal,
      settings() {
        if (fail) throw new Error("unreadable");
        return settings;
      },
    },
    {
      report: ({ condition, problem }) => void reports.push(`${condition} ${problem}`),
      trouble: (error) => void troubles.push(error),
    },
  );
  const next = async (list: unknown[], count: number) => {
    await vi.waitFor(() => {
      if (list.length < count) clock.advance(5000);
      expect(list.length).toBe(count);
    });
  };
  await next(reports, 1);
  fail = true;
  await next(troubles, 1);
  fail = false;
  for (const name of ["starts.json", "sentinel.json"]) writeFileSync(join(paths.stateDir, name), '{"ended"');
  await next(reports, 2);
  writeFileSync(join(paths.stateDir, "starts.json"), '{"ended":null,"broken":"x"}');
  await next(reports, 3);
  stop.abort();
  await watching;
  expect(reports).toEqual(["stopped null", "stopped null", "dead nobody is to be told"]);
});

it("lets one of two at once tell, and both see", async () => {
  const home = mkdtempSync(join(tmpdir(), "openclaw-sentinel-"));
  folders.push(home);
  const paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: home }, home });
  writeFileSync(join(home, "starts.json"), '{"ended":null,"broken":[]}');
  const told = join(home, "told");
  const script = 'require("node:fs").appendFileSync(process.argv[1], "x")';
  const options = {
    paths,
    env: {},
    clock: systemClock,
    signal: new AbortController().signal,
    settings: () => ({ ...settings, confirmMs: 300, command: [process.execPath, "-e", script, told] }),
  };
  const both = await Promise.all([lookAndTell(options), lookAndTell(options)]);
  expect(both.map(({ condition, problem }) => [condition, problem])).toEqual([
    ["dead", null],
    ["dead", null],
  ]);
  expect(both.map(({ notice }) => notice?.event ?? null)).toEqual(["gateway.dead", null]);
  expect(readFileSync(told, "utf8")).toBe("x");
  // The right is given back: the next one takes it, and has nothing new to say.
  writeFileSync(join(home, "sentinel.json"), "{}");
  expect((await lookAndTell(options)).notice?.event).toBe("gateway.dead");
});
