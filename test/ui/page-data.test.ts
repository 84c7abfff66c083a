// What pages make of answers before they draw them: laws that need no browser.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronJobInput } from "../../src/automation/cron-input.ts";
import type { CronJob } from "../../src/automation/contract.ts";
import { draftOf, jobOf } from "../../ui/src/pages/automation/job-draft.ts";
import {
  daysOf,
  groupings,
  measures,
  mostSeries,
  seriesOf,
  sumOf,
  totalsOf,
  type UsageRow,
} from "../../ui/src/pages/models/usage-data.ts";

const since = Date.UTC(2026, 0, 30);
const days = daysOf(since, 5);
const row: fc.Arbitrary<UsageRow> = fc.record({
  date: fc.constantFrom(...days),
  agentId: fc.constantFrom("main", "ops", "a", "b", "c", "d", "e"),
  provider: fc.constantFrom("p", null),
  model: fc.constantFrom("m1", "m2", "m3", null),
  door: fc.constantFrom("channel:telegram", "chat.send", "cron", null),
  runs: fc.integer({ min: 1, max: 9 }),
  failed: fc.integer({ min: 0, max: 1 }),
  input: fc.constant(0),
  output: fc.constant(0),
  total: fc.integer({ min: 0, max: 1000 }),
  cost: fc.integer({ min: 0, max: 50 }),
  unpriced: fc.integer({ min: 0, max: 1 }),
});

describe("usage", () => {
  it("names the days of a span across months", () => {
    expect(days).toEqual(["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03"]);
  });

  it("loses nothing, however it is grouped, and draws a few series only", () => {
    fc.assert(
      fc.property(
        fc.array(row),
        fc.constantFrom(...groupings),
        fc.constantFrom(...measures),
        (rows, by, measure) => {
          const whole = { tokens: 0, cost: 0, runs: 0 };
          for (const { total, cost, runs } of rows) {
            whole.tokens += total;
            whole.cost += cost;
            whole.runs += runs;
          }
          const series = seriesOf(rows, { days, by, measure });
          expect(series.length).toBeLessThanOrEqual(mostSeries);
          expect(series.reduce((sum, { total }) => sum + total, 0)).toBe(whole[measure]);
          for (const { total, values } of series) expect(values.reduce((a, b) => a + b, 0)).toBe(total);
          expect(sumOf(totalsOf(rows, by, measure).map(([, sums]) => sums))).toMatchObject(whole);
        },
      ),
    );
  });
});

describe("a job in its form", () => {
  const now = Date.UTC(2026, 0, 1);
  const text = fc.constantFrom("look at my mail", "water", "水やり");
  const job = fc.record({
    name: text,
    schedule: fc.oneof(
      fc.record({
        kind: fc.constant("every" as const),
        everyMs: fc.integer({ min: 1, max: 5000 }).map((n) => n * 60_000),
      }),
      fc.record({
        kind: fc.constant("cron" as const),
        expr: fc.constant("0 9 * * 1"),
        tz: fc.constant("Asia/Tokyo"),
      }),
      fc.record({
        kind: fc.constant("at" as const),
        at: fc
          .integer({ min: 1, max: 500_000 })
          .map((minutes) => new Date(now + minutes * 60_000).toISOString()),
      }),
    ),
    payload: fc.oneof(
      fc.record({ kind: fc.constant("agentTurn" as const), message: text }),
      fc.record({ kind: fc.constant("systemEvent" as const), text }),
    ),
  });

  it("keeps what the form does not show", () => {
    const stored = {
      ...cronJobInput({ name: "j", schedule: { everyMs: 60_000 }, payload: { message: "m" } }, now),
    };
    const base = { ...stored, id: "j", createdAtMs: 0, updatedAtMs: 0, state: {} } satisfies CronJob;
    expect(jobOf(draftOf(base))).not.toHaveProperty("delivery");
    const announced = {
      ...base,
      delivery: { mode: "announce", channel: "telegram", to: "7" },
    } satisfies CronJob;
    expect(jobOf(draftOf(announced))).toMatchObject({ delivery: announced.delivery });
    expect(jobOf({ ...draftOf(announced), announce: false })).toMatchObject({ delivery: { mode: "none" } });
  });

  it("comes out as it went in", () => {
    fc.assert(
      fc.property(job, (wanted) => {
        const stored = cronJobInput(wanted, now);
        const draft = draftOf({
          ...stored,
          id: "j",
          createdAtMs: 0,
          updatedAtMs: 0,
          state: {},
        } satisfies CronJob);
        expect(cronJobInput(jobOf(draft), now)).toMatchObject(wanted);
      }),
    );
  });
});
