import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { DoctorDesk, Method } from "../contract.ts";
import { createDoctorMethods } from "./doctor.ts";
import { createInspectMethods } from "./inspect.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];

beforeEach(async () => {
  harness = await createTestServices({
    config: `{ hooks: { enabled: true, token: "hook-secret-1234567890", mappings: [{ match: { path: "ci" }, action: "agent", name: "CI", messageTemplate: "{{text}}" }] } }`,
  });
  methods = [...createInspectMethods(harness.services), ...createDoctorMethods(harness.services)];
});
afterEach(() => harness.close());

const call = async (name: string, params: unknown = {}) =>
  (await harness.call(methods, name, params)) as Record<string, unknown>;

async function talk(key: string, { sessionKey = "main", door = "chat.send" } = {}) {
  const { runs } = harness.services;
  const { principal } = harness.connect(`c-${key}`);
  const { runId } = await runs.submit({ door, key, sessionKey, principal, text: `text of ${key}` });
  await runs.wait(runId, 5000);
}

describe("why and the runs of a session", () => {
  it("lists runs newest first and explains one, without scopes of who asked", async () => {
    await talk("one");
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "no key" },
    });
    await talk("two");
    await talk("other", { sessionKey: "agent:main:elsewhere" });
    const { key, runs } = await call("sessions.runs", { key: "main" });
    expect(key).toBe("agent:main:main");
    expect(runs).toMatchObject([
      { runId: "two", status: "error", reason: "failed_model", error: { code: "MODEL_AUTH" } },
      { runId: "one", status: "ok", usage: { total: 15 }, provider: "test", model: "scripted" },
    ]);
    expect((await call("sessions.runs", { key: "main", limit: 1 }))["runs"]).toHaveLength(1);
    const record = await call("why", { id: "two" });
    expect(record).toMatchObject({
      messages: [{ runId: "two", text: "text of two", door: "chat.send", outcome: "failed_model" }],
      run: { status: "error" },
    });
    expect(JSON.stringify(record)).not.toContain("operator.admin");
    expect(await call("why", { id: "nobody" })).toMatchObject({ messages: [], run: null, trace: [] });
  });
});

describe("usage.breakdown", () => {
  it("adds up by day, agent, model and door", async () => {
    harness.agent.script = () => ({
      payloads: [],
      usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, total: 15, cost: 0.25 },
    });
    await talk("a");
    await talk("b");
    await talk("c", { door: "channel:telegram" });
    harness.agent.script = () => ({ status: "error", model: "other" });
    await talk("d", { sessionKey: "agent:ops:main" });
    const { rows, days } = await call("usage.breakdown", { days: 7 });
    expect(days).toBe(7);
    const today = new Date().toISOString().slice(0, 10);
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          agentId: "main",
          door: "chat.send",
          runs: 2,
          total: 30,
          cost: 0.5,
          unpriced: 0,
        }),
        expect.objectContaining({ agentId: "main", door: "channel:telegram", runs: 1, total: 15 }),
        expect.objectContaining({
          agentId: "ops",
          model: "other",
          runs: 1,
          failed: 1,
          unpriced: 1,
          date: today,
        }),
      ]),
    );
  });

  it("does not add up a day that is over twice, and today each time", async () => {
    const { ledger } = harness.services;
    const asked: number[] = [];
    const usage = ledger.usage.bind(ledger);
    ledger.usage = (from, until) => (asked.push(from), usage(from, until));
    await call("usage.breakdown", { days: 3 });
    expect(asked).toHaveLength(3);
    await talk("later");
    const { rows } = await call("usage.breakdown", { days: 3 });
    expect(asked).toHaveLength(4);
    expect(rows).toMatchObject([{ runs: 1 }]);
  });

  it("refuses spans that make no sense", async () => {
    await expect(call("usage.breakdown", { days: 0 })).rejects.toThrow();
    await expect(call("usage.breakdown", { days: 400 })).rejects.toThrow();
  });
});

describe("hooks.list", () => {
  it("shows what is mapped and never the token", async () => {
    const answer = await call("hooks.list");
    expect(answer).toMatchObject({
      enabled: true,
      path: "/hooks",
      hasToken: true,
      mappings: [{ match: { path: "ci" }, action: "agent", name: "CI" }],
    });
    expect(JSON.stringify(answer)).not.toContain("hook-secret");
  });
});

describe("doctor.*", () => {
  it("is for admins only, and says so plainly where there is no doctor", async () => {
    for (const { name, authority } of methods)
      if (name.startsWith("doctor.")) expect(authority).toBe("admin");
    await expect(call("doctor.report")).rejects.toThrow(/no doctor/);
  });

  it("applies the plan that was shown, in the name of the client", async () => {
    const asked: unknown[] = [];
    const doctor: DoctorDesk = {
      report: () => Promise.resolve({ findings: [], checked: 1, skipped: [], receipts: [] }),
      apply: (wish) => (asked.push(wish), Promise.resolve({ receipt: "r" })),
      undo: (receipt, author) => (asked.push({ receipt, author }), Promise.resolve({ restored: [] })),
    };
    harness.services.doctor = doctor;
    const hash = "0123456789abcdef0123456789abcdef";
    await call("doctor.apply", { id: "state-dir", hash });
    await call("doctor.undo", { receipt: "r" });
    expect(asked).toEqual([
      { id: "state-dir", hash, author: "rpc:cli" },
      { receipt: "r", author: "rpc:cli" },
    ]);
    await expect(call("doctor.apply", { id: "state-dir", hash: "x" })).rejects.toThrow();
  });
});
