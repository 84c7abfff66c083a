import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../core/logger.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { createSimClock } from "../../../test/channels/sim-clock.ts";
import { botTokens, serveSlack } from "../../../test/fakes/slack/server.ts";
import { createWorld } from "../../../test/fakes/slack/world.ts";
import type {
  ChannelTrouble,
  InboundEvent,
  InboundVerdict,
  Outbound,
  RunningChannel,
  WebhookRequest,
} from "../contract.ts";
import { isHostOf } from "./api.ts";
import { emojiNameOf, emojiOf } from "./emoji.ts";
import { isLater } from "./ids.ts";
import { slackChannel } from "./index.ts";
import { wordsOf } from "./words.ts";

const signingSecret = "0123456789abcdef0123456789abcdef";
const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function bench(more: JsonObject = {}) {
  const busy: { of: (() => boolean) | null } = { of: null };
  const time = createSimClock({ quietTurns: 40, busy: () => busy.of?.() ?? false });
  const world = createWorld(time);
  const server = await serveSlack(world.platform, world.people.us);
  busy.of = () => server.busy();
  const { bot, app } = botTokens("default");
  const store = new Map<string, JsonValue>();
  const events: InboundEvent[] = [];
  const troubles: ChannelTrouble[] = [];
  const proofs = { receive: 0, send: 0 };
  const account: { running: RunningChannel | null } = { running: null };
  const kit = {
    time,
    world,
    server,
    store,
    events,
    troubles,
    proofs,
    verdict: null as ((event: InboundEvent) => Promise<InboundVerdict>) | null,
    up: async (): Promise<RunningChannel> => {
      const running = await slackChannel.start({
        account: "default",
        config: { botToken: bot, appToken: app, apiRoot: server.apiRoot, ...more },
        dir: "/nonexistent",
        store: {
          get: (key) => store.get(key),
          set: async (key, value) => void (await Promise.resolve(store.set(key, value))),
        },
        clock: time,
        logger: silentLogger,
        signal: new AbortController().signal,
        fence: 1,
        receive(event) {
          events.push(event);
          return kit.verdict?.(event) ?? Promise.resolve({ accepted: true, duplicate: false });
        },
        proved: (direction) => void (proofs[direction] += 1),
        trouble: (trouble) => void troubles.push(trouble),
      });
      account.running = running;
      await time.until("it to connect", () => proofs.receive > 0 || troubles.length > 0);
      return running;
    },
    send: (message: Partial<Outbound>) =>
      time.during(
        "the send",
        account.running?.send(
          { kind: "message", key: "k", to: world.world.direct, text: "", ...message } as Outbound,
          AbortSignal.any([]),
        ) ?? Promise.reject(new Error("not running")),
      ),
    texts: () => events.flatMap((event) => (event.kind === "message" ? event.text : [])),
  };
  closing.push(async () => {
    if (account.running) await time.during("stopping", account.running.stop());
    await server.stop();
    time.release();
  });
  return kit;
}

describe("socket mode", () => {
  it("replaces a connection that Slack is about to close, without asking history", async () => {
    const { time, world, server, up, texts } = await bench();
    await up();
    await time.pass(60_000);
    const asked = server.calls.length;
    server.sockets.refresh();
    await time.pass(1000);
    world.say({ by: "alice", place: "direct", text: "between two" });
    await time.until("the message", () => texts().includes("between two"));
    await time.pass(60_000);
    expect(server.sockets.count()).toBe(1);
    const calls = server.calls.slice(asked);
    expect(calls.filter((call) => call === "apps.connections.open")).toHaveLength(1);
    expect(calls).not.toContain("conversations.history");
  });
  it("asks history and threads for what Slack no longer sends", async () => {
    const { time, world, up, texts } = await bench();
    const first = await up();
    world.say({ by: "alice", place: "direct", text: "one" });
    world.say({ by: "bob", place: "thread", text: "in the thread" });
    await time.until("both", () => texts().length === 2);
    await time.pass(60_000);
    await time.during("stopping", first.stop());
    world.say({ by: "alice", place: "direct", text: "two" });
    world.say({ by: "bob", place: "thread", text: "still in the thread" });
    world.say({ by: "bob", place: "direct", text: "a first word" });
    // Three tries are over after six minutes.
    await time.pass(30 * 60_000);
    await up();
    await time.until("all", () => texts().length >= 5);
    await time.pass(60_000);
    expect(texts().sort()).toEqual(["a first word", "in the thread", "one", "still in the thread", "two"]);
  });
  it("goes on where it was when Slack wants less to be asked, and lets new messages pass meanwhile", async () => {
    const { time, world, server, up, texts } = await bench();
    const first = await up();
    world.say({ by: "alice", place: "direct", text: "one" });
    await time.until("it", () => texts().length === 1);
    await time.during("stopping", first.stop());
    world.say({ by: "alice", place: "direct", text: "two" });
    await time.pass(30 * 60_000);
    server.faults.historyLimited = 3;
    const asked = server.calls.length;
    await up();
    await time.pass(1000);
    world.say({ by: "alice", place: "group", text: "new" });
    await time.until("the new one", () => texts().includes("new"), 25_000);
    expect(texts()).not.toContain("two");
    await time.until("the old one", () => texts().includes("two"));
    expect(server.calls.slice(asked).filter((call) => call === "users.conversations")).toHaveLength(1);
  });
  it("asks again for a message that could not be stored, although later ones were", async () => {
    const kit = await bench();
    await kit.up();
    kit.verdict = (event) =>
      event.kind === "message" && event.text === "lost?"
        ? Promise.reject(new Error("disk full"))
        : Promise.resolve({ accepted: true, duplicate: false });
    kit.world.say({ by: "alice", place: "direct", text: "lost?" });
    kit.world.say({ by: "alice", place: "direct", text: "stored" });
    await kit.time.until("the second", () => kit.texts().includes("stored"));
    await kit.time.pass(30 * 60_000);
    kit.verdict = null;
    const tries = kit.texts().filter((text) => text === "lost?").length;
    await kit.time.until("the first", () => kit.texts().filter((text) => text === "lost?").length > tries);
  });
  it("gives up with the command that mends it when the token is revoked", async () => {
    const { server, up, troubles } = await bench();
    server.revoke(true);
    await up();
    expect(troubles).toMatchObject([{ code: "TOKEN_REVOKED", fatal: true }]);
    expect(troubles[0]?.hint).toContain("openclaw config set channels.slack.botToken");
  });
});

describe("sending", () => {
  it("opens the direct chat of a person", async () => {
    const { world, up, send } = await bench();
    await up();
    expect(await send({ to: world.people.bob.id, text: "hello" })).toMatchObject({ kind: "sent" });
    expect(world.seen()).toMatchObject([{ chatId: world.world.bobsDirect, plain: "hello" }]);
  });
  it("finds a file whose sharing was not answered, and shares it once", async () => {
    const { world, server, up, send, time } = await bench();
    const running = await up();
    const content = Buffer.from("some text");
    const media = [
      {
        kind: "document" as const,
        mimeType: "text/plain",
        fileName: "a.txt",
        bytes: content.length,
        read: () => Promise.resolve(content),
      },
    ];
    server.faults.losingAnswers = 1;
    expect(await send({ key: "file", media, text: "here" })).toMatchObject({ kind: "unknown" });
    const { direct } = world.world;
    const found = await time.during(
      "asking",
      running.query?.("file", direct, AbortSignal.any([])) ?? Promise.reject(),
    );
    expect(found).toEqual({ messageId: world.seen()[0]?.messageId });
    expect(world.seen()).toHaveLength(1);
    expect(
      await time.during("asking", running.query?.("other", direct, AbortSignal.any([])) ?? Promise.reject()),
    ).toBe(null);
  });
  it("finds what was sent into a thread", async () => {
    const { world, server, up, send, time } = await bench();
    const running = await up();
    const { group, thread = "" } = world.world;
    server.faults.losingAnswers = 1;
    expect(await send({ key: "deep", to: group, threadId: thread, text: "deep" })).toMatchObject({
      kind: "unknown",
    });
    const signal = AbortSignal.any([]);
    expect(
      await time.during("asking", running.query?.("deep", group, signal, thread) ?? Promise.reject()),
    ).toEqual({
      messageId: world.seen()[0]?.messageId,
    });
  });
  it("writes long text with buttons as sections Slack takes", async () => {
    const { world, up, send } = await bench();
    await up();
    const text = "a < b & c ".repeat(380);
    const buttons = [[{ label: "Yes", value: "y" }]];
    expect(await send({ text, buttons })).toMatchObject({ kind: "sent" });
    const [seen] = world.seen();
    expect(seen?.buttons).toEqual(["y"]);
    expect(seen?.plain.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
  });
  it.each([
    [{ to: "#general" }, /no Slack id/],
    [{ to: "C0NOWHERE" }, /channel_not_found/],
    [{ kind: "react" as const, messageId: "D0ALICE01:1.1", emoji: "🪤" }, /give it as :name:/],
    [{ kind: "delete" as const, messageId: "nonsense" }, /no Slack message id/],
  ])("refuses %j for good", async (message, error) => {
    const { up, send } = await bench();
    await up();
    const result = await send({ text: "x", ...message } as Partial<Outbound>);
    expect(result).toMatchObject({ kind: "dead", error: expect.stringMatching(error) as string });
  });
});

describe("events over HTTP", () => {
  const request = (body: string, more: { type?: string; at: number; secret?: string }): WebhookRequest => {
    const stamp = String(Math.floor(more.at / 1000));
    const hmac = createHmac("sha256", more.secret ?? signingSecret)
      .update(`v0:${stamp}:${body}`)
      .digest("hex");
    return {
      method: "POST",
      path: "/channels/slack/default",
      headers: {
        "content-type": more.type ?? "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": `v0=${hmac}`,
      },
      body: Buffer.from(body),
    };
  };
  const http = () => bench({ appToken: "", signingSecret });
  const form = "application/x-www-form-urlencoded";

  it("answers the challenge of a new address", async () => {
    const { up, time } = await http();
    const running = await up();
    const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1a" });
    expect(await running.handleWebhook?.(request(body, { at: time.now() }))).toEqual({
      status: 200,
      body: '{"challenge":"3eZbrw1a"}',
    });
  });
  it("takes messages once, however often Slack repeats them", async () => {
    const { up, time, texts } = await http();
    const running = await up();
    const event = {
      type: "message",
      channel: "D0ALICE01",
      channel_type: "im",
      user: "U0ALICE01",
      text: "hi",
      ts: "1.2",
    };
    const body = JSON.stringify({ type: "event_callback", event_id: "Ev1", event });
    const post = () => running.handleWebhook?.(request(body, { at: time.now() })) ?? Promise.reject();
    const both = Promise.all([post(), post()]);
    expect((await time.during("the answers", both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(texts()).toEqual(["hi"]);
  });
  it("takes slash commands and presses", async () => {
    const { up, time, events } = await http();
    const running = await up();
    const command = new URLSearchParams({
      command: "/openclaw",
      text: "status all",
      user_id: "U0ALICE01",
      channel_id: "C0GROUP01",
      trigger_id: "t1",
    });
    const post = (body: string) =>
      time.during(
        "the answer",
        running.handleWebhook?.(request(body, { at: time.now(), type: form })) ?? Promise.reject(),
      );
    expect((await post(command.toString())).status).toBe(200);
    expect(events).toMatchObject([
      { kind: "message", text: "/status all", command: true, chat: { kind: "group" } },
    ]);
    const payload = JSON.stringify({
      type: "block_actions",
      user: { id: "U0ALICE01" },
      channel: { id: "D0ALICE01" },
      message: { ts: "1.3" },
      actions: [{ value: "yes", action_ts: "1.4" }],
    });
    expect((await post(new URLSearchParams({ payload }).toString())).status).toBe(200);
    expect(events[1]).toMatchObject({ kind: "action", value: "yes", targetId: "D0ALICE01:1.3" });
  });
  it.each([
    ["another secret", { secret: "ffffffffffffffffffffffffffffffff", late: 0 }],
    ["an old one", { secret: signingSecret, late: 301_000 }],
    ["one from the future", { secret: signingSecret, late: -301_000 }],
  ])("refuses a signature of %s", async (_what, { secret, late }) => {
    const { up, time, events } = await http();
    const running = await up();
    const body = JSON.stringify({ type: "event_callback", event: {} });
    const answer = await running.handleWebhook?.(request(body, { at: time.now() - late, secret }));
    expect(answer?.status).toBe(401);
    expect(events).toEqual([]);
  });
  it("asks for a repeat when a message could not be stored", async () => {
    const kit = await http();
    const running = await kit.up();
    kit.verdict = () => Promise.reject(new Error("disk full"));
    const event = { type: "message", channel: "D0ALICE01", user: "U0ALICE01", text: "hi", ts: "1.2" };
    const body = JSON.stringify({ type: "event_callback", event });
    const answer = running.handleWebhook?.(request(body, { at: kit.time.now() })) ?? Promise.reject();
    expect((await kit.time.during("the answer", answer)).status).toBe(503);
  });
});

describe("reading", () => {
  it.each([
    ["a &lt;b&gt; &amp;amp;", "a <b> &amp;"],
    ["<@U1> and <@U2|bo>", "@Ann and @bo"],
    ["<#C9|general> <!here> <!subteam^S1|@team>", "#general @here @team"],
    ["<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"],
    ["<https://a.example|the page>", "the page (https://a.example)"],
    ["<http://a.example|a.example> <mailto:a@b.c|a@b.c>", "a.example a@b.c"],
    ["1 < 2 <", "1 < 2 <"],
  ])("reads %s", (raw, words) => {
    expect(wordsOf(raw, { nameOf: (id) => (id === "U1" ? "Ann" : "") })).toBe(words);
  });
  it("knows emoji by name and back", () => {
    for (const emoji of ["👍", "❤️", "👀", "🦞"]) expect(emojiOf(emojiNameOf(emoji) ?? "")).toBe(emoji);
    expect(emojiNameOf("👍🏽")).toBe("+1::skin-tone-4");
    expect(emojiOf("+1::skin-tone-4")).toBe("👍🏽");
    expect(emojiOf("party-parrot")).toBe(":party-parrot:");
    expect(emojiNameOf(":party-parrot:")).toBe("party-parrot");
    expect(emojiNameOf("not an emoji")).toBe(null);
  });
  it("compares times of whatever length", () => {
    expect(isLater("1700000000.000200", "1700000000.000100")).toBe(true);
    expect(isLater("1700000000.0002", "1700000000.000200")).toBe(false);
    expect(isLater("999999999.9", "1700000000.0")).toBe(false);
  });
  it.each([
    ["https://files.slack.com/x", "https://slack.com/api", true],
    ["https://files.slack.com.evil.example/x", "https://slack.com/api", false],
    ["https://evilslack.com/x", "https://slack.com/api", false],
    ["http://files.slack.com/x", "https://slack.com/api", false],
    ["http://127.0.0.1:80/x", "http://127.0.0.1:8080/api", false],
    ["http://127.0.0.1:8080/x", "http://127.0.0.1:8080/api", true],
    ["https://1.0.0.1/x", "http://127.0.0.1:8080/api", false],
  ])("tells %s the token of %s: %s", (url, root, expected) => {
    expect(isHostOf(url, new URL(root))).toBe(expected);
  });
});
