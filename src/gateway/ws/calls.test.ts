import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { manualClock } from "../../../test/support/manual-clock.ts";
import {
  connectRaw,
  openRaw,
  startTestServer,
  testDevice,
  type Frame,
} from "../../../test/support/gateway-server.ts";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { method, type Method } from "../contract.ts";
import { FailedResult, RawJson } from "../results.ts";

const methods = (): Method[] => [
  method({
    name: "echo",
    authority: "write",
    params: z.strictObject({ text: z.string(), more: z.object({ n: z.int() }).optional() }),
    handler: (params) => params,
  }),
  method({
    name: "loose",
    authority: "read",
    lenient: true,
    params: z.object({ a: z.number().optional() }),
    handler: (params) => params,
  }),
  method({
    name: "raw",
    authority: "read",
    params: z.object({}),
    handler: () => new RawJson('{"made":"before"}'),
  }),
  method({ name: "nothing", authority: "read", params: z.object({}), handler: () => null }),
  method({
    name: "twice",
    authority: "write",
    params: z.object({}),
    async handler(_params, context) {
      context.respondEarly({ status: "accepted" });
      await turn();
      return new FailedResult(
        { status: "error", summary: "no" },
        { code: "UNAVAILABLE", message: "no model" },
      );
    },
  }),
  method({
    name: "fails",
    authority: "public",
    params: z.object({ how: z.enum(["user", "busy", "bug", "later"]) }),
    handler({ how }) {
      if (how === "user") throw new UserError("SESSION_KEY_INVALID", "bad key", { hint: "use main" });
      if (how === "busy") throw new OpenClawError("STORAGE_FAILED", "disk full", { retryable: true });
      if (how === "later") return Promise.reject(new OpenClawError("NOT_LINKED", "no link"));
      throw new TypeError("secret internals");
    },
  }),
  method({
    name: "depends",
    authority: "read",
    authorityFor: (params: { risky: boolean }) => (params.risky ? "admin" : "read"),
    params: z.object({ risky: z.boolean() }),
    handler: () => ({ done: true }),
  }),
  method({ name: "nodes.only", authority: "node", hidden: true, params: z.object({}), handler: () => ({}) }),
  method({
    name: "waits",
    authority: "read",
    params: z.object({}),
    handler: (_params, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  }),
];

const start = (settings = {}) => startTestServer({ parts: () => ({ methods: methods() }), settings });

describe("calls", () => {
  it.each<[string, unknown, Partial<Frame>]>([
    ["echo", { text: "a" }, { ok: true, payload: { text: "a" } }],
    ["echo", {}, error("INVALID_REQUEST", "invalid echo params: must have required property 'text'")],
    ["echo", undefined, error("INVALID_REQUEST", "invalid echo params: must have required property 'text'")],
    ["echo", { text: 1 }, error("INVALID_REQUEST", /^invalid echo params: at \/text: /)],
    [
      "echo",
      { text: "a", x: 1 },
      error("INVALID_REQUEST", "invalid echo params: at root: unexpected property 'x'"),
    ],
    [
      "echo",
      { text: "a", more: {} },
      error("INVALID_REQUEST", "invalid echo params: at /more: must have required property 'n'"),
    ],
    ["echo", [], error("INVALID_REQUEST", /^invalid echo params: at root: /)],
    ["loose", { a: 1, b: 2 }, { ok: true, payload: { a: 1 } }],
    ["raw", undefined, { ok: true, payload: { made: "before" } }],
    ["nothing", undefined, { ok: true, payload: null }],
    ["nope", undefined, error("INVALID_REQUEST", "unknown method: nope")],
    ["toString", undefined, error("INVALID_REQUEST", "unknown method: toString")],
    ["nodes.only", undefined, error("INVALID_REQUEST", "unauthorized role: operator")],
    [
      "fails",
      { how: "user" },
      error("INVALID_REQUEST", "bad key", { details: { code: "SESSION_KEY_INVALID", hint: "use main" } }),
    ],
    ["fails", { how: "busy" }, error("UNAVAILABLE", "disk full", { retryable: true })],
    ["fails", { how: "later" }, error("NOT_LINKED", "no link")],
    ["fails", { how: "bug" }, error("UNAVAILABLE", "internal error in fails; see the gateway log")],
  ])("%s %j", async (name, params, expected) => {
    await using test = await start();
    const client = await connectRaw(test);
    const answer = await client.request(name, params);
    expect(answer).toMatchObject(expected);
    // Real clients drop a frame with one member too many, or with null where a member is absent.
    expect(Object.keys(answer).sort()).toEqual(
      answer["ok"] === true ? ["id", "ok", "payload", "type"] : ["error", "id", "ok", "type"],
    );
  });

  it("answer twice, the failure with payload and error", async () => {
    await using test = await start();
    const client = await connectRaw(test);
    client.send({ type: "req", id: 7, method: "twice" });
    expect(await client.next((frame) => frame["id"] === 7)).toEqual({
      type: "res",
      id: 7,
      ok: true,
      payload: { status: "accepted" },
    });
    expect(await client.next((frame) => frame["id"] === 7)).toEqual({
      type: "res",
      id: 7,
      ok: false,
      payload: { status: "error", summary: "no" },
      error: { code: "UNAVAILABLE", message: "no model" },
    });
  });

  it("drop unknown members of protocol 4 clients instead of refusing them", async () => {
    await using test = await start();
    const client = await connectRaw(test, { protocol: [4, 4] });
    expect(await client.request("echo", { text: "a", x: 1 })).toMatchObject({
      ok: true,
      payload: { text: "a" },
    });
    client.send({ type: "req", id: "f", method: "raw", trace: "t" });
    expect(await client.next((frame) => frame["id"] === "f")).toMatchObject({ ok: true });
  });

  it("need their scope, also the one that follows from the parameters", async () => {
    await using test = await start();
    const reader = await connectRaw(test, { scopes: ["operator.read"] });
    expect(await reader.request("loose")).toMatchObject({ ok: true });
    expect(await reader.request("echo", { text: "a" })).toMatchObject(
      error("INVALID_REQUEST", "missing scope: operator.write"),
    );
    expect(await reader.request("echo", {})).toMatchObject(
      error("INVALID_REQUEST", "missing scope: operator.write"),
    );
    expect(await reader.request("depends", { risky: false })).toMatchObject({ ok: true });
    expect(await reader.request("depends", { risky: true })).toMatchObject(
      error("INVALID_REQUEST", "missing scope: operator.admin"),
    );
    const writer = await connectRaw(test, { scopes: ["operator.write"] });
    expect(await writer.request("loose")).toMatchObject({ ok: true });
    const node = await connectRaw(test, { device: testDevice(), role: "node", scopes: [] });
    expect(await node.request("nodes.only")).toMatchObject({ ok: true });
    expect(await node.request("loose")).toMatchObject(error("INVALID_REQUEST", "unauthorized role: node"));
  });

  it("are aborted with their connection and limited in number", async () => {
    await using test = await start({ limits: { requestsInFlight: 2 } });
    const client = await connectRaw(test);
    client.send({ type: "req", id: "w1", method: "waits" });
    client.send({ type: "req", id: "w2", method: "waits" });
    expect(await client.request("raw")).toMatchObject({ error: { code: "UNAVAILABLE", retryable: true } });
    const signals = [...test.server.broadcaster.connections()].map(
      (connection) => (connection as unknown as { signal: AbortSignal }).signal,
    );
    client.socket.terminate();
    await new Promise<void>((resolve) => signals[0]?.addEventListener("abort", () => resolve()));
    expect(signals[0]?.aborted).toBe(true);
  });

  it("ignore bad JSON after connect and answer bad frames under the id they carried", async () => {
    await using test = await start();
    const client = await connectRaw(test);
    client.send("{nope");
    client.send({ type: "req", id: "k", method: 1 });
    expect(await client.next((frame) => frame["id"] === "k")).toMatchObject(
      error("INVALID_REQUEST", /^invalid request frame: /),
    );
    client.send({ type: "req", id: "x", method: "raw", extra: true });
    expect(await client.next((frame) => frame["id"] === "x")).toMatchObject(
      error("INVALID_REQUEST", /unexpected property 'extra'/),
    );
    client.send({ type: "res", method: "raw" });
    expect(await client.next((frame) => frame["id"] === "invalid")).toMatchObject({ ok: false });
    expect(await client.request("raw")).toMatchObject({ ok: true });
  });

  it("close with 1009 on a frame beyond the announced size", async () => {
    await using test = await start();
    const client = await connectRaw(test);
    client.send({ type: "req", id: "big", method: "loose", params: { x: "y".repeat(530_000) } });
    expect((await client.closed).code).toBe(1009);
  });
});

describe("any frame", () => {
  it("gets an answer of the right shape or none, and the socket goes on", { timeout: 30_000 }, async () => {
    await using test = await start();
    const client = await connectRaw(test);
    const frame = fc.record(
      {
        type: fc.oneof(fc.constant("req"), fc.string()),
        id: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
        method: fc.oneof(
          fc.constantFrom("echo", "loose", "fails", "connect", "device.pair.list", "node.list"),
          fc.string(),
        ),
        params: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          frame.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        async (text) => {
          const before = client.frames.length;
          client.send(text);
          const probe = await client.request("raw");
          expect(probe["ok"]).toBe(true);
          for (const answer of client.frames.slice(before)) {
            if (answer["type"] !== "res") continue;
            expect(["string", "number"]).toContain(typeof answer["id"]);
            if (answer["ok"] === false) {
              const { code, message } = answer.error ?? {};
              expect(["INVALID_REQUEST", "UNAVAILABLE", "NOT_LINKED"]).toContain(code);
              expect(message).toEqual(expect.stringMatching(/./));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("events", () => {
  it("are numbered over all broadcasts, go to who may see them, and directed ones carry no number", async () => {
    await using test = await start();
    const admin = await connectRaw(test);
    const reader = await connectRaw(test, { scopes: ["operator.read"] });
    const node = await connectRaw(test, { device: testDevice(), role: "node", scopes: [] });
    const { broadcaster } = test.server;
    const droppable = { droppable: true };
    broadcaster.broadcast("chat", { n: 1 }, droppable);
    broadcaster.broadcast("exec.approval.requested", { n: 2 }, droppable);
    broadcaster.broadcast("cron", { n: 3 }, { ...droppable, requires: "admin" });
    broadcaster.broadcast("voicewake.changed", { n: 4 }, droppable);
    broadcaster.broadcast("made-up", { n: 5 }, droppable);
    for (const connection of broadcaster.connections()) connection.sendEvent("tick", { n: 6 });
    const seen = async (client: typeof admin) => {
      await client.next((frame) => (frame.payload as { n?: number } | undefined)?.n === 6);
      return client.frames
        .filter((frame) => "n" in ((frame.payload as object | undefined) ?? {}))
        .map((frame) => [(frame.payload as { n: number }).n, frame["seq"]]);
    };
    const everything = await seen(admin);
    const base = everything[0]?.[1] as number;
    expect(everything).toEqual([
      [1, base],
      [2, base + 1],
      [3, base + 2],
      [4, base + 3],
      [5, base + 4],
      [6, undefined],
    ]);
    expect(await seen(reader)).toEqual([
      [1, base],
      [4, base + 3],
      [5, base + 4],
      [6, undefined],
    ]);
    expect(await seen(node)).toEqual([
      [4, base + 3],
      [6, undefined],
    ]);
  });

  it("tick every 30 s and tell of health after a connect", async () => {
    const clock = manualClock();
    const health = new RawJson('{"ok":true}');
    await using test = await startTestServer({ clock, parts: () => ({ health: { json: () => health } }) });
    const client = await connectRaw(test);
    expect(client.hello).toMatchObject({ snapshot: { health: { ok: true } } });
    clock.advance(50);
    expect(await client.next((frame) => frame["event"] === "health")).toMatchObject({
      payload: { ok: true },
      seq: expect.any(Number),
      stateVersion: { presence: 1, health: 2 },
    });
    clock.advance(30_000);
    expect(await client.next((frame) => frame["event"] === "tick")).toMatchObject({
      payload: { ts: expect.any(Number) },
    });
  });

  it("tell of presence when a tracked client leaves, not of CLI calls", async () => {
    const clock = manualClock();
    await using test = await startTestServer({ clock });
    const watcher = await connectRaw(test, { client: { mode: "ui", id: "webchat-ui", instanceId: "w" } });
    const probe = await connectRaw(test, { client: { mode: "probe", instanceId: "p" } });
    const cli = await connectRaw(test, { client: { instanceId: "c" } });
    expect(await watcher.request("system-presence")).toMatchObject({
      payload: expect.arrayContaining([
        expect.objectContaining({ mode: "gateway", reason: "self" }),
        expect.objectContaining({ instanceId: "p" }),
      ]),
    });
    cli.socket.close();
    await cli.closed;
    probe.socket.close();
    await probe.closed;
    while (test.server.stateVersion().presence === 1) await turn();
    clock.advance(50);
    const event = await watcher.next((frame) => frame["event"] === "presence");
    expect(event).toMatchObject({ stateVersion: { presence: 2 } });
    expect(JSON.stringify(event.payload)).not.toContain('"instanceId":"p"');
  });

  it("skip a slow consumer when they may, and close it when they may not", async () => {
    await using test = await start();
    const client = await connectRaw(test);
    (client.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    const { broadcaster } = test.server;
    const big = { text: "x".repeat(200_000) };
    const connection = [...broadcaster.connections()][0];
    // The kernel's buffers take some first.
    for (let i = 0; i < 200 && connection?.sendEvent("tick", big) === true; i++) await turn();
    broadcaster.broadcast("tick", { n: 1 }, { droppable: true });
    broadcaster.broadcast("chat", { state: "final" }, { droppable: false });
    (client.socket as unknown as { _socket: { resume(): void } })._socket.resume();
    expect(await client.closed).toEqual({ code: 1008, reason: "slow consumer" });
    expect(client.frames.some((frame) => (frame.payload as { n?: number } | undefined)?.n === 1)).toBe(false);
  });

  it("say goodbye before the sockets close with 1012, also to those not signed in", async () => {
    const test = await start();
    const client = await connectRaw(test);
    const stranger = await openRaw(test.url);
    const closing = test.server.close({ reason: "gateway restarting", restartExpectedMs: 1500 });
    expect(await client.next((frame) => frame["event"] === "shutdown")).toMatchObject({
      payload: { reason: "gateway restarting", restartExpectedMs: 1500 },
    });
    expect(await client.closed).toEqual({ code: 1012, reason: "service restart" });
    expect((await stranger.closed).code).toBe(1012);
    await closing;
    await expect(openRaw(test.url)).rejects.toThrow(/ECONNREFUSED/);
    await test[Symbol.asyncDispose]();
  });
});

function error(code: string, message: string | RegExp, more: Record<string, unknown> = {}): Partial<Frame> {
  return {
    ok: false,
    error: { code, message: typeof message === "string" ? message : expect.stringMatching(message), ...more },
  };
}
