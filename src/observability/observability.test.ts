import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import { createLogger, createLogWriter, createRedactor, logPlace, tailLog } from "./index.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "openclaw-log-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = new Date(2026, 10, 21, 23, 59, 50).getTime();
function fakeClock() {
  let now = start;
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  return { clock, move: (ms: number) => (now += ms) };
}
const trouble: string[] = [];
function open(options: { clock: Clock; maxFileBytes?: number; retainDays?: number; folder?: string }) {
  const place = logPlace(join(options.folder ?? folder, "openclaw-{date}.log"));
  const writer = createLogWriter({
    place,
    clock: options.clock,
    maxFileBytes: options.maxFileBytes ?? 1e9,
    retainDays: options.retainDays ?? 0,
    onTrouble: (text) => trouble.push(text),
  });
  const redactor = createRedactor({
    secrets: () => [new Secret("gateway-secret-value")],
    patterns: ["hush\\d+"],
  });
  return {
    place,
    writer,
    logger: createLogger({ clock: options.clock, redactor, level: "info", writer, console: null }),
  };
}

describe("log lines", () => {
  it("have the shape existing clients parse, and no secret in any form", () => {
    const { clock } = fakeClock();
    const { logger, writer } = open({ clock });
    logger.child("gateway/ws", { connId: "c1" }).warn("refused http://x/?token=abcdef", {
      secret: new Secret("x"),
      apiKey: "plain",
      note: "Bearer abcdefghijkl and gateway-secret-value and hush42",
      nested: { password: "p", url: "https://bob:pw@host/" },
    });
    logger.debug("below the level");
    writer.close();
    const lines = readFileSync(join(folder, "openclaw-2026-11-21.log"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      "0": '{"subsystem":"gateway/ws"}',
      "1": "refused http://x/?token=[redacted]",
      connId: "c1",
      secret: "[redacted]",
      apiKey: "[redacted]",
      note: "Bearer [redacted] and [redacted] and [redacted]",
      nested: { password: "[redacted]", url: "https://bob:[redacted]@host/" },
      _meta: { logLevelId: 4, logLevelName: "WARN", name: "openclaw" },
      time: new Date(start).toISOString(),
    });
    expect(statSync(join(folder, "openclaw-2026-11-21.log")).mode & 0o777).toBe(0o600);
  });

  it("bound what came from outside", () => {
    const { clock } = fakeClock();
    const { logger, writer } = open({ clock });
    logger.info("big", { text: "x".repeat(100_000), list: Array.from({ length: 1000 }, (_, i) => i) });
    writer.close();
    expect(statSync(join(folder, "openclaw-2026-11-21.log")).size).toBeLessThan(6000);
  });
});

describe("log files", () => {
  it("change at local midnight and when full, the plain name always newest", () => {
    const { clock, move } = fakeClock();
    const { logger, writer } = open({ clock, maxFileBytes: 200 });
    for (let i = 0; i < 3; i++) {
      logger.info(`first day ${i}`);
      writer.flush();
    }
    move(20_000);
    logger.info("second day");
    writer.close();
    expect(readdirSync(folder).sort()).toEqual(
      [
        "openclaw-2026-11-21.1.log",
        "openclaw-2026-11-21.2.log",
        "openclaw-2026-11-21.log",
        "openclaw-2026-11-22.log",
      ].sort(),
    );
    expect(readFileSync(join(folder, "openclaw-2026-11-21.log"), "utf8")).toContain("first day 2");
  });

  it("never throw when the disk does not take them, and say so once", () => {
    trouble.length = 0;
    const { clock } = fakeClock();
    writeFileSync(join(folder, "file"), "");
    const { logger, writer } = open({ clock, folder: join(folder, "file", "below") });
    for (let i = 0; i < 5; i++) logger.error("lost");
    writer.close();
    expect(trouble).toHaveLength(1);
  });
});

describe("tailLog", () => {
  it("reads on across midnight and rotation without losing or repeating a line", () => {
    const { clock, move } = fakeClock();
    const { logger, writer, place } = open({ clock, maxFileBytes: 1000 });
    const seen: string[] = [];
    let cursor: number | undefined;
    for (let i = 0; i < 40; i++) {
      logger.info(`line ${i}`);
      writer.flush();
      if (i % 3 === 0) move(1000);
      if (i % 2 === 0) {
        const chunk = tailLog(place, cursor === undefined ? {} : { cursor });
        expect(chunk.reset).toBe(false);
        seen.push(...chunk.lines.map((line) => (JSON.parse(line) as { "1": string })["1"]));
        ({ cursor } = chunk);
        expect(Number.isSafeInteger(cursor)).toBe(true);
      }
    }
    seen.push(
      ...tailLog(place, { cursor: cursor ?? 0 }).lines.map(
        (line) => (JSON.parse(line) as { "1": string })["1"],
      ),
    );
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => `line ${i}`));
    writer.close();
  });

  it("starts over and says so when the place is gone or too far back, and never gives half a line", () => {
    const { clock } = fakeClock();
    const { logger, writer, place } = open({ clock });
    const before = tailLog(place);
    expect(before).toMatchObject({ lines: [], cursor: 0 });
    for (let i = 0; i < 100; i++) logger.info(`line ${i}`);
    writer.close();
    const first = tailLog(place, { limit: 10 });
    expect(first.lines).toHaveLength(10);
    expect(first.truncated).toBe(true);
    expect(tailLog(place, { cursor: 12_345 })).toMatchObject({ reset: true });
    const lagging = tailLog(place, { cursor: first.cursor - 20_000, maxBytes: 1000 });
    expect(lagging.reset).toBe(true);
    for (const line of lagging.lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    writeFileSync(first.file, `${readFileSync(first.file, "utf8")}{"half":`);
    expect(tailLog(place, { cursor: first.cursor }).lines).toEqual([]);
  });
});
