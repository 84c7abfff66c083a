import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTestServices } from "../../test/support/gateway-services.ts";
import type { Clock } from "../core/clock.ts";
import { cronJobInput } from "./cron-input.ts";
import { nextRunMs } from "./next-run.ts";

/** Moves only when told; due timers run in order. */
function handClock(start: number) {
  let now = start;
  let timers: Array<{ at: number; task: () => void }> = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => void (timers = timers.filter((each) => each !== timer));
    },
  };
  return {
    clock,
    advance(ms: number) {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now).sort((a, b) => a.at - b.at);
      timers = timers.filter((timer) => timer.at > now);
      for (const timer of due) timer.task();
    },
  };
}

const start = Date.UTC(2030, 0, 1);

describe("next run", () => {
  it("of an interval lies after now, by at most the interval, on the grid of its anchor", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 0, max: 2e12 }),
        async (everyMs, anchorMs, after) => {
          const next = await nextRunMs({ kind: "every", everyMs, anchorMs }, after, 0);
          expect(next).toBeDefined();
          const at = next ?? 0;
          expect(at > after || at === anchorMs).toBe(true);
          expect((at - anchorMs) % everyMs).toBe(0);
          if (after >= anchorMs) expect(at - after).toBeLessThanOrEqual(everyMs);
        },
      ),
    );
  });

  it("of an expression honours the time zone", async () => {
    const noon = await nextRunMs({ kind: "cron", expr: "0 12 * * *", tz: "America/New_York" }, start, 0);
    expect(new Date(noon ?? 0).toISOString()).toBe("2030-01-01T17:00:00.000Z");
    await expect(nextRunMs({ kind: "cron", expr: "0 12 * * *", tz: "Mars/Base" }, start, 0)).rejects.toThrow(
      "Mars/Base",
    );
  });
});

describe("job input", () => {
  it("fills in what the documents say", () => {
    const job = cronJobInput(
      { data: { name: " x ", schedule: { at: "2030-01-02T00:00:00" }, payload: { text: "wake up" } } },
      start,
    );
    expect(job).toEqual({
      name: "x",
      enabled: true,
      wakeMode: "next-heartbeat",
      sessionTarget: "main",
      deleteAfterRun: true,
      schedule: { kind: "at", at: "2030-01-02T00:00:00" },
      payload: { kind: "systemEvent", text: "wake up" },
    });
  });

  it("refuses anything else with a reason and never throws something else", () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        try {
          cronJobInput(raw, start);
        } catch (error) {
          expect(error).toMatchObject({ code: "CRON_INVALID" });
        }
      }),
    );
  });
});

describe("cron service", () => {
  it("fires due jobs once, reschedules them, removes what was to run once", async () => {
    const hand = handClock(start);
    const harness = await createTestServices({ clock: hand.clock });
    const { cron } = harness.services;
    const finished: string[] = [];
    cron.subscribe((event) => event.action === "finished" && finished.push(event.jobId));
    cron.start();
    const every = await cron.add({
      name: "often",
      schedule: { kind: "every", everyMs: 60_000 },
      payload: { kind: "agentTurn", message: "tick" },
    });
    const once = await cron.add({
      name: "once",
      schedule: { kind: "at", at: "2030-01-01T00:00:30Z" },
      payload: { kind: "systemEvent", text: "now" },
    });
    expect(cron.status()).toMatchObject({ enabled: true, jobs: 2, nextWakeAtMs: start + 30_000 });
    hand.advance(30_000);
    await expect.poll(() => finished).toEqual([once.id]);
    expect(cron.get(once.id)).toBeNull();
    expect(harness.leases[0]).toMatchObject({ sessionKey: "agent:main:main" });
    hand.advance(30_000);
    await expect.poll(() => finished).toEqual([once.id, every.id]);
    await expect
      .poll(() => cron.get(every.id)?.state)
      .toMatchObject({ lastStatus: "ok", nextRunAtMs: start + 120_000 });
    expect(harness.leases).toHaveLength(2);
    const [run] = cron.runs(every.id, 5);
    expect(run).toMatchObject({ status: "ok", summary: "hello", nextRunAtMs: start + 120_000 });
    cron.stop();
    const closing = harness.close();
    hand.advance(5000);
    await closing;
  });

  it("keeps a failed one-time job, disabled, with its error", async () => {
    const hand = handClock(start);
    const harness = await createTestServices({ clock: hand.clock });
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "no key" },
    });
    const { cron } = harness.services;
    const job = await cron.add({
      name: "once",
      schedule: { kind: "at", at: "2030-01-01T00:00:30Z" },
      payload: { kind: "systemEvent", text: "now" },
    });
    hand.advance(40_000);
    expect(await cron.run(job.id, "due")).toEqual({ ran: true });
    await expect
      .poll(() => cron.get(job.id))
      .toMatchObject({ enabled: false, state: { lastStatus: "error", lastError: "no key" } });
    await expect(cron.run("nope", "force")).rejects.toMatchObject({ code: "CRON_UNKNOWN" });
    const closing = harness.close();
    hand.advance(5000);
    await closing;
  });
});
