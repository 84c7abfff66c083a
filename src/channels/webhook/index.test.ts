import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../core/logger.ts";
import { systemClock } from "../../core/clock.ts";
import type { ChannelContext, InboundEvent, RunningChannel } from "../contract.ts";
import { webhookChannel } from "./index.ts";
import { sign, verify } from "./signature.ts";

const secret = "0123456789abcdef0123456789abcdef";
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function receiver(
  answer: (
    request: IncomingMessage,
    body: Buffer,
  ) => { status: number; headers?: Record<string, string>; body?: string },
): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { status, headers, body } = answer(request, Buffer.concat(parts));
      response.writeHead(status, headers).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/replies`;
}

function contextOf(
  account: string,
  config: { secret: string; url: string },
  deliver: (event: InboundEvent) => void,
): ChannelContext {
  return {
    account,
    config,
    dir: "/nonexistent",
    store: { get: () => undefined, set: () => Promise.resolve() },
    clock: systemClock,
    logger: silentLogger,
    signal,
    fence: 1,
    proved: () => {},
    trouble: () => {},
    receive: (event) => {
      deliver(event);
      return Promise.resolve({ accepted: true, duplicate: false });
    },
  };
}

const signal = new AbortController().signal;

function start(url: string, deliver: (event: InboundEvent) => void = () => {}): Promise<RunningChannel> {
  return webhookChannel.start(contextOf("default", { secret, url }, deliver));
}

describe("webhook channel, outbound", () => {
  it("posts signed bytes with the key and takes the receipt", async () => {
    const seen: Array<{ key: string; ok: boolean; body: unknown }> = [];
    const url = await receiver((request, body) => {
      seen.push({
        key: String(request.headers["idempotency-key"]),
        ok: verify(secret, String(request.headers["x-openclaw-signature"]), body, Date.now()),
        body: JSON.parse(body.toString("utf8")),
      });
      return { status: 200, body: '{"messageId":"m-1"}' };
    });
    const channel = await start(url);
    const result = await channel.send(
      { kind: "message", key: "run:0", to: "alice", text: "hello 👋" },
      signal,
    );
    expect(result).toEqual({ kind: "sent", receipt: { messageId: "m-1", status: 200 } });
    expect(seen).toEqual([
      { key: "run:0", ok: true, body: { key: "run:0", to: "alice", text: "hello 👋", account: "default" } },
    ]);
  });

  it.each([
    [429, { "retry-after": "7" }, { kind: "retry", afterMs: 7000 }],
    [503, {}, { kind: "retry" }],
    [400, {}, { kind: "dead" }],
  ])("settles %i as it means", async (status, headers, expected) => {
    const channel = await start(await receiver(() => ({ status, headers })));
    expect(await channel.send({ kind: "message", key: "k", to: "a", text: "t" }, signal)).toMatchObject(
      expected,
    );
  });

  it("does not follow a redirect to somewhere else", async () => {
    const elsewhere = await receiver(() => ({ status: 200 }));
    const channel = await start(await receiver(() => ({ status: 302, headers: { location: elsewhere } })));
    await expect(channel.send({ kind: "message", key: "k", to: "a", text: "t" }, signal)).rejects.toThrow();
  });

  it("says what is wrong with its configuration and how to mend it", async () => {
    const broken = webhookChannel.start(
      contextOf("ops", { secret: "short", url: "https://x.example" }, () => {}),
    );
    await expect(broken).rejects.toMatchObject({
      code: "CHANNEL_CONFIG",
      hint: "openclaw config set channels.webhook.accounts.ops.secret <value>",
    });
  });
});

describe("webhook channel, inbound", () => {
  const url = "http://127.0.0.1:9/";
  const post = async (channel: RunningChannel, body: Buffer, header = sign(secret, body, Date.now())) =>
    channel.handleWebhook?.({ method: "POST", path: "/", headers: { "x-openclaw-signature": header }, body });

  it("normalises a signed message", async () => {
    const messages: InboundEvent[] = [];
    const channel = await start(url, (message) => messages.push(message));
    const body = Buffer.from(JSON.stringify({ id: "1", sender: { id: "alice" }, text: "hi", ts: 5 }));
    expect(await post(channel, body)).toMatchObject({ status: 202 });
    expect(messages).toEqual([
      {
        kind: "message",
        channel: "webhook",
        account: "default",
        messageId: "1",
        chat: { kind: "direct", id: "alice" },
        sender: { id: "alice", name: "alice" },
        text: "hi",
        mentioned: false,
        sentAt: 5,
      },
    ]);
  });

  it.each([
    ["a bad signature", Buffer.from("{}"), "t=1,v1=00", 401],
    ["no JSON", Buffer.from("{"), undefined, 400],
    ["a missing sender", Buffer.from('{"id":"1","text":"x"}'), undefined, 400],
  ])("refuses %s before anything happens", async (_, body, header, status) => {
    const messages: InboundEvent[] = [];
    const channel = await start(url, (message) => messages.push(message));
    expect(await post(channel, body, header)).toMatchObject({ status });
    expect(messages).toEqual([]);
  });
});
