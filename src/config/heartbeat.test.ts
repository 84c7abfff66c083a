import { expect, test } from "vitest";
import { crossCheck } from "./cross-checks.ts";
import { heartbeatEveryMs, minuteOfDay } from "./heartbeat.ts";
import { configSchema } from "./schema/index.ts";

test.each([
  ["30m", 1_800_000],
  [" 1H30m ", 5_400_000],
  ["45", 2_700_000],
  ["0m", 0],
  ["0", 0],
  ["5s", null],
  ["", null],
  ["soon", null],
  ["-5m", null],
  ["400d", null],
])("%j is %j ms", (every, ms) => expect(heartbeatEveryMs(every)).toBe(ms));

test.each([
  ["00:00", 0],
  ["8:05", 485],
  ["24:00", 1440],
  ["24:01", null],
  ["12:60", null],
  ["noon", null],
])("%j is minute %j", (time, minute) => expect(minuteOfDay(time)).toBe(minute));

test("values that cannot be meant are named where they stand, with what may stand there", () => {
  const issues = crossCheck(
    configSchema.parse({
      agents: {
        defaults: {
          heartbeat: { every: "hourly", activeHours: { start: "8", end: "25:00", timezone: "Mars/Base" } },
        },
        list: [
          { id: "a", heartbeat: { every: "1s" } },
          { id: "b", heartbeat: { activeHours: { start: "09:00", end: "09:00" } } },
          { id: "c", heartbeat: { every: "2h", activeHours: { timezone: "local" } } },
        ],
      },
    }),
  );
  expect(issues.map(({ path }) => path)).toEqual([
    "agents.defaults.heartbeat.every",
    "agents.defaults.heartbeat.activeHours.start",
    "agents.defaults.heartbeat.activeHours.end",
    "agents.defaults.heartbeat.activeHours.timezone",
    "agents.list[0].heartbeat.every",
    "agents.list[1].heartbeat.activeHours",
  ]);
  expect(issues[0]?.message).toMatch(/30m or 2h.*got "hourly"$/);
});
