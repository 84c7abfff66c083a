import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Connection, Method } from "../contract.ts";
import { createHealth } from "../health.ts";
import { createServiceMethods, startEventRelays } from "./index.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
let stopRelays: () => void;
beforeEach(async () => {
  harness = await createTestServices();
  methods = createServiceMethods(harness.services, createHealth(harness.services));
  stopRelays = startEventRelays(harness.services);
  harness.agent.script = (lease) => ({
    payloads: [{ text: `answer to ${lease.messages[0]?.text}`, mediaUrl: null }],
  });
});
afterEach(async () => {
  stopRelays();
  await harness.close();
});

interface Message {
  id: string;
  role: string;
  content: Array<{ text: string }>;
  version?: number;
  replaces?: string;
  fixed?: boolean;
}
const call = <T>(name: string, params: unknown, connection?: Connection) =>
  harness.call(methods, name, params, connection) as Promise<T>;
const send = (message: string, idempotencyKey: string, more: Record<string, unknown> = {}) =>
  call<{ runId: string; status: string }>("chat.send", {
    sessionKey: "main",
    message,
    idempotencyKey,
    ...more,
  });
const say = async (message: string, idempotencyKey: string, more: Record<string, unknown> = {}) => {
  const sent = await send(message, idempotencyKey, more);
  await harness.services.runs.wait(idempotencyKey, 10_000);
  return sent;
};
const history = async () =>
  (await call<{ messages: Message[] }>("chat.history", { sessionKey: "main" })).messages;
const wordsOf = (messages: Message[]) => messages.map(({ content }) => content[0]?.text);

describe("chat.send with replaces", () => {
  it("goes on from before the message, in every method that reads the conversation", async () => {
    await say("one", "k1");
    await say("two", "k2");
    await say("three", "k3");
    await say("two, but better", "k4", { replaces: "k2-user" });
    const messages = await history();
    expect(wordsOf(messages)).toEqual([
      "one",
      "answer to one",
      "two, but better",
      "answer to two, but better",
    ]);
    expect(messages[2]).toMatchObject({ id: "k4-user", version: 2, replaces: "k2-user" });
    const found = await call<{ hits: unknown[] }>("chat.search", { sessionKey: "main", query: "three" });
    expect(found.hits).toEqual([]);
    const { previews } = await call<{ previews: Array<{ items: Array<{ text: string }> }> }>(
      "sessions.preview",
      {
        keys: ["main"],
      },
    );
    expect(previews[0]?.items.map(({ text }) => text)).toEqual(wordsOf(messages));
    const version = await call<{ of: number; messages: Message[]; more: boolean }>("chat.version", {
      sessionKey: "main",
      id: "k4-user",
      version: 1,
    });
    expect(version).toMatchObject({ of: 2, more: false });
    expect(wordsOf(version.messages)).toEqual(["two", "answer to two", "three", "answer to three"]);
  });

  it("has nothing before it when it was the first of all", async () => {
    await say("one", "k1");
    await say("uno", "k2", { replaces: "k1-user" });
    const page = await call<{ messages: Message[]; older?: number }>("chat.history", { sessionKey: "main" });
    expect(wordsOf(page.messages)).toEqual(["uno", "answer to uno"]);
    expect(page.older).toBeUndefined();
    const part = await call<{ older?: number }>("chat.history", { sessionKey: "main", limit: 2 });
    const before = await call<{ messages: Message[]; older?: number }>("chat.history", {
      sessionKey: "main",
      before: part.older,
    });
    expect(before).toMatchObject({ messages: [] });
    expect(before.older).toBeUndefined();
  });

  it("is the same message when it is sent again under its key", async () => {
    await say("one", "k1");
    expect(await say("one again", "k2", { replaces: "k1-user" })).toMatchObject({ status: "started" });
    expect(await send("one again", "k2", { replaces: "k1-user" })).toEqual({ runId: "k2", status: "ok" });
    expect(wordsOf(await history())).toEqual(["one again", "answer to one again"]);
  });

  it("keeps the pictures of the message unless it brings files of its own", async () => {
    const png = `iVBORw0KGgo${"A".repeat(60)}`;
    const attachments = [{ type: "image", mimeType: "image/png", fileName: "a.png", content: png }];
    await say("look", "k1", { attachments });
    const media = harness.leases.at(-1)?.messages[0]?.media[0];
    const target = {
      id: "seen",
      ts: 5,
      role: "user" as const,
      content: [
        { type: "text" as const, text: "look" },
        {
          type: "image" as const,
          digest: media?.digest ?? "",
          mimeType: "image/png",
          bytes: media?.bytes ?? 0,
        },
      ],
    };
    await harness.services.sessions.append("agent:main:main", [target]);
    await say("look closer", "k2", { replaces: "seen" });
    expect(harness.leases.at(-1)?.messages[0]?.media).toMatchObject([
      { digest: media?.digest, mimeType: "image/png" },
    ]);
  });

  it("is refused while something runs, or stops that first when asked to", async () => {
    await say("one", "k1");
    const begun = Promise.withResolvers<void>();
    harness.agent.script = (_lease, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve({}), { once: true });
        begun.resolve();
      });
    await send("slow", "k2");
    await begun.promise;
    harness.agent.script = () => ({ payloads: [{ text: "done", mediaUrl: null }] });
    await expect(send("other", "k3", { replaces: "k1-user" })).rejects.toMatchObject({
      code: "SESSION_BUSY",
    });
    const follower = harness.connect("follower");
    await call("chat.live", { sessionKey: "main" }, follower);
    await say("other", "k3", { replaces: "k1-user", stopFirst: true });
    expect(wordsOf(await history())).toEqual(["other", "done"]);
    expect(harness.services.ledger.outcome("k2")).toMatchObject({ status: "aborted" });
    // Another page learns of it.
    expect(harness.events).toContainEqual(
      expect.objectContaining({
        to: "follower",
        event: "chat.queue",
        payload: { sessionKey: "agent:main:main" },
      }),
    );
  });

  it("tells who comes late what is being replaced", async () => {
    await say("one", "k1");
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    harness.agent.script = async () => (begun.resolve(), await gate.promise, {});
    await send("uno", "k2", { replaces: "k1-user" });
    await begun.promise;
    const live = await call<{ runs: Array<{ messages: unknown[] }>; waiting: unknown[] }>("chat.live", {
      sessionKey: "main",
    });
    expect([...live.runs.flatMap(({ messages }) => messages), ...live.waiting]).toMatchObject([
      { text: "uno", replaces: "k1-user" },
    ]);
    gate.resolve();
    await harness.services.runs.wait("k2", 10_000);
  });

  it("says what is wrong with it", async () => {
    await say("one", "k1");
    await harness.services.sessions.append("agent:main:main", [
      {
        id: "eve",
        ts: 9,
        role: "user",
        origin: { door: "channel:telegram", trust: "member", sender: "eve" },
        content: [{ type: "text", text: "mine" }],
      },
    ]);
    expect((await history()).at(-1)).toMatchObject({ id: "eve", fixed: true });
    for (const [replaces, message, complaint] of [
      ["k1-answer", "x", /not one of the owner's own/],
      ["eve", "x", /not one of the owner's own/],
      ["nothing", "x", /has no message "nothing"/],
      ["k1-user", "/new", /chat command/],
      ["k1-user", " ", /message or attachment required/],
    ] as const)
      await expect(send(message, `bad ${complaint}`, { replaces })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringMatching(complaint),
      });
    // "stop" as the words of a changed message is said to the assistant.
    await say("stop", "k5", { replaces: "k1-user" });
    expect(wordsOf(await history())).toEqual(["stop", "answer to stop"]);
    await expect(
      call("chat.version", { sessionKey: "main", id: "k5-user", version: 2 }),
    ).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    await expect(call("chat.version", { sessionKey: "none", id: "x", version: 1 })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });
});
