import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import { manualClock, type ManualClock } from "../../../test/support/manual-clock.ts";
import { noUsage } from "../../core/conversation.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import { workspaceTexts } from "../../state/index.ts";
import { configSchema } from "../../config/index.ts";
import { firstActive, isActive } from "./active-hours.ts";
import { eventOf } from "./event.ts";
import { heartbeatSettings } from "./settings.ts";
import { createHeartbeatStore } from "./store.ts";
import { hasTasks, tasksIn } from "./tasks-file.ts";
import type { HeartbeatEvent } from "./contract.ts";

const minute = 60_000;
const tasks = "- look at the backup log\n";

describe("active hours", () => {
  const at = (iso: string) => Date.parse(iso);
  const zone = (timezone: string) => ({ start: 8 * 60, end: 22 * 60, timezone });

  it.each([
    ["2026-03-10T12:00:00Z", "UTC", "2026-03-10T12:00:00Z"],
    ["2026-03-10T23:10:30Z", "UTC", "2026-03-11T08:00:00Z"],
    ["2026-03-10T01:00:00Z", "Asia/Tokyo", "2026-03-10T01:00:00Z"],
    ["2026-03-10T14:00:00Z", "Asia/Tokyo", "2026-03-10T23:00:00Z"],
    // The night in which an hour is skipped, and the one in which it comes twice.
    ["2026-03-28T23:30:00Z", "Europe/Berlin", "2026-03-29T06:00:00Z"],
    ["2026-10-24T23:30:00Z", "Europe/Berlin", "2026-10-25T07:00:00Z"],
  ])("from %s in %s it is %s", (from, timezone, first) =>
    expect(new Date(firstActive(at(from), zone(timezone))).toISOString()).toBe(new Date(first).toISOString()),
  );

  it("reach over midnight when they end before they start", () => {
    const night = { start: 22 * 60, end: 6 * 60 };
    const active = [23 * 60, 0, 359, 360, 1319, 1320].filter((each) => isActive(each, night));
    expect(active).toEqual([23 * 60, 0, 359, 1320]);
  });

  it("never lie before the moment asked for, nor more than a day and an hour after it", () => {
    const hour = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(
        fc.integer({ min: at("2026-01-01T00:00Z"), max: at("2027-12-31T00:00Z") }),
        hour,
        hour,
        fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata"),
        (from, start, end, timezone) => {
          fc.pre(start !== end);
          const first = firstActive(from, { start, end, timezone });
          expect(first).toBeGreaterThanOrEqual(from);
          expect(first - from).toBeLessThanOrEqual(25 * 60 * minute);
          expect(firstActive(first, { start, end, timezone })).toBe(first);
        },
      ),
    );
  });
});

describe("HEARTBEAT.md", () => {
  it.each([
    ["", false],
    ["# Heartbeat\n\n## Daily\n\n- [ ]\n*\n1.\n", false],
    ["<!-- write here\n what to do -->\n", false],
    [workspaceTexts["HEARTBEAT.md"] ?? "", false],
    [tasks, true],
    [`${workspaceTexts["HEARTBEAT.md"] ?? ""}\nwater the plants`, true],
    ["# Heartbeat\n#hashtags are text", true],
  ])("%j", (text, has) => expect(hasTasks(text)).toBe(has));

  it("is told apart from one that is not there", async () => {
    expect(await tasksIn("/nowhere/at/all")).toBe("no-file");
  });
});

describe("settings", () => {
  const of = (agents: object) =>
    heartbeatSettings(configSchema.parse({ agents }), (id) => `/w/${id}`).map((each) => [
      each.agentId,
      each.everyMs / minute,
      each.isAskedFor,
    ]);

  it("let the default agent beat, unless others have a heartbeat of their own", () => {
    expect(of({})).toEqual([["main", 30, false]]);
    expect(of({ defaults: { heartbeat: { every: "1h" } }, list: [{ id: "a" }, { id: "b" }] })).toEqual([
      ["a", 60, true],
      ["b", 0, true],
    ]);
    expect(
      of({
        list: [
          { id: "a", default: true },
          { id: "b", heartbeat: {} },
        ],
      }),
    ).toEqual([
      ["a", 0, false],
      ["b", 30, false],
    ]);
    expect(of({ defaults: { heartbeat: { every: "0m" } } })).toEqual([["main", 0, true]]);
  });
});

describe("what came of a beat", () => {
  const outcome = (change: Partial<RunOutcome>): RunOutcome => ({
    runId: "r",
    status: "ok",
    reason: "answered",
    payloads: [],
    usage: noUsage,
    sessionId: "s",
    sessionKey: "agent:main:main",
    startedAt: 10,
    endedAt: 30,
    ...change,
  });
  const told = { payloads: [{ text: "x".repeat(300), mediaUrl: null }] };
  const target = { channel: "telegram", account: "work", to: "7" };
  const failed = {
    status: "error",
    reason: "failed_model",
    error: { code: "A", message: "no key" },
  } as const;

  it.each([
    ["sent", outcome(told), "", target, { channel: "telegram", accountId: "work", to: "7", hasMedia: false }],
    ["sent", outcome(told), "", null, { reason: "no-target", silent: true }],
    ["ok-token", outcome({}), "HEARTBEAT_OK all is well", target, { preview: "all is well", silent: true }],
    ["ok-empty", outcome({}), "", target, { silent: true }],
    ["failed", outcome(failed), "", target, { detail: "no key", indicatorType: "error" }],
    ["failed", outcome({ status: "timeout", reason: "deadline" }), "", target, { reason: "failed" }],
    ["skipped", outcome({ status: "aborted", reason: "aborted" }), "", target, { reason: "stopped" }],
    ["failed", null, "", target, { detail: "it did not end" }],
  ])("%s", (status, end, said, deliveredTo, more) => {
    const event = eventOf(
      { agentId: "main", runId: "r", startedAt: 5 },
      { outcome: end, said, deliveredTo, now: 99 },
    );
    expect(event).toMatchObject({ status, ...more, agentId: "main", ts: end === null ? 99 : 30 });
    expect((event.preview ?? "").length).toBeLessThanOrEqual(200);
  });
});

describe("heartbeat", () => {
  let clock: ManualClock;
  let harness: Awaited<ReturnType<typeof createTestServices>>;
  let events: HeartbeatEvent[];

  beforeEach(async () => {
    clock = manualClock();
    harness = await createTestServices({ clock });
    events = [];
    harness.services.heartbeat.subscribe((event) => events.push(event));
  });
  afterEach(async () => {
    const closing = harness.close();
    clock.advance(5000);
    await closing;
  });

  const write = (text: string) => writeFileSync(join(harness.workspace, "HEARTBEAT.md"), text);
  const beat = () => harness.services.heartbeat;
  const asked = () => harness.leases.map(({ messages }) => messages[0]?.door);
  const quiet = (): Partial<RunOutcome> => ({ reason: "silent", payloads: [] });
  /** What is due now comes as soon as its turn comes; time stands still meanwhile. */
  const until = <T>(look: () => T) =>
    expect.poll(() => {
      clock.advance(0);
      return look();
    });
  /** Somebody's message is being answered, until the returned function is called. */
  const somebodyTalks = async (): Promise<() => void> => {
    let end = () => {};
    harness.agent.script = () => new Promise((resolve) => (end = () => resolve(quiet())));
    await harness.services.runs.submit({
      door: "test",
      key: "k",
      sessionKey: "main",
      principal: { kind: "operator", id: "t", role: "operator", scopes: new Set(), owner: true },
      text: "hi",
    });
    await until(asked).toEqual(["test"]);
    return () => end();
  };
  /** Moves on until the service has dealt with what became due. */
  const pass = async (ms: number, count: number) => {
    clock.advance(ms);
    await until(() => events.length).toBe(count);
  };
  const started = async () => {
    beat().start();
    await until(() => beat().agents()[0]?.nextAt).toBe(clock.now() + 30 * minute);
  };

  it("asks when there is something to look after, and says what came of it", async () => {
    write(tasks);
    harness.agent.script = () => ({ payloads: [{ text: "The backup failed.", mediaUrl: null }] });
    await started();
    const due = clock.now() + 30 * minute;
    await pass(30 * minute, 1);
    expect(events[0]).toMatchObject({
      status: "sent",
      agentId: "main",
      runId: `heartbeat:main:${due}`,
      preview: "The backup failed.",
      reason: "no-target",
      indicatorType: "alert",
    });
    expect(beat().last()).toEqual(events[0]);
    const message = harness.leases[0]?.messages[0];
    expect(message).toMatchObject({
      door: "heartbeat",
      sessionKey: "agent:main:main",
      principal: { kind: "scheduler", owner: true, scopes: ["operator.read", "operator.write"] },
      options: { aside: { ackMaxChars: 300 } },
    });
    harness.agent.script = quiet;
    await pass(30 * minute, 2);
    expect(events[1]).toMatchObject({ status: "ok-token", silent: true, indicatorType: "ok" });
  });

  it("asks nothing while there is nothing to look after", async () => {
    write("# Heartbeat\n");
    await started();
    await pass(30 * minute, 1);
    await pass(30 * minute, 2);
    expect(events.map(({ status, reason }) => [status, reason])).toEqual([
      ["skipped", "empty-heartbeat-file"],
      ["skipped", "empty-heartbeat-file"],
    ]);
    // The same once more is no news: the newest stands for all.
    expect(beat().history(10)).toEqual([events[1]]);
    expect(asked()).toEqual([]);
    expect(harness.services.ledger.why(events[1]?.runId ?? "").trace).toMatchObject([
      { stage: "heartbeat", rule: "heartbeat.empty-heartbeat-file" },
    ]);
    rmSync(join(harness.workspace, "HEARTBEAT.md"));
    await pass(30 * minute, 3);
    expect(events[2]?.reason).toBe("no-heartbeat-file");
  });

  it("asks for the sake of what was reported, with no more authority than whoever reported it", async () => {
    await started();
    await harness.services.systemEvents.push({ text: "door open", source: "hook door" });
    await pass(30 * minute, 1);
    const [message] = harness.leases[0]?.messages ?? [];
    expect(message?.principal.owner).toBe(false);
    expect(message?.text).toContain("stands above");
  });

  it("waits for a busy session, and is not lost", async () => {
    write(tasks);
    await started();
    const end = await somebodyTalks();
    const due = clock.now() + 30 * minute;
    await pass(30 * minute, 1);
    expect(events[0]).toMatchObject({ status: "skipped", reason: "requests-in-flight" });
    end();
    harness.agent.script = quiet;
    await harness.services.runs.wait("k", 1000);
    await pass(minute, 2);
    expect(events[1]).toMatchObject({ status: "ok-token", runId: `heartbeat:main:${due}` });
  });

  it("waits as long as anew when the interval changes while it is put off, and when the clock was put back", async () => {
    write(tasks);
    await started();
    const end = await somebodyTalks();
    await pass(30 * minute, 1);
    writeFileSync(
      harness.services.paths.configPath,
      '{ agents: { defaults: { heartbeat: { every: "2h" } } } }',
    );
    beat().reconsider();
    expect(beat().agents()[0]?.nextAt).toBe(clock.now() + 90 * minute);
    end();
    await harness.services.runs.wait("k", 1000);
    const store = createHeartbeatStore(harness.db);
    await store.rebase("main", clock.now() + 365 * 24 * 60 * minute);
    clock.advance(minute);
    await until(() => beat().agents()[0]?.nextAt).toBe(clock.now() + 120 * minute);
    expect(asked()).toEqual(["test"]);
  });

  it("beats once after a long sleep", async () => {
    write(tasks);
    harness.agent.script = quiet;
    await started();
    await pass(7 * 24 * 60 * minute, 1);
    expect(asked()).toEqual(["heartbeat"]);
    expect(beat().agents()[0]?.nextAt).toBe(clock.now() + 30 * minute);
  });

  it("takes up what a crash left: written down and not asked yet, or asked and not written down", async () => {
    harness.agent.script = quiet;
    const store = createHeartbeatStore(harness.db);
    const pending = { runId: "heartbeat:main:1", startedAt: clock.now() };
    await store.begin("main", pending);
    await started();
    await until(() => events.length).toBe(1);
    expect(events[0]).toMatchObject({ runId: "heartbeat:main:1", status: "ok-token" });
    beat().stop();
    // Its end was known to the ledger, but not here.
    await store.begin("main", pending);
    beat().start();
    await until(() => events.length).toBe(2);
    expect(asked()).toEqual(["heartbeat"]);
    expect(beat().agents()[0]?.runningSince).toBeNull();
    // Whoever comes second to the end of a beat changes nothing, and no beat begins while another is under way.
    expect(
      await store.finish({ ...(events[1] ?? { status: "failed" }), ...pending, ts: 1, agentId: "main" }),
    ).toBe(false);
    expect([await store.begin("main", pending), await store.begin("main", pending)]).toEqual([true, false]);
  });

  it("asks once for each time, however often the gateway is stopped and started", async () => {
    write(tasks);
    harness.agent.script = quiet;
    await started();
    for (let round = 1; round <= 4; round++) {
      beat().stop();
      clock.advance(round * 10 * minute);
      beat().start();
      beat().stop();
      beat().start();
      // Its end too: a run whose lease lapses in the leap of the clock is rightly taken up again.
      await until(() => {
        const [agent] = beat().agents();
        return agent?.runningSince === null && (agent.nextAt ?? 0) > clock.now();
      }).toBe(true);
    }
    // 10, 30, 60 and 100 minutes after the beginning: due at all but the first.
    const ids = harness.leases.map(({ runId }) => runId);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  it("stays off when it was switched off, and makes nothing up when it is on again", async () => {
    write(tasks);
    await started();
    await beat().setEnabled(false);
    clock.advance(120 * minute);
    expect(beat().agents()[0]).toMatchObject({ enabled: false, nextAt: null });
    await beat().setEnabled(true);
    expect(beat().agents()[0]).toMatchObject({ enabled: true, nextAt: clock.now() + 30 * minute });
    expect(asked()).toEqual([]);
  });

  it("looks at once when told to, whatever the file says", async () => {
    harness.agent.script = quiet;
    await started();
    const { runId } = await beat().beatNow("main");
    await until(() => events.map((event) => event.runId)).toEqual([runId]);
    await expect(beat().beatNow("nobody")).rejects.toMatchObject({ code: "HEARTBEAT_NONE" });
  });

  it("takes texts of jobs that can wait, and only those", async () => {
    harness.agent.script = quiet;
    await started();
    const { cron } = harness.services;
    const place = { channel: "telegram", account: "default", to: "7" };
    harness.services.heartbeat.target = () => place;
    const job = { schedule: { kind: "at", at: new Date(clock.now() + minute).toISOString() } };
    const waits = await cron.add({
      ...job,
      name: "waits",
      payload: { text: "later" },
      deleteAfterRun: false,
    });
    await cron.add({ ...job, name: "now", payload: { text: "at once" }, wakeMode: "now" });
    cron.start();
    await until(() => cron.status().enabled).toBe(true);
    clock.advance(minute);
    await until(asked).toEqual(["cron"]);
    expect(harness.leases[0]?.messages[0]).toMatchObject({ text: "at once", deliverTo: place });
    await until(() => cron.runs(waits.id, 1)).toMatchObject([{ status: "ok" }]);
    expect(harness.services.systemEvents.waiting("main")).toMatchObject([
      { text: "later", source: "cron: waits", owner: false },
    ]);
  });
});

it("a folder that is not there is no file, and one that cannot be read is an error", async () => {
  const dir = mkdtempSync(join(tmpdir(), "beat-"));
  expect(await tasksIn(dir)).toBe("no-file");
  writeFileSync(join(dir, "HEARTBEAT.md"), "x".repeat(200_000));
  expect(await tasksIn(dir)).toBe("tasks");
  rmSync(dir, { recursive: true });
});
