import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Connection, Method } from "../contract.ts";
import { createHealth } from "../health.ts";
import { FailedResult } from "../results.ts";
import { createServiceMethods, startEventRelays } from "./index.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
let stopRelays: () => void;
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

beforeEach(async () => {
  harness = await createTestServices();
  methods = createServiceMethods(harness.services, createHealth(harness.services));
  stopRelays = startEventRelays(harness.services);
});
afterEach(async () => {
  stopRelays();
  await harness.close();
});

const call = (name: string, params?: unknown, connection?: Connection, early?: unknown[]) =>
  harness.call(methods, name, params, connection, early);
const chatStates = () =>
  harness.events.filter((each) => each.event === "chat").map((each) => each.payload["state"]);

describe("chat.send", () => {
  it("answers started, in_flight while it runs, ok afterwards, and sends events in the documented order", async () => {
    const gate = Promise.withResolvers<void>();
    harness.agent.script = async (_lease, hooks) => {
      hooks.emit({ type: "text", text: "Hel", delta: "Hel" });
      await gate.promise;
      hooks.emit({ type: "text", text: "Hello", delta: "lo" });
      return { payloads: [{ text: "Hello", mediaUrl: null }] };
    };
    const send = { sessionKey: "main", message: "hi there", idempotencyKey: "run-a" };
    expect(await call("chat.send", send)).toEqual({ runId: "run-a", status: "started" });
    expect(await call("chat.send", send)).toEqual({ runId: "run-a", status: "in_flight" });
    gate.resolve();
    await harness.services.runs.wait("run-a", 5000);
    expect(await call("chat.send", send)).toEqual({ runId: "run-a", status: "ok" });

    const seen = harness.events.map((each) => {
      const data = (each.payload["data"] ?? {}) as { phase?: string };
      return [each.event, each.payload["stream"] ?? each.payload["state"], data.phase]
        .filter(Boolean)
        .join(" ");
    });
    expect(seen).toEqual([
      "agent lifecycle start",
      "agent assistant",
      "chat delta",
      "agent assistant",
      "agent lifecycle end",
      "chat final",
    ]);
    expect(harness.events.every((each) => each.payload["sessionKey"] === "main")).toBe(true);
    expect(harness.events.every((each) => each.requires === "read")).toBe(true);
    const agentSeqs = harness.events
      .filter((each) => each.event === "agent")
      .map((each) => each.payload["seq"]);
    expect(agentSeqs).toEqual([1, 2, 3, 4]);
    expect(harness.events.at(-1)?.payload).toMatchObject({
      runId: "run-a",
      state: "final",
      message: { role: "assistant", content: [{ type: "text", text: "Hello" }] },
    });
  });

  it("tells tool activity only to the connection that started the run and asked for it", async () => {
    const starter = harness.connect("starter", { caps: ["tool-events"] });
    harness.connect("watcher", { caps: ["tool-events"] });
    harness.agent.script = (_lease, hooks) => {
      hooks.emit({ type: "tool_started", callId: "c1", name: "read", input: { path: "a" } });
      hooks.emit({
        type: "tool_finished",
        callId: "c1",
        name: "read",
        isError: false,
        content: [{ type: "text", text: "secret file" }],
        durationMs: 2,
      });
      return { payloads: [{ text: "done", mediaUrl: null }] };
    };
    await call("chat.send", { sessionKey: "main", message: "x", idempotencyKey: "t1" }, starter);
    await harness.services.runs.wait("t1", 5000);
    const tools = harness.events.filter((each) => each.payload["stream"] === "tool");
    expect(tools.map((each) => each.to)).toEqual(["starter", "starter"]);
    expect(tools[0]?.payload["data"]).toEqual({
      phase: "start",
      name: "read",
      toolCallId: "c1",
      args: { path: "a" },
    });
    expect(JSON.stringify(tools)).not.toContain("secret file");

    harness.events.length = 0;
    await call("sessions.patch", { key: "main", verboseLevel: "full" });
    await call("chat.send", { sessionKey: "main", message: "x", idempotencyKey: "t2" }, starter);
    await harness.services.runs.wait("t2", 5000);
    expect(JSON.stringify(harness.events)).toContain("secret file");

    harness.events.length = 0;
    await call("sessions.patch", { key: "main", verboseLevel: "off" });
    await call("chat.send", { sessionKey: "main", message: "x", idempotencyKey: "t3" }, starter);
    await harness.services.runs.wait("t3", 5000);
    expect(harness.events.some((each) => each.payload["stream"] === "tool")).toBe(false);
  });

  it.each(["/stop", "Stop", " esc ", "interrupt"])("takes %j as the wish to stop the run", async (word) => {
    harness.agent.script = (_lease, hooks) =>
      new Promise((resolve) => hooks.signal.addEventListener("abort", () => resolve({})));
    await call("chat.send", { sessionKey: "main", message: "long work", idempotencyKey: "r1" });
    await expect.poll(() => chatStates().length + harness.leases.length).toBeGreaterThan(0);
    expect(await call("chat.send", { sessionKey: "main", message: word, idempotencyKey: "r2" })).toEqual({
      ok: true,
      aborted: true,
      runIds: ["r1"],
    });
    await harness.services.runs.wait("r1", 5000);
    expect(chatStates()).toEqual(["aborted"]);
  });

  it("ends the chat of a message that another run answered", async () => {
    const gate = Promise.withResolvers<void>();
    harness.agent.script = async () => {
      await gate.promise;
      return { payloads: [{ text: "both", mediaUrl: null }] };
    };
    await call("chat.send", { sessionKey: "main", message: "one", idempotencyKey: "m1" });
    await expect.poll(() => harness.leases.length).toBe(1);
    await call("chat.send", { sessionKey: "main", message: "two", idempotencyKey: "m2" });
    await call("chat.send", { sessionKey: "main", message: "three", idempotencyKey: "m3" });
    gate.resolve();
    await harness.services.runs.wait("m3", 5000);
    const finals = harness.events
      .filter((each) => each.event === "chat" && each.payload["state"] === "final")
      .map((each) => each.payload["runId"]);
    expect([...finals].sort()).toEqual(["m1", "m2", "m3"]);
  });

  it("keeps other files that are sent as such, by what they are", async () => {
    await call("chat.send", {
      sessionKey: "main",
      message: "",
      idempotencyKey: "f1",
      attachments: [
        { type: "file", content: Buffer.from("OggS voice").toString("base64"), mimeType: "image/png" },
        {
          type: "file",
          content: Buffer.from("a,b\n1,2").toString("base64"),
          mimeType: "text/csv",
          fileName: "t.csv",
        },
        { type: "image", content: Buffer.from("no image").toString("base64"), mimeType: "image/png" },
      ],
    });
    await harness.services.runs.wait("f1", 5000);
    expect(harness.leases[0]?.messages[0]?.media).toMatchObject([
      { mimeType: "audio/ogg" },
      { mimeType: "text/csv", fileName: "t.csv" },
    ]);
  });

  it("keeps images, drops other attachments, refuses broken ones", async () => {
    const base = { sessionKey: "main", message: "look", idempotencyKey: "a1" };
    await call("chat.send", {
      ...base,
      attachments: [
        { content: `data:image/jpeg;base64,${png}` },
        { content: "aGVsbG8=", mimeType: "image/png" },
      ],
    });
    await harness.services.runs.wait("a1", 5000);
    expect(harness.leases[0]?.messages[0]?.media).toMatchObject([{ mimeType: "image/png", bytes: 70 }]);
    await expect(
      call("chat.send", { ...base, idempotencyKey: "a2", attachments: [{ content: "%%%" }] }),
    ).rejects.toThrow("attachment 1 is not valid base64");
    await expect(
      call("chat.send", { ...base, idempotencyKey: "a3", attachments: [{ content: "A".repeat(7_000_000) }] }),
    ).rejects.toThrow("larger than 5000000 bytes");
    await expect(
      call("chat.send", { sessionKey: "main", message: " ", idempotencyKey: "a4" }),
    ).rejects.toThrow("message or attachment required");
  });
});

describe("chat.history", () => {
  it("gives the last messages oldest first and echoes the key as sent", async () => {
    for (const id of ["h1", "h2", "h3"]) {
      await call("chat.send", { sessionKey: "main", message: id, idempotencyKey: id });
      await harness.services.runs.wait(id, 5000);
    }
    const history = (await call("chat.history", { sessionKey: "main", limit: 2 })) as {
      sessionKey: string;
      messages: Array<{ role: string; content: Array<{ text: string }> }>;
    };
    expect(history.sessionKey).toBe("main");
    expect(history.messages.map((message) => [message.role, message.content[0]?.text])).toEqual([
      ["user", "h3"],
      ["assistant", "hello"],
    ]);
    expect(await call("chat.history", { sessionKey: "never-used" })).toEqual({
      sessionKey: "never-used",
      messages: [],
    });
    await expect(call("chat.history", { sessionKey: "main", limit: 1001 })).rejects.toThrow();
  });

  it("pages back to the first message, each message once", async () => {
    const sent = Array.from({ length: 7 }, (_, index) => `p${index}`);
    for (const id of sent) {
      await call("chat.send", { sessionKey: "pages", message: id, idempotencyKey: id });
      await harness.services.runs.wait(id, 5000);
    }
    const pages: string[][] = [];
    let before: number | undefined;
    do {
      const page = (await call("chat.history", {
        sessionKey: "pages",
        limit: 3,
        ...(before === undefined ? {} : { before }),
      })) as { messages: Array<{ role: string; content: Array<{ text: string }> }>; older?: number };
      pages.unshift(
        page.messages.flatMap(({ role, content }) => (role === "user" ? [content[0]?.text ?? ""] : [])),
      );
      before = page.older;
    } while (before !== undefined);
    expect(pages.length).toBe(5);
    expect(pages.flat()).toEqual(sent);
  });

  it("shows injected messages", async () => {
    await expect(call("chat.inject", { sessionKey: "main", message: "note" })).rejects.toThrow(
      "session not found",
    );
    await call("chat.send", { sessionKey: "main", message: "x", idempotencyKey: "i1" });
    await harness.services.runs.wait("i1", 5000);
    const { messageId } = (await call("chat.inject", { sessionKey: "main", message: "note" })) as {
      messageId: string;
    };
    expect(harness.events.at(-1)?.payload).toMatchObject({
      runId: `inject-${messageId}`,
      seq: 0,
      state: "final",
    });
    const { messages } = (await call("chat.history", { sessionKey: "main" })) as {
      messages: Array<{ kind?: string }>;
    };
    expect(messages.at(-1)?.kind).toBe("injected");
  });
});

describe("agent", () => {
  it("answers twice, the last time with payloads, meta and stats", async () => {
    const early: unknown[] = [];
    const answer = await call("agent", { message: "hi", idempotencyKey: "g1" }, harness.connect("c"), early);
    expect(early).toEqual([{ runId: "g1", status: "accepted", acceptedAt: expect.any(Number) }]);
    expect(answer).toMatchObject({
      runId: "g1",
      status: "ok",
      summary: "completed",
      result: {
        payloads: [{ text: "hello", mediaUrl: null }],
        meta: {
          aborted: false,
          durationMs: expect.any(Number),
          agentMeta: { provider: "test", model: "scripted", usage: { input: 12, output: 3, total: 15 } },
        },
        stats: { durationMs: expect.any(Number), tokensIn: 12, tokensOut: 3 },
      },
    });
    const lastChat = harness.events.findIndex((each) => each.payload["state"] === "final");
    expect(lastChat).toBeGreaterThan(0);
    const repeat: unknown[] = [];
    expect(
      await call("agent", { message: "hi", idempotencyKey: "g1" }, harness.connect("d"), repeat),
    ).toEqual(answer);
    expect(repeat).toEqual([]);
    expect(harness.leases).toHaveLength(1);
  });

  it("answers a failed run with a payload beside the error", async () => {
    harness.agent.script = () => ({
      status: "error",
      reason: "failed_model",
      error: { code: "MODEL_AUTH", message: "the key was refused", hint: "openclaw models auth add" },
    });
    const failed = (await call("agent", { message: "hi", idempotencyKey: "e1" })) as FailedResult;
    expect(failed).toBeInstanceOf(FailedResult);
    expect(failed.error).toMatchObject({
      code: "UNAVAILABLE",
      message: "the key was refused (openclaw models auth add)",
    });
    expect(failed.payload).toMatchObject({ runId: "e1", status: "error" });
    expect(chatStates()).toEqual(["error"]);
    expect(await call("agent.wait", { runId: "e1" })).toMatchObject({ runId: "e1", status: "error" });
  });

  it.each([
    [{ agentId: "nobody" }, /unknown agent id "nobody"/],
    [{ sessionId: "no-such" }, /no session has id "no-such"/],
    [{ agentId: "main", sessionKey: "agent:ops:main" }, /belongs to agent "ops"/],
    [{ thinking: "deep" }, /unknown thinking level "deep"/],
    [{ deliver: true }, /deliver needs a channel/],
  ])("refuses %j", async (more, message) => {
    await expect(call("agent", { message: "hi", idempotencyKey: "x", ...more })).rejects.toThrow(message);
  });

  it("waits no longer than asked", async () => {
    expect(await call("agent.wait", { runId: "unknown", timeoutMs: 5 })).toEqual({
      runId: "unknown",
      status: "timeout",
    });
  });

  it("wakes the main session with a text", async () => {
    const place = { channel: "telegram", account: "default", to: "7" };
    harness.services.heartbeat.target = () => place;
    for (const mode of ["next-heartbeat", "now"])
      expect(await call("wake", { mode, text: `look (${mode})` })).toEqual({ ok: true });
    await expect
      .poll(() => harness.leases.flatMap((lease) => lease.messages.map((each) => each.text)))
      .toEqual(["look (now)"]);
    expect(harness.leases[0]?.messages[0]?.deliverTo).toEqual(place);
    expect(harness.services.systemEvents.waiting()).toMatchObject([
      { agentId: "main", text: "look (next-heartbeat)", source: "wake", owner: true },
    ]);
    await expect(call("wake", { mode: "later", text: "x" })).rejects.toThrow();
    await expect(call("wake", { mode: "now", text: " " })).rejects.toThrow("must not be empty");
  });
});
