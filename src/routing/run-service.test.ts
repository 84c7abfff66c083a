import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policy } from "../../test/support/ledger-values.ts";
import type { AbortCause, AgentRunner } from "../agent/contract.ts";
import { scopes, type Principal } from "../core/authority.ts";
import { systemClock } from "../core/clock.ts";
import { noUsage } from "../core/conversation.ts";
import { OpenClawError } from "../core/errors.ts";
import { silentLogger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { Lease } from "../ledger/contract.ts";
import { openStorage, type Storage } from "../sessions/index.ts";
import { resolvePaths } from "../state/index.ts";
import { createRunService } from "./run-service.ts";

const owner: Principal = {
  kind: "operator",
  id: "me",
  role: "operator",
  scopes: new Set(scopes),
  owner: true,
};

let home: string;
let storage: Storage;
/** Commands carried out on arrival. */
let asked: number;
beforeEach(async () => {
  asked = 0;
  home = mkdtempSync(join(tmpdir(), "openclaw-runs-"));
  storage = await open();
});
afterEach(async () => {
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});

async function open(): Promise<Storage> {
  const opened = await openStorage({
    paths: resolvePaths({ env: {}, home }),
    clock: systemClock,
    logger: silentLogger,
    policy: () => policy({ maxQueuedPerSession: 3 }),
  });
  await opened.ledger.recover();
  return opened;
}

/** A runner whose runs last until the test lets them go; it answers with the texts of its messages. */
function scriptedRunner(usage = noUsage) {
  const running = new Map<string, { lease: Lease; release: () => void }>();
  const started: string[] = [];
  let notify = () => {};
  const runner: AgentRunner = {
    async run(lease, hooks) {
      const { signal } = hooks;
      started.push(lease.runId);
      const cause = await new Promise<AbortCause | null>((resolve) => {
        running.set(lease.runId, { lease, release: () => resolve(null) });
        signal.addEventListener("abort", () => resolve(signal.reason as AbortCause), { once: true });
        notify();
      });
      running.delete(lease.runId);
      if (cause?.reason === "shutdown") throw new OpenClawError("RUN_SUSPENDED", "suspended");
      const text = lease.messages.map((message) => message.text).join("+");
      const outcome: RunOutcome = {
        runId: lease.runId,
        status: cause ? "aborted" : "ok",
        reason: cause?.reason === "superseded" ? "superseded" : cause ? "aborted" : "answered",
        payloads: cause ? [] : [{ text, mediaUrl: null }],
        usage,
        sessionId: lease.sessionId,
        sessionKey: lease.sessionKey,
        startedAt: 1,
        endedAt: 2,
      };
      await storage.ledger.complete(lease, { outcome, entries: [], deliveries: hooks.deliveries(outcome) });
      return outcome;
    },
  };
  const until = async (runId: string) => {
    while (!running.has(runId)) await new Promise<void>((resolve) => (notify = resolve));
  };
  return { runner, started, until, release: (runId: string) => running.get(runId)?.release() };
}

function service(
  runner: AgentRunner,
  deliveries: () => void = () => {},
  beforeRun: (lease: Lease) => Promise<void> = () => Promise.resolve(),
) {
  const runs = createRunService({
    ledger: storage.ledger,
    sessions: storage.sessions,
    runner,
    clock: systemClock,
    logger: silentLogger,
    settings: () => ({
      defaultAgentId: "main",
      mainKey: "main",
      queueMode: "followup",
      leaseMs: 30_000,
      agentIds: () => ["main"],
      queueModeByChannel: { webhook: "interrupt" },
      resetTriggers: ["von vorn"],
      answerDeniedBy: ({ channel, own }) => (own === "deny" || channel === "quiet" ? "the rule" : null),
      replyStyle: () => ({ prefix: "[claw]", limit: 4000, replyTo: "off", preview: false }),
    }),
    preempts: (text) => text === "/stop",
    asides: {
      takes: (text) => text.startsWith("/aside"),
      carryOut: (text, { sessionKey }) => Promise.resolve(`${asked++}: ${text} in ${sessionKey}`),
    },
    onDeliveries: deliveries,
    beforeRun,
  });
  runs.start();
  return runs;
}

const submit = (runs: ReturnType<typeof service>, key: string, change: object = {}) =>
  runs.submit({ door: "chat.send", key, sessionKey: "main", principal: owner, text: key, ...change });

describe("run service", () => {
  it("takes nobody's words for the owner's that a model wrote, and no /stop from one", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "mine");
    await until("mine");
    await submit(runs, "/stop", { door: "sessions_send" });
    const trusts = ["mine", "/stop"].map((id) => storage.ledger.why(id).messages[0]?.origin.trust);
    expect(trusts).toEqual(["owner", "untrusted"]);
    release("mine");
    expect(await runs.wait("mine", 5000)).toMatchObject({ status: "ok" });
    await until("/stop");
    release("/stop");
    await runs.wait("/stop", 5000);
  });

  it("puts nothing before a message that takes an earlier one's place: it would go with that", async () => {
    const { runner, until, release } = scriptedRunner();
    const prepared: string[] = [];
    const runs = service(runner, undefined, ({ runId }) => Promise.resolve(void prepared.push(runId)));
    for (const [key, change] of [
      ["one", {}],
      ["other", { replaces: { id: "u", version: 2 } }],
      ["two", {}],
    ] as const) {
      await submit(runs, key, change);
      await until(key);
      release(key);
      expect(await runs.wait(key, 5000)).toMatchObject({ status: "ok" });
    }
    expect(prepared).toEqual(["one", "two"]);
    await runs.drain(0);
  });

  it("stops also what fills the queue to the brim", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "busy");
    await until("busy");
    for (const key of ["one", "two", "three"]) await submit(runs, key);
    expect(await submit(runs, "four")).toMatchObject({ outcome: { reason: "refused_limit" } });
    expect(await submit(runs, "/stop")).toMatchObject({ status: "started", outcome: null });
    for (const key of ["busy", "one", "two", "three"])
      expect(await runs.wait(key, 5000)).toMatchObject({ status: "aborted" });
    await until("/stop");
    release("/stop");
    expect(await runs.wait("/stop", 5000)).toMatchObject({ status: "ok" });
    await runs.drain(0);
  });

  it("answers some commands on arrival, beside the run, once, and sends the answer where it belongs", async () => {
    const { runner, until, release, started } = scriptedRunner();
    const runs = service(runner);
    const ends: string[] = [];
    runs.subscribe((event) => void (event.type === "finished" && ends.push(event.runId)));
    const chat = { door: "channel:webhook", deliverTo: { channel: "webhook", account: "default", to: "u" } };
    await submit(runs, "busy", chat);
    await until("busy");
    const answer = {
      status: "ok",
      reason: "command",
      payloads: [{ text: "0: /aside x in agent:main:main", mediaUrl: null }],
    };
    expect(await submit(runs, "/aside x", chat)).toMatchObject({ status: "started", outcome: answer });
    expect(await runs.wait("/aside x", 5000)).toMatchObject(answer);
    // The platform sends it again.
    expect(await submit(runs, "/aside x", chat)).toMatchObject({ status: "done", outcome: answer });
    expect(asked).toBe(1);
    const why = storage.ledger.why("/aside x");
    expect(why.messages).toMatchObject([{ state: "done", outcome: "command" }]);
    expect(why.deliveries).toMatchObject([
      { key: "/aside x:0:0", text: "[claw] 0: /aside x in agent:main:main", target: { to: "u" } },
    ]);
    // Methods and models have other ways: from there it takes its turn.
    await submit(runs, "/aside y", { door: "agent" });
    release("busy");
    await until("/aside y");
    release("/aside y");
    await runs.wait("/aside y", 5000);
    expect(started).toEqual(["busy", "/aside y"]);
    expect(ends).toEqual(["/aside x", "busy", "/aside y"]);
    await runs.drain(0);
  });

  it("sends no answer where the policy denies it, and says which rule it was", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    const to = (channel: string) => ({ deliverTo: { channel, account: "default", to: "u" } });
    await submit(runs, "allowed", to("loud"));
    await submit(runs, "denied", to("quiet"));
    for (const key of ["allowed", "denied"]) {
      await until(key);
      release(key);
      expect(await runs.wait(key, 5000)).toMatchObject({ payloads: [{ text: key }] });
    }
    expect(storage.ledger.deliveries({ runId: "allowed" })).toHaveLength(1);
    expect(storage.ledger.deliveries({ runId: "denied" })).toEqual([]);
    await storage.sessions.ensure("agent:main:main", "main");
    await storage.sessions.patch("agent:main:main", { settings: { sendPolicy: "deny" } });
    await submit(runs, "silenced", to("loud"));
    await until("silenced");
    release("silenced");
    await runs.wait("silenced", 5000);
    expect(storage.ledger.deliveries({ runId: "silenced" })).toEqual([]);
    const told = { rule: "session.sendPolicy", detail: "the answer was not sent to quiet:u: the rule" };
    expect(storage.ledger.why("denied").trace).toContainEqual(expect.objectContaining(told));
    await runs.drain(0);
  });

  it("takes the operator's own words for /new, alone and from people only", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    const texts: string[] = [];
    for (const [key, change] of [
      ["a", { text: " Von vorn" }],
      ["b", { text: "von vorn bitte" }],
      ["c", { text: "von vorn", door: "sessions_send" }],
    ] as const) {
      await submit(runs, key, change);
      texts.push(storage.ledger.why(key).messages[0]?.text ?? "");
      await until(key);
      release(key);
      await runs.wait(key, 5000);
    }
    expect(texts).toEqual(["/new", "von vorn bitte", "von vorn"]);
    await runs.drain(0);
  });

  it("puts below an answer what /usage asked for, where it goes and nowhere else", async () => {
    const { runner, until, release } = scriptedRunner({ ...noUsage, total: 9 });
    const runs = service(runner);
    await storage.sessions.ensure("agent:main:main", "main");
    await storage.sessions.patch("agent:main:main", { settings: { responseUsage: "tokens" } });
    await submit(runs, "a", { deliverTo: { channel: "webhook", account: "default", to: "u" } });
    await until("a");
    release("a");
    expect(await runs.wait("a", 5000)).toMatchObject({ payloads: [{ text: "a" }] });
    expect(storage.ledger.deliveries({ runId: "a" })).toMatchObject([{ text: "[claw] a\n\n9 tokens" }]);
    await runs.drain(0);
  });

  it("answers each message once, in order, and a repeated key never again", async () => {
    const { runner, until, release, started } = scriptedRunner();
    const runs = service(runner);
    expect(await submit(runs, "a")).toMatchObject({
      runId: "a",
      status: "started",
      sessionKey: "agent:main:main",
    });
    await until("a");
    await submit(runs, "b");
    expect(await submit(runs, "a")).toMatchObject({ status: "in_flight" });
    release("a");
    await until("b");
    release("b");
    expect(await runs.wait("b", 5000)).toMatchObject({ status: "ok", payloads: [{ text: "b" }] });
    expect(await submit(runs, "a")).toMatchObject({ status: "done", outcome: { payloads: [{ text: "a" }] } });
    expect(started).toEqual(["a", "b"]);
    await runs.drain(0);
  });

  it("lets the sender know that a message was accepted before its run begins, also when many come at once", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    const order: string[] = [];
    runs.subscribe((event: RunEvent) => void order.push(`${event.type} ${event.runId}`));
    const keys = ["a", "b", "c"];
    await Promise.all(
      keys.map(async (key) => {
        await submit(runs, key, { sessionKey: `s-${key}` });
        order.push(`accepted ${key}`);
      }),
    );
    for (const key of keys) {
      await until(key);
      release(key);
      expect(await runs.wait(key, 5000)).toMatchObject({ status: "ok" });
      expect(order.indexOf(`accepted ${key}`)).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(`accepted ${key}`)).toBeLessThan(order.indexOf(`started ${key}`));
    }
    await runs.drain(0);
  });

  it("tells every collected message its end, under its own id", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    const ends: Array<[string, string]> = [];
    runs.subscribe((event: RunEvent) => {
      if (event.type === "finished") ends.push([event.runId, event.outcome.reason]);
    });
    await submit(runs, "first");
    await until("first");
    await Promise.all([submit(runs, "x", { mode: "collect" }), submit(runs, "y", { mode: "collect" })]);
    release("first");
    await until("x");
    release("x");
    expect(await runs.wait("y", 5000)).toMatchObject({ status: "ok", payloads: [{ text: "x+y" }] });
    expect(ends).toEqual([
      ["first", "answered"],
      ["x", "answered"],
      ["y", "answered_with_others"],
    ]);
    await runs.drain(0);
  });

  it("stops the run in progress and what waits before the stop, and runs the stop itself", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "long");
    await until("long");
    await submit(runs, "waiting");
    await submit(runs, "/stop");
    expect(await runs.wait("long", 5000)).toMatchObject({ status: "aborted" });
    expect(await runs.wait("waiting", 5000)).toMatchObject({ status: "aborted" });
    await until("/stop");
    release("/stop");
    expect(await runs.wait("/stop", 5000)).toMatchObject({ status: "ok" });
    await runs.drain(0);
  });

  it("lets a newer message interrupt", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "old");
    await until("old");
    await submit(runs, "new", { mode: "interrupt" });
    expect(await runs.wait("old", 5000)).toMatchObject({ reason: "superseded" });
    await until("new");
    release("new");
    expect(await runs.wait("new", 5000)).toMatchObject({ status: "ok" });
    await runs.drain(0);
  });

  it("aborts by session and by the id of a message that waits", async () => {
    const { runner, until } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "running");
    await until("running");
    await submit(runs, "waiting");
    expect(await runs.abort({ runId: "waiting", reason: "rpc" })).toEqual(["waiting"]);
    expect(await runs.wait("waiting", 0)).toMatchObject({ status: "aborted" });
    expect(await runs.abort({ sessionKey: "main", reason: "rpc" })).toEqual(["running"]);
    expect(await runs.wait("running", 5000)).toMatchObject({ status: "aborted" });
    await runs.drain(0);
  });

  it("leaves what is running journaled when it stops, and the next start finishes it", async () => {
    const first = scriptedRunner();
    const runs = service(first.runner);
    await submit(runs, "survivor");
    await first.until("survivor");
    await runs.drain(0);
    await expect(submit(runs, "late")).rejects.toMatchObject({ code: "SHUTTING_DOWN", retryable: true });
    await storage.close();
    storage = await open();
    const second = scriptedRunner();
    const again = service(second.runner);
    await second.until("survivor");
    second.release("survivor");
    expect(await again.wait("survivor", 5000)).toMatchObject({ status: "ok" });
    await again.drain(0);
  });

  it("refuses a flood of one session without losing what it accepted", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "0");
    await until("0");
    for (const key of ["1", "2", "3"]) expect(await submit(runs, key)).toMatchObject({ status: "started" });
    expect(await submit(runs, "4")).toMatchObject({ outcome: { reason: "refused_limit" } });
    for (const key of ["0", "1", "2", "3"]) {
      await until(key);
      release(key);
      expect(await runs.wait(key, 5000)).toMatchObject({ status: "ok" });
    }
    await runs.drain(0);
  });

  it("makes deliveries only for messages that came from outside, with keys that repeat", async () => {
    let woken = 0;
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner, () => woken++);
    await submit(runs, "d", { deliverTo: { channel: "webhook", account: "default", to: "alice" } });
    await until("d");
    release("d");
    await runs.wait("d", 5000);
    expect(storage.ledger.deliveries({ runId: "d" })).toMatchObject([
      { key: "d:0:0", text: "[claw] d", state: "pending" },
    ]);
    await runs.drain(0);
    expect(woken).toBe(1);
  });

  it("takes the queue mode of the channel a message came from", async () => {
    const { runner, until, release } = scriptedRunner();
    const runs = service(runner);
    await submit(runs, "old");
    await until("old");
    await submit(runs, "new", { door: "channel:webhook" });
    expect(await runs.wait("old", 5000)).toMatchObject({ reason: "superseded" });
    await until("new");
    release("new");
    expect(await runs.wait("new", 5000)).toMatchObject({ status: "ok" });
    await runs.drain(0);
  });

  it("names an agent that does not exist", async () => {
    const runs = service(scriptedRunner().runner);
    await expect(submit(runs, "k", { sessionKey: "agent:ops:main" })).rejects.toMatchObject({
      code: "AGENT_UNKNOWN",
      hint: "openclaw agents list",
    });
    await runs.drain(0);
  });
});
