import { describe, expect, it } from "vitest";
import { openBench } from "../../../test/fakes/telegram/account.ts";
import { runWebhooks } from "../../../test/fakes/telegram/webhooks.ts";
import type { RunningChannel } from "../contract.ts";

const config = { webhookUrl: "https://home.example" };
const picture = (name: string) => ({
  kind: "image" as const,
  mimeType: "image/jpeg",
  fileName: name,
  content: Buffer.from(name),
});

async function openWebhookBench() {
  const bench = await openBench({ config });
  const channel = await bench.up();
  await bench.time.until("the webhook", () => bench.world.bot.webhook !== null);
  const link = { up: true };
  const webhooks = runWebhooks(bench.world.platform, async (_url, request) =>
    link.up ? handle(channel, request) : Promise.reject(new Error("no way there")),
  );
  return {
    bench,
    channel,
    link,
    [Symbol.asyncDispose]: () => (webhooks.stop(), bench[Symbol.asyncDispose]()),
  };
}

function handle(
  channel: RunningChannel,
  request: Parameters<NonNullable<RunningChannel["handleWebhook"]>>[0],
) {
  return channel.handleWebhook?.(request) ?? Promise.reject(new Error("no webhook"));
}

describe("telegram by webhook", () => {
  it("registers the account's own path and a secret that is not the token", async () => {
    await using opened = await openWebhookBench();
    const { webhook, token } = opened.bench.world.bot;
    expect(webhook?.url).toBe("https://home.example/channels/telegram/default");
    expect(webhook?.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(token).not.toContain(webhook?.secret ?? token);
  });

  it("takes messages in order and albums as one", async () => {
    await using opened = await openWebhookBench();
    const { bench } = opened;
    const { people, world, time, events } = bench;
    const at = world.where("direct", "alice");
    for (const text of ["one", "two", "three"]) people.say({ by: "alice", place: "direct", text }, at);
    people.say(
      { by: "alice", place: "direct", text: "album", attachments: [picture("1"), picture("2")] },
      at,
    );
    await time.until("all", () => events.length === 4 && world.bot.updates.length === 0);
    expect(events.map((event) => (event.kind === "message" ? event.text : ""))).toEqual([
      "one",
      "two",
      "three",
      "album",
    ]);
    expect(events[3]).toMatchObject({ attachments: [{ kind: "image" }, { kind: "image" }] });
  });

  it("asks for what it could not store again", async () => {
    await using opened = await openWebhookBench();
    const { bench } = opened;
    let full = true;
    bench.verdict = () =>
      full ? Promise.reject(new Error("disk full")) : Promise.resolve({ accepted: true, duplicate: false });
    bench.people.say({ by: "alice", place: "direct", text: "x" }, bench.world.where("direct", "alice"));
    await bench.time.until("a second try", () => bench.events.length === 2);
    full = false;
    await bench.time.until("the confirmation", () => bench.world.bot.updates.length === 0);
  });

  it.each([
    ["no secret", {}, "{}", 401],
    ["a wrong secret", { "x-telegram-bot-api-secret-token": "0".repeat(64) }, "{}", 401],
    ["no JSON", { secret: true }, "{", 400],
    ["no update", { secret: true }, '{"update_id":"1"}', 400],
  ])("refuses %s", async (_, headers, body, status) => {
    await using opened = await openWebhookBench();
    const secret = opened.bench.world.bot.webhook?.secret ?? "";
    const answer = await handle(opened.channel, {
      method: "POST",
      path: "/channels/telegram/default",
      headers: "secret" in headers ? { "x-telegram-bot-api-secret-token": secret } : headers,
      body: Buffer.from(body),
    });
    expect(answer.status).toBe(status);
    expect(opened.bench.events).toEqual([]);
  });

  it("tells when Telegram cannot reach it, and when somebody else took the webhook over", async () => {
    await using opened = await openWebhookBench();
    const { bench, link } = opened;
    link.up = false;
    bench.people.say({ by: "alice", place: "direct", text: "x" }, bench.world.where("direct", "alice"));
    await bench.time.until("the trouble", () =>
      bench.troubles.some(({ code }) => code === "WEBHOOK_UNREACHABLE"),
    );
    link.up = true;
    await bench.time.until("the message", () => bench.events.length === 1);
    const { receive } = bench.proofs;
    await bench.time.until("the all-clear", () => bench.proofs.receive > receive);
    bench.world.bot.webhook = { url: "https://elsewhere.example/", secret: "" };
    await bench.time.until("the trouble", () => bench.troubles.some(({ code }) => code === "CONFLICT"));
    // It is not taken back.
    expect(bench.world.bot.webhook.url).toBe("https://elsewhere.example/");
  });

  it("is deaf to the port while it polls", async () => {
    await using bench = await openBench();
    const channel = await bench.up();
    const request = { method: "POST", path: "/", headers: {}, body: Buffer.from('{"update_id":1}') };
    expect(await handle(channel, request)).toMatchObject({ status: 401 });
  });
});
