import { describe, expect, it } from "vitest";
import type { Clock } from "../../core/clock.ts";
import { noUsage } from "../../core/conversation.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import type { RunEvent, RunEventBody } from "../../core/run-events.ts";
import type { RunService } from "../../routing/contract.ts";
import type { SessionStore } from "../../sessions/contract.ts";
import { createRunEventRelay } from "./run-event-relay.ts";

function setup() {
  let now = 1000;
  let timers: Array<{ at: number; task: () => void }> = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => (timers = timers.filter((each) => each !== timer));
    },
  };
  const sent: Array<{ event: string; payload: Record<string, unknown>; droppable: boolean }> = [];
  let listener: Parameters<RunService["subscribe"]>[0] = () => {};
  const runs = {
    subscribe: (given: typeof listener) => {
      listener = given;
      return () => {};
    },
  } as RunService;
  createRunEventRelay({
    runs,
    clock,
    sessions: { get: () => null } as unknown as SessionStore,
    liveRuns: { follows: () => false },
    broadcaster: {
      broadcast: (event, payload, { droppable }) =>
        void sent.push({ event, payload: payload as Record<string, unknown>, droppable }),
      connections: () => [],
    },
  });
  let seq = 0;
  return {
    sent,
    emit: (body: RunEventBody, runId = "r") => {
      seq += 1;
      const event: RunEvent = {
        ...body,
        runId,
        sessionKey: "agent:main:main",
        agentId: "main",
        seq,
        at: now,
      };
      listener(event, "main", undefined);
    },
    advance: (ms: number) => {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now);
      timers = timers.filter((timer) => timer.at > now);
      for (const timer of due) timer.task();
    },
    deltas: () =>
      sent
        .filter((each) => each.payload["state"] === "delta")
        .map((each) => (each.payload["message"] as { content: Array<{ text: string }> }).content[0]?.text),
    timers: () => timers.length,
  };
}

const outcome: RunOutcome = {
  runId: "r",
  status: "ok",
  reason: "answered",
  payloads: [],
  usage: noUsage,
  sessionId: "s",
  sessionKey: "agent:main:main",
  startedAt: 1,
  endedAt: 2,
};

describe("run event relay", () => {
  it("shows nothing of a run that nobody asked for, but what it says in the end", () => {
    const { emit, sent } = setup();
    const look = (end: Partial<RunOutcome>, runId: string) => {
      emit({ type: "started", resumed: false, unasked: true }, runId);
      emit({ type: "text", text: "HEARTBEAT_OK", delta: "HEARTBEAT_OK" }, runId);
      emit({ type: "finished", outcome: { ...outcome, ...end, runId } }, runId);
    };
    look({ reason: "silent" }, "quiet");
    look({ status: "error", reason: "failed_model", error: { code: "MODEL_AUTH", message: "no" } }, "fails");
    expect(sent).toEqual([]);
    look({ payloads: [{ text: "The disk is full.", mediaUrl: null }] }, "speaks");
    expect(sent).toMatchObject([
      { event: "chat", payload: { runId: "speaks", state: "final", message: { role: "assistant" } } },
    ]);
  });

  it("sends cumulative chat text at most every 150 ms and never leaves the last words behind", () => {
    const { emit, advance, deltas, sent } = setup();
    emit({ type: "started", resumed: false });
    for (const [index, letter] of "abcdefgh".split("").entries()) {
      emit({ type: "text", text: "abcdefgh".slice(0, index + 1), delta: letter });
      advance(50);
    }
    expect(deltas()).toEqual(["a", "abc", "abcdef"]);
    advance(150);
    expect(deltas()).toEqual(["a", "abc", "abcdef", "abcdefgh"]);
    expect(sent.filter((each) => each.payload["stream"] === "assistant")).toHaveLength(8);
    expect(sent.every((each) => each.droppable === (each.payload["state"] === "delta"))).toBe(true);
  });

  it("joins the words of a fast stream, loses none, and tells them before a tool or the end", () => {
    const { emit, advance, sent } = setup();
    const words = Array.from({ length: 500 }, (_, index) => `w${index} `);
    emit({ type: "started", resumed: false });
    let text = "";
    for (const [index, delta] of words.entries()) {
      text += delta;
      emit({ type: "text", text, delta });
      if (index % 10 === 0) advance(1);
    }
    emit({ type: "finished", outcome });
    const data = sent.flatMap(({ payload }) =>
      payload["stream"] === "assistant" ? [payload["data"] as { text: string; delta: string }] : [],
    );
    expect(data.length).toBeLessThan(5);
    expect(data.map(({ delta }) => delta).join("")).toBe(text);
    expect(data.at(-1)?.text).toBe(text);
    const streams = sent.flatMap(({ event, payload }) => (event === "agent" ? [payload["stream"]] : []));
    expect(streams.at(-1)).toBe("lifecycle");
    const seqs = sent.flatMap(({ event, payload }) => (event === "agent" ? [payload["seq"]] : []));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it("sends no delta after the end and keeps no timer", () => {
    const { emit, advance, sent, timers } = setup();
    emit({ type: "started", resumed: false });
    emit({ type: "text", text: "a", delta: "a" });
    emit({ type: "text", text: "ab", delta: "b" });
    emit({ type: "finished", outcome });
    advance(1000);
    expect(sent.at(-1)?.payload).toMatchObject({ state: "final" });
    expect(sent.at(-1)?.payload).not.toHaveProperty("message");
    expect(timers()).toBe(0);
  });

  it.each([
    [
      { status: "timeout", reason: "deadline" },
      { state: "aborted", stopReason: "timeout" },
    ],
    [
      { status: "aborted", reason: "aborted", error: { code: "ABORTED", message: "stopped: stop" } },
      { state: "aborted", stopReason: "stop" },
    ],
    [
      { status: "aborted", reason: "aborted" },
      { state: "aborted", stopReason: "rpc" },
    ],
    [
      { status: "error", reason: "failed_model", error: { code: "X", message: "no", hint: "do" } },
      { state: "error", errorMessage: "no\ndo" },
    ],
  ] as const)("ends %j as %j", (change, expected) => {
    const { emit, sent } = setup();
    emit({ type: "started", resumed: false });
    emit({ type: "finished", outcome: { ...outcome, ...change } });
    expect(sent.at(-1)?.payload).toMatchObject(expected);
  });

  it("gives a message answered by another run one final without a life of its own", () => {
    const { emit, sent } = setup();
    const payloads = [{ text: "both", mediaUrl: null }];
    emit({ type: "finished", outcome: { ...outcome, payloads, reason: "answered_with_others" } }, "other");
    expect(sent.map((each) => each.event)).toEqual(["chat"]);
    expect(sent[0]?.payload).toMatchObject({ runId: "other", state: "final" });
    expect(sent[0]?.payload).not.toHaveProperty("message");
  });
});
