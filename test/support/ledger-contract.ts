import { describe, expect, it } from "vitest";
import type { LanePolicy, Ledger, Lease, Recovered } from "../../src/ledger/contract.ts";
import { answer, entry, member, message, outcome, policy } from "./ledger-values.ts";
import type { ManualClock } from "./manual-clock.ts";

/** One ledger implementation on fresh storage. */
export interface LedgerUnderTest {
  ledger: Ledger;
  clock: ManualClock;
  /** What a process started after this one was killed sees; `recover` has been called. */
  restart(): Promise<Ledger>;
  /** What the newest `recover` found; null before the first. */
  recovered(): Recovered | null;
  /** Ids of the entries in the transcript of `agent:main:<session>`. */
  entryIds(session: string): string[];
}

/** What every implementation of {@link Ledger} must do. `open` is called once per test. */
export function ledgerContract(
  name: string,
  open: (policy: () => LanePolicy) => Promise<LedgerUnderTest>,
): void {
  const claimed = async ({ ledger, clock }: LedgerUnderTest): Promise<Lease> => {
    const lease = await ledger.claim(clock.now());
    if (!lease) throw new Error("nothing to claim");
    return lease;
  };
  const acceptAll = async (ledger: Ledger, ...messages: Parameters<Ledger["accept"]>[0][]) => {
    for (const one of messages) await ledger.accept(one);
  };

  describe(`${name}: accepting`, () => {
    it("stores a repeated message once and returns the earlier row, at any stage", async () => {
      const t = await open(policy);
      const first = await t.ledger.accept(message("a"));
      const both = await Promise.all([t.ledger.accept(message("a")), t.ledger.accept(message("a"))]);
      expect(both.map((result) => [result.duplicate, result.row.seq])).toEqual([
        [true, first.row.seq],
        [true, first.row.seq],
      ]);
      const lease = await claimed(t);
      await t.ledger.complete(lease, answer(lease));
      expect((await t.ledger.accept(message("a"))).row).toMatchObject({ state: "done", outcome: "answered" });
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
    });

    it("keeps every member of a message", async () => {
      const t = await open(policy);
      const sent = message("a", {
        text: "ünïcödé 🦞 \u0000 and a lone \ud800",
        media: [{ digest: "d", mimeType: "image/png", bytes: 3 }],
        deliverTo: { channel: "webhook", account: "x", to: "7", threadId: "t" },
        options: { timeoutMs: 5, clientTools: [{ name: "f" }] },
        connId: "c1",
      });
      await t.ledger.accept(sent);
      expect(t.ledger.queued(sent.sessionKey)[0]).toMatchObject(sent);
      expect((await (await t.restart()).claim(t.clock.now()))?.messages[0]).toMatchObject(sent);
    });

    it("refuses beyond the queue limit with a row that says so", async () => {
      const t = await open(() => policy({ maxQueuedPerSession: 2 }));
      await acceptAll(t.ledger, message("a"), message("b"));
      const { row } = await t.ledger.accept(message("c"));
      expect(row).toMatchObject({ state: "done", outcome: "refused_limit" });
      expect(t.ledger.outcome("c")).toMatchObject({ status: "error", reason: "refused_limit" });
      // Sent again while there is no room it is refused again, and taken as soon as there is.
      expect(await t.ledger.accept(message("c"))).toMatchObject({
        duplicate: false,
        row: { outcome: "refused_limit" },
      });
      await t.ledger.settleQueued({ runId: "a" }, "aborted", "made room");
      expect(await t.ledger.accept(message("c"))).toMatchObject({
        duplicate: false,
        row: { state: "queued" },
      });
      expect(await t.ledger.accept(message("c"))).toMatchObject({
        duplicate: true,
        row: { state: "queued" },
      });
      expect((await t.ledger.accept(message("d", { session: "other" }))).row.state).toBe("queued");
    });

    it("explains refused messages", async () => {
      const t = await open(policy);
      await t.ledger.refuse(message("a"), "refused_sender", "sender 7 is not paired");
      const why = t.ledger.why("a");
      expect(why.messages).toMatchObject([
        { outcome: "refused_sender", outcomeDetail: "sender 7 is not paired" },
      ]);
      expect(why.trace.map((row) => row.rule)).toEqual(["refused_sender"]);
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
    });
  });

  describe(`${name}: lanes`, () => {
    it("runs one at a time per session, oldest first, and others beside it", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, message("a1"), message("a2"), message("b1", { session: "b" }));
      const a1 = await claimed(t);
      const b1 = await claimed(t);
      expect([a1.runId, b1.runId]).toEqual(["a1", "b1"]);
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
      await t.ledger.complete(a1, answer(a1));
      expect((await claimed(t)).runId).toBe("a2");
    });

    it("never hands one run to two claims of the same turn", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, message("a"), message("b", { session: "b" }));
      const now = t.clock.now();
      const leases = await Promise.all([t.ledger.claim(now), t.ledger.claim(now), t.ledger.claim(now)]);
      expect(leases.map((lease) => lease?.runId ?? null)).toEqual(["a", "b", null]);
    });

    it("respects both concurrency limits", async () => {
      const t = await open(() =>
        policy({ maxConcurrent: 2, maxConcurrentPerAgent: (id) => (id === "slow" ? 1 : 2) }),
      );
      const slow = { agentId: "slow" };
      await acceptAll(
        t.ledger,
        message("s1", { ...slow, sessionKey: "agent:slow:1" }),
        message("s2", { ...slow, sessionKey: "agent:slow:2" }),
        message("m1", { session: "1" }),
        message("m2", { session: "2" }),
      );
      expect([(await claimed(t)).runId, (await claimed(t)).runId]).toEqual(["s1", "m1"]);
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
      const { running, queued } = t.ledger.activity();
      expect(running.map((run) => run.runId).sort()).toEqual(["m1", "s1"]);
      expect(queued).toBe(2);
    });

    it("collects what waits together and answers every message", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, ...["a", "b", "c"].map((id) => message(id, { mode: "collect" })));
      const lease = await claimed(t);
      expect(lease.messages.map((row) => row.runId)).toEqual(["a", "b", "c"]);
      expect(t.ledger.findRun("b")).toMatchObject({ state: "running", runId: "a" });
      await t.ledger.complete(lease, answer(lease));
      expect(t.ledger.outcome("c")).toMatchObject({ runId: "a", status: "ok" });
      expect(t.ledger.why("c").messages[0]?.outcome).toBe("answered_with_others");
      expect(t.ledger.why("a").messages.map((row) => row.outcome)).toContain("answered");
    });

    it("steers into the live run, but not with less authority than it has", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      await acceptAll(
        t.ledger,
        message("b", { mode: "steer" }),
        message("c", { mode: "steer", principal: member }),
        message("d", { mode: "followup" }),
      );
      expect((await t.ledger.takeSteering(lease)).map((row) => row.runId)).toEqual(["b"]);
      expect(lease.messages.map((row) => row.runId)).toEqual(["a", "b"]);
      expect(await t.ledger.takeSteering(lease)).toEqual([]);
      await t.ledger.complete(lease, answer(lease));
      expect(t.ledger.outcome("b")?.runId).toBe("a");
      expect((await claimed(t)).runId).toBe("c");
    });

    it("lets an interrupt end what waited before it, and tells", async () => {
      const t = await open(policy);
      const told: string[] = [];
      t.ledger.onSettled(({ rows, outcomes }) =>
        rows.forEach((row, at) => told.push(`${row.runId} ${outcomes[at]?.reason}`)),
      );
      await acceptAll(t.ledger, message("a"), message("b", { mode: "interrupt" }), message("c"));
      expect((await claimed(t)).runId).toBe("b");
      expect(told).toEqual(["a superseded"]);
      expect(t.ledger.outcome("a")).toMatchObject({ status: "aborted", reason: "superseded" });
      expect(t.ledger.queued("agent:main:main").map((row) => row.runId)).toEqual(["c"]);
    });

    it("settles queued messages by session or run, never everything by accident", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, message("a"), message("b"), message("c", { session: "other" }));
      expect(await t.ledger.settleQueued({}, "aborted", "x")).toEqual([]);
      expect((await t.ledger.settleQueued({ runId: "a" }, "aborted", "stopped")).map((r) => r.runId)).toEqual(
        ["a"],
      );
      await t.ledger.settleQueued({ sessionKey: "agent:main:main" }, "session_reset", "reset");
      expect(t.ledger.outcome("b")).toMatchObject({ status: "aborted", reason: "session_reset" });
      expect((await claimed(t)).runId).toBe("c");
    });
  });

  describe(`${name}: leases`, () => {
    it("gives a lapsed run of a dead process to the next one, and fences the old holder off", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const old = await claimed(t);
      await t.ledger.recordEntries(old, [entry("user-a")]);
      await t.ledger.beginTool(old, { callId: "c1", name: "exec", input: { command: "x" }, effect: "exec" });
      const next = await t.restart();
      const lease = await next.claim(t.clock.now());
      expect(lease).toMatchObject({ runId: "a", resumed: true, attempt: 2, sessionId: old.sessionId });
      expect(lease?.messages.map((row) => row.runId)).toEqual(["a"]);
      expect(await next.openTools("a")).toMatchObject([{ callId: "c1", effect: "exec", state: "started" }]);
      const lost = { code: "LEASE_LOST" };
      await expect(t.ledger.recordEntries(old, [entry("late")])).rejects.toMatchObject(lost);
      await expect(t.ledger.finishTool(old, "c1", entry("late"))).rejects.toMatchObject(lost);
      await expect(t.ledger.complete(old, answer(old))).rejects.toMatchObject(lost);
      if (lease) await next.complete(lease, answer(lease));
      expect(t.entryIds("main")).toEqual(["user-a", "a:answer"]);
    });

    it("keeps a run whose heartbeats come, also late ones, until long past its deadline", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a", { options: { timeoutMs: 100_000 } }));
      const lease = await claimed(t);
      t.clock.advance(20_000);
      expect(await t.ledger.heartbeat(t.clock.now())).toEqual([]);
      // Suspended for longer than the lease: nobody else took it, so it is still ours.
      t.clock.advance(70_000);
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
      await t.ledger.recordEntries(lease, [entry("x")]);
      const told: string[] = [];
      t.ledger.onSettled((settled) => told.push(`${settled.runId} ${settled.outcomes[0]?.reason}`));
      t.clock.advance(200_000);
      await t.ledger.heartbeat(t.clock.now());
      expect(await t.ledger.claim(t.clock.now())).toBeNull();
      expect(told).toEqual(["a deadline"]);
      expect(t.ledger.outcome("a")).toMatchObject({ status: "timeout", reason: "deadline" });
      await expect(t.ledger.complete(lease, answer(lease))).rejects.toMatchObject({ code: "LEASE_LOST" });
    });

    it("gives up a run that keeps killing the process, and frees its session", async () => {
      const t = await open(() => policy({ maxAttempts: 3 }));
      await acceptAll(t.ledger, message("poison"), message("next"));
      let ledger = t.ledger;
      for (let attempt = 1; attempt <= 3; attempt++) {
        expect(await ledger.claim(t.clock.now())).toMatchObject({ runId: "poison", attempt });
        ledger = await t.restart();
      }
      expect(await ledger.claim(t.clock.now())).toMatchObject({ runId: "next" });
      expect(ledger.outcome("poison")).toMatchObject({ status: "error", reason: "failed_internal" });
    });

    it("goes on with a run that was put down, as often as that is, and counts no attempt", async () => {
      const t = await open(() => policy({ maxAttempts: 2 }));
      await t.ledger.accept(message("a"));
      let { ledger } = t;
      for (let round = 0; round < 4; round++) {
        const lease = await ledger.claim(t.clock.now());
        expect(lease).toMatchObject({ runId: "a", attempt: 1, resumed: round > 0, fence: round + 1 });
        if (lease === null) return;
        await ledger.recordEntries(lease, [entry(`step-${round}`)]);
        await ledger.park(lease, "the gateway stopped");
        await expect(ledger.recordEntries(lease, [entry("late")])).rejects.toMatchObject({
          code: "LEASE_LOST",
        });
        await expect(ledger.park(lease, "again")).rejects.toMatchObject({ code: "LEASE_LOST" });
        expect(ledger.activity().running).toEqual([]);
        ledger = await t.restart();
      }
      expect(t.entryIds("main")).toEqual(["step-0", "step-1", "step-2", "step-3"]);
      expect(ledger.why("a").trace.map(({ rule }) => rule)).toContain("run.park");
    });

    it("tells runs that were put down from those whose process died", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, message("a", { sessionKey: "s1" }), message("b", { sessionKey: "s2" }));
      const [first] = [await claimed(t), await claimed(t)];
      await t.ledger.park(first, "the gateway stopped");
      const next = await t.restart();
      expect(t.recovered()).toMatchObject({ parkedRuns: 1, interruptedRuns: 1 });
      for (const attempt of [1, 2]) expect(await next.claim(t.clock.now())).toMatchObject({ attempt });
    });

    it("completes again without harm when the caller could not know", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      await t.ledger.complete(lease, answer(lease));
      await t.ledger.complete(lease, answer(lease, { reason: "failed_internal" }));
      expect(t.ledger.outcome("a")?.reason).toBe("answered");
      expect(t.entryIds("main")).toEqual(["a:answer"]);
    });

    it("keeps two messages apart that clients gave the same run id", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("x"));
      const first = await claimed(t);
      await t.ledger.complete(first, answer(first));
      await t.ledger.accept(message("x", { dedupeKey: "agent:main:x", door: "agent" }));
      const second = await claimed(t);
      expect(second.runId).not.toBe("x");
      await t.ledger.complete(second, answer(second, { reason: "silent" }));
      expect(t.ledger.outcome("x")?.reason).toBe("silent");
      expect(t.ledger.outcome(second.runId)?.reason).toBe("silent");
    });
  });

  describe(`${name}: outbox`, () => {
    const target = { channel: "webhook", account: "a", to: "7" };
    const delivery = (key: string, to = "7") => ({ key, runId: null, target: { ...target, to }, text: key });

    it("shows deliveries of a run only once it is complete, each key once", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      expect(await t.ledger.claimDelivery(t.clock.now())).toBeNull();
      const deliveries = [delivery("a:0"), delivery("a:1")].map((one) => ({ ...one, runId: "a" }));
      await t.ledger.complete(lease, { outcome: outcome(lease), entries: [], deliveries });
      expect(await t.ledger.enqueueDelivery(delivery("a:0"))).toMatchObject({
        duplicate: true,
        row: { text: "a:0" },
      });
      expect(t.ledger.deliveries({ runId: "a" }).map((row) => row.key)).toEqual(["a:0", "a:1"]);
    });

    it("keeps order per target while others go on, and waits before a retry", async () => {
      const t = await open(policy);
      for (const one of [delivery("1"), delivery("2"), delivery("other", "8")])
        await t.ledger.enqueueDelivery(one);
      const now = t.clock.now();
      const first = await t.ledger.claimDelivery(now);
      expect(first?.row.key).toBe("1");
      expect((await t.ledger.claimDelivery(now))?.row.key).toBe("other");
      expect(await t.ledger.claimDelivery(now)).toBeNull();
      await t.ledger.settleDelivery(first?.row.id ?? 0, { kind: "retry", error: "503", afterMs: 500 }, now);
      expect(await t.ledger.claimDelivery(now + 499)).toBeNull();
      const again = await t.ledger.claimDelivery(now + 500);
      expect(again).toMatchObject({ row: { key: "1", attempts: 2, lastError: "503" }, ambiguous: false });
      await t.ledger.settleDelivery(again?.row.id ?? 0, { kind: "sent", receipt: { id: 5 } }, now);
      expect((await t.ledger.claimDelivery(now))?.row.key).toBe("2");
      expect(t.ledger.deliveries({ state: "sent" })).toMatchObject([{ key: "1", receipt: { id: 5 } }]);
    });

    it("calls a delivery ambiguous whose sender died, once", async () => {
      const t = await open(policy);
      await t.ledger.enqueueDelivery(delivery("1"));
      await t.ledger.claimDelivery(t.clock.now());
      const next = await t.restart();
      const claim = await next.claimDelivery(t.clock.now());
      expect(claim).toMatchObject({ row: { key: "1", attempts: 2 }, ambiguous: true });
      await next.settleDelivery(claim?.row.id ?? 0, { kind: "unknown", error: "cannot ask" }, t.clock.now());
      expect(next.deliveries({ key: "1" })).toMatchObject([{ state: "unknown", lastError: "cannot ask" }]);
      expect(await next.claimDelivery(t.clock.now())).toBeNull();
    });

    it("stores a stand-in for an answer only while its run goes on", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      const standIn = (key: string) => t.ledger.enqueueWhileRunning({ ...delivery(key), runId: lease.runId });
      const end = { outcome: outcome(lease), entries: [], deliveries: [delivery("final")] };
      const [before, , after] = await Promise.all([
        standIn("before"),
        t.ledger.complete(lease, end),
        standIn("after"),
      ]);
      expect([before?.key, after]).toEqual(["before", null]);
      expect(t.ledger.deliveries({}).map(({ key }) => key)).toEqual(["before", "final"]);
    });

    it("passes over targets that cannot be served, and knows when the next one is due", async () => {
      const t = await open(policy);
      for (const one of [delivery("1"), delivery("2", "8")]) await t.ledger.enqueueDelivery(one);
      const now = t.clock.now();
      const not7 = (to: { to: string }) => to.to !== "7";
      const claim = await t.ledger.claimDelivery(now, not7);
      expect(claim?.row.key).toBe("2");
      expect(await t.ledger.claimDelivery(now, not7)).toBeNull();
      await t.ledger.settleDelivery(claim?.row.id ?? 0, { kind: "retry", error: "no", afterMs: 900 }, now);
      expect(t.ledger.nextDeliveryAt(not7)).toBe(now + 900);
      expect(t.ledger.nextDeliveryAt()).toBeLessThanOrEqual(now);
      expect(t.ledger.deliveries({ key: "1" })).toMatchObject([{ attempts: 0, state: "pending" }]);
    });

    it("remembers that the try before may have arrived", async () => {
      const t = await open(policy);
      const content = { kind: "poll", question: "q", options: ["a", "b"], maxSelections: 1 } as const;
      await t.ledger.enqueueDelivery({ ...delivery("1"), content: { ...content, options: ["a", "b"] } });
      const now = t.clock.now();
      const first = await t.ledger.claimDelivery(now);
      const lost = { kind: "retry", error: "no answer", afterMs: 0, ambiguous: true } as const;
      await t.ledger.settleDelivery(first?.row.id ?? 0, lost, now);
      const second = await t.ledger.claimDelivery(now);
      expect(second).toMatchObject({ ambiguous: true, row: { content } });
      await t.ledger.settleDelivery(
        second?.row.id ?? 0,
        { kind: "retry", error: "not there", afterMs: 0 },
        now,
      );
      expect(await t.ledger.claimDelivery(now)).toMatchObject({ ambiguous: false });
    });

    it("does what the operator decides about a delivery, and nothing to what is sent", async () => {
      const t = await open(policy);
      for (const key of ["1", "2"]) await t.ledger.enqueueDelivery(delivery(key, key));
      const now = t.clock.now();
      const end = async (result: { kind: "unknown"; error: string } | { kind: "sent"; receipt: {} }) => {
        const claim = await t.ledger.claimDelivery(now);
        await t.ledger.settleDelivery(claim?.row.id ?? 0, result, now);
      };
      await end({ kind: "unknown", error: "?" });
      await end({ kind: "sent", receipt: {} });
      expect(await t.ledger.decideDelivery("2", "retry", now)).toBeNull();
      expect(await t.ledger.decideDelivery("2", "drop", now)).toBeNull();
      expect(await t.ledger.decideDelivery("1", "retry", now)).toMatchObject({
        state: "pending",
        attempts: 0,
      });
      expect(await t.ledger.decideDelivery("1", "drop", now)).toMatchObject({
        state: "dead",
        lastError: "dropped by the operator",
      });
      expect(await t.ledger.claimDelivery(now)).toBeNull();
    });

    it("changes the text of a message that still waits, and of no other", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const { dedupeKey } = message("a");
      expect(await t.ledger.amendQueued(dedupeKey, "better")).toMatchObject({ text: "better" });
      const lease = await t.ledger.claim(t.clock.now());
      expect(lease?.messages[0]?.text).toBe("better");
      expect(await t.ledger.amendQueued(dedupeKey, "too late")).toBeNull();
      expect(t.ledger.message(dedupeKey)).toMatchObject({ text: "better", state: "running" });
    });

    it("buries a delivery that never succeeds", async () => {
      const t = await open(() => policy({ maxDeliveryAttempts: 2 }));
      await t.ledger.enqueueDelivery(delivery("1"));
      for (let attempt = 0; attempt < 2; attempt++) {
        const now = t.clock.now();
        const claim = await t.ledger.claimDelivery(now);
        await t.ledger.settleDelivery(claim?.row.id ?? 0, { kind: "retry", error: "no", afterMs: 0 }, now);
      }
      expect(t.ledger.deliveries({ state: "dead" })).toMatchObject([{ attempts: 2, lastError: "no" }]);
    });
  });

  describe(`${name}: memory`, () => {
    it("answers for finished runs after a restart, under every id", async () => {
      const t = await open(policy);
      await acceptAll(t.ledger, message("a", { mode: "collect" }), message("b", { mode: "collect" }));
      const lease = await claimed(t);
      expect(t.ledger.outcome("a")).toBeNull();
      await t.ledger.complete(lease, answer(lease));
      const next = await t.restart();
      expect(next.outcome("b")).toEqual(next.outcome("a"));
      expect(next.findRun("b")).toMatchObject({ state: "done", runId: "a" });
      expect([next.outcome("nobody"), next.findRun("nobody")]).toEqual([null, null]);
    });

    it("tells why by message, platform id, run and session", async () => {
      const t = await open(policy);
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      await t.ledger.beginTool(lease, { callId: "c", name: "read", input: { path: "x" }, effect: "read" });
      await t.ledger.finishTool(lease, "c", entry("r", { role: "tool" }));
      await t.ledger.complete(lease, answer(lease));
      await t.ledger.accept(message("77", { runId: "r-77", dedupeKey: "channel:webhook:77" }));
      for (const subject of ["a", "chat.send:main:a"]) {
        const why = t.ledger.why(subject);
        expect(why.trace.map((row) => row.stage)).toEqual(["accept", "claim", "complete"]);
        expect(why).toMatchObject({ run: { reason: "answered" }, steps: [{ callId: "c", state: "done" }] });
      }
      expect(t.ledger.why("77").messages).toMatchObject([{ runId: "r-77" }]);
      expect(t.ledger.why("agent:main:main").messages).toHaveLength(2);
      expect(t.ledger.why("nothing")).toMatchObject({ messages: [], run: null, trace: [] });
    });

    it("forgets old details in the background, but no dedupe key younger than a month", async () => {
      const t = await open(() => policy({ detailDays: 1, outcomeDays: 1 }));
      await t.ledger.accept(message("a"));
      const lease = await claimed(t);
      await t.ledger.complete(lease, answer(lease));
      await t.ledger.accept(message("waits"));
      const day = 86_400_000;
      const settle = async () => {
        // Each tick prunes one batch in a write of its own; a write after it resolves once that is committed.
        for (let i = 0; i < 4; i++) {
          t.clock.advance(3_600_000);
          await t.ledger.trace({ subject: "x", stage: "x", rule: "x", detail: "" });
        }
      };
      t.clock.advance(10 * day);
      await settle();
      expect(t.ledger.why("a").trace).toEqual([]);
      expect((await t.ledger.accept(message("a"))).duplicate).toBe(true);
      t.clock.advance(40 * day);
      await settle();
      expect(t.ledger.outcome("a")).toBeNull();
      expect(t.ledger.findRun("waits")).toMatchObject({ state: "queued" });
    });
  });
}
