import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock, type Clock } from "../../core/clock.ts";
import type { JsonObject } from "../../core/json.ts";
import { silentLogger } from "../../core/logger.ts";
import { createSimClock } from "../../../test/channels/sim-clock.ts";
import { serveSignal } from "../../../test/fakes/signal/server.ts";
import { createWorld } from "../../../test/fakes/signal/world.ts";
import type { ChannelContext, ChannelTrouble, InboundEvent, LoginStep, Outbound } from "../contract.ts";
import { eventsOf } from "./inbound.ts";
import { signalChannel } from "./index.ts";
import { readEvents, type ServerEvent } from "./stream.ts";

const closing: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const never = AbortSignal.any([]);

function contextOf(more: Partial<ChannelContext> & { clock: Clock; config: JsonObject }) {
  const events: InboundEvent[] = [];
  const troubles: ChannelTrouble[] = [];
  const proofs = { receive: 0, send: 0 };
  const context: ChannelContext = {
    account: "default",
    dir: "/nonexistent",
    store: { get: () => undefined, set: () => Promise.resolve() },
    logger: silentLogger,
    signal: never,
    fence: 1,
    receive(event) {
      events.push(event);
      return Promise.resolve({ accepted: true, duplicate: false });
    },
    proved: (direction) => void (proofs[direction] += 1),
    trouble: (trouble) => void troubles.push(trouble),
    ...more,
  };
  return { context, events, troubles, proofs };
}

async function bench(more: Partial<ChannelContext> = {}) {
  const busy: { of: (() => boolean) | null } = { of: null };
  const time = createSimClock({ quietTurns: 40, busy: () => busy.of?.() ?? false });
  const world = createWorld(time);
  const server = await serveSignal(world.platform);
  busy.of = () => server.busy();
  const { number } = world.platform.us;
  const kit = contextOf({ clock: time, config: { number, httpUrl: server.url }, ...more });
  const running = await signalChannel.start(kit.context);
  closing.push(async () => {
    await time.during("stopping", running.stop());
    await server.stop();
    time.release();
  });
  await time.until("it to listen", () => kit.proofs.receive > 0);
  const send = (message: Partial<Outbound>) =>
    time.during(
      "the send",
      running.send(
        { kind: "message", key: "k", to: world.world.direct, text: "", ...message } as Outbound,
        never,
      ),
    );
  const texts = () => kit.events.flatMap((event) => (event.kind === "message" ? event.text : []));
  return { ...kit, time, world, server, running, send, texts };
}

describe("the account", () => {
  it("replaces a stream that says nothing any more", async () => {
    const { server, time, world, texts, troubles } = await bench();
    server.halfOpen();
    await time.until("the trouble", () => troubles.some(({ code }) => code === "NETWORK"), 120_000);
    world.say({ by: "alice", place: "direct", text: "still there?" });
    await time.until("the message", () => texts().includes("still there?"));
  });
  it("keeps what could not be stored, in order, until it can be", async () => {
    let full = true;
    const stored: string[] = [];
    const { world, time } = await bench({
      receive(event) {
        if (full) return Promise.reject(new Error("disk full"));
        if (event.kind === "message") stored.push(event.text);
        return Promise.resolve({ accepted: true, duplicate: false });
      },
    });
    for (const text of ["one", "two"]) world.say({ by: "alice", place: "direct", text });
    await time.pass(120_000);
    full = false;
    await time.until("both", () => stored.length === 2);
    expect(stored).toEqual(["one", "two"]);
  });
  it("hands on what its people write on their phone as their own", async () => {
    const { world, time, events } = await bench();
    world.say({ by: "us", place: "direct", text: "from my phone" });
    await time.until("the message", () => events.length > 0);
    const { number } = world.people.us;
    expect(events).toMatchObject([
      { sender: { id: number, self: true }, chat: { kind: "direct", id: world.world.direct } },
    ]);
  });
  it("names mentions, quotes and senders by what never changes", async () => {
    const { world, time, events, send } = await bench();
    const sent = await send({ text: "**done**" });
    const ours = sent.kind === "sent" ? sent.receipt["messageId"] : "";
    if (typeof ours !== "string") throw new Error("no id");
    world.say({ by: "alice", place: "group", text: "look", mention: true, quoting: ours });
    await time.until("the message", () => events.length > 0);
    const { alice } = world.people;
    expect(events[0]).toMatchObject({
      text: "@Assistant look",
      mentioned: true,
      sender: { id: alice.uuid, otherIds: [alice.number] },
      replyTo: { messageId: ours, ours: true, text: "done" },
    });
  });
});

describe("sending", () => {
  it.each([
    [{ to: "not base64!" }, "dead", /neither a person nor a group/],
    [{ to: "+491700000000" }, "dead", /not registered/],
    [{ to: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, "dead", /Invalid group/],
    [{ kind: "delete" as const, messageId: "x" }, "dead", /no Signal message id/],
    [{ text: "" }, "dead", /empty message/],
  ])("settles %j as %s", async (message, kind, error) => {
    const { send } = await bench();
    const result = await send({ text: "x", ...message } as Partial<Outbound>);
    expect(result).toMatchObject({ kind, error: expect.stringMatching(error) as string });
  });
  it.each([
    ["Failed to send message: StatusCode: 503 (NonSuccessfulResponseCodeException)", "retry"],
    ["Failed to send message: timeout (SocketTimeoutException)", "unknown"],
  ])("settles %s as %s", async (message, kind) => {
    const { time } = await bench();
    const http = await import("node:http");
    const server = http.createServer((_request, response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id: "1", error: { code: -3, message } })),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { context } = contextOf({
      clock: time,
      config: { number: "+491510000000", httpUrl: `http://127.0.0.1:${port}` },
    });
    const running = await signalChannel.start(context);
    const result = running.send({ kind: "message", key: "k", to: "+491510000001", text: "x" }, never);
    expect((await time.during("the send", result)).kind).toBe(kind);
    await time.during("stopping", running.stop());
    await new Promise((resolve) => server.close(resolve));
  });
  it("keeps names of files whatever is in them", async () => {
    const { send, world } = await bench();
    const content = Buffer.from("x");
    const media = [
      {
        kind: "document" as const,
        mimeType: "text/plain; charset=utf-8",
        fileName: 'a;b="c",é/../x.txt',
        bytes: 1,
        read: () => Promise.resolve(content),
      },
    ];
    expect(await send({ media })).toMatchObject({ kind: "sent" });
    expect(world.seen()[0]?.media).toMatchObject([
      { mimeType: "text/plain", fileName: 'a;b="c",é_.._x.txt' },
    ]);
  });
  it("says who has to log in again", async () => {
    const { server, send, troubles } = await bench();
    server.faults.revoked = true;
    expect(await send({ text: "x" })).toMatchObject({ kind: "retry" });
    expect(troubles.at(-1)).toMatchObject({
      code: "LOGGED_OUT",
      fatal: true,
      hint: "openclaw channels login --channel signal",
    });
  });
});

describe("signal-cli started by us", () => {
  function home(): { dir: string; cliPath: string } {
    const dir = mkdtempSync(join(tmpdir(), "openclaw-signal-"));
    closing.push(() => rmSync(dir, { recursive: true, force: true }));
    const double = fileURLToPath(new URL("../../../test/fakes/signal/main.ts", import.meta.url));
    const cliPath = join(dir, "signal-cli-double");
    writeFileSync(cliPath, `#!/bin/sh\nexec ${process.execPath} ${double} "$@"\n`);
    chmodSync(cliPath, 0o700);
    return { dir, cliPath };
  }
  const base = (dir: string, config: JsonObject) => ({
    account: "default",
    dir,
    config,
    clock: systemClock,
    logger: silentLogger,
    signal: never,
  });

  it("links a device by a code, runs, and forgets the login", async () => {
    const { dir, cliPath } = home();
    const steps: LoginStep[] = [];
    const context = { ...base(dir, { cliPath }), show: (step: LoginStep) => void steps.push(step) };
    expect(await signalChannel.login?.({ ...context, force: true })).toEqual({ identity: "+4915100000009" });
    expect(steps).toMatchObject([{ kind: "qr", data: expect.stringMatching(/^sgnl:/) as string }]);
    expect(await signalChannel.login?.(context)).toEqual({ identity: "+4915100000009" });
    expect(steps[1]).toMatchObject({ kind: "note" });

    const { context: account, proofs } = contextOf({ ...base(dir, { cliPath }) });
    const listens = Promise.withResolvers<void>();
    const running = await signalChannel.start({
      ...account,
      proved(direction) {
        account.proved(direction);
        listens.resolve();
      },
    });
    await listens.promise;
    expect(proofs.receive).toBeGreaterThan(0);
    expect(await running.probe(never)).toMatchObject({ ok: true, identity: "+4915100000009" });
    await running.stop();

    const { show: _show, ...out } = context;
    expect(await signalChannel.logout?.(out)).toEqual({ cleared: true });
    expect(existsSync(join(dir, "signal-cli"))).toBe(false);
    await expect(signalChannel.start(account)).rejects.toMatchObject({
      code: "CHANNEL_CONFIG",
      hint: "openclaw channels login --channel signal",
    });
  }, 30_000);
  it("says what is missing, and what it said when it did not start", async () => {
    const { dir } = home();
    const show = () => {};
    const missing = signalChannel.login?.({ ...base(dir, { cliPath: "/nonexistent/signal-cli" }), show });
    await expect(missing).rejects.toMatchObject({ code: "SIGNAL_CLI_MISSING" });
    const broken = join(dir, "broken");
    writeFileSync(broken, "#!/bin/sh\necho Config file is in use >&2\nexit 1\n");
    chmodSync(broken, 0o700);
    await expect(signalChannel.login?.({ ...base(dir, { cliPath: broken }), show })).rejects.toMatchObject({
      code: "SIGNAL_CLI_FAILED",
      message: expect.stringContaining("Config file is in use") as string,
    });
  }, 30_000);
});

describe("reading", () => {
  it("reads the same events however the stream is cut", async () => {
    const whole = Buffer.from(
      ':\n\nevent:receive\ndata:{"a":"é👍"}\n\n: ping\r\ndata: one\r\ndata: two\r\n\r\nid: 3\n\n',
    );
    const read = async (cuts: number[]) => {
      const events: ServerEvent[] = [];
      const ends = [...new Set(cuts.map((cut) => cut % whole.length))].sort((a, b) => a - b);
      const parts = [0, ...ends].map((from, index) => whole.subarray(from, ends[index] ?? whole.length));
      const stream = new Response(Readable.toWeb(Readable.from(parts)) as BodyInit).body;
      if (!stream) throw new Error("no stream");
      await readEvents(stream, {
        bytes: () => {},
        event: (event) => void events.push(event),
      });
      return events;
    };
    const expected = [
      { event: "receive", data: '{"a":"é👍"}' },
      { event: "message", data: "one\ntwo" },
    ];
    expect(await read([])).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 12 }), async (cuts) => {
        expect(await read(cuts)).toEqual(expected);
      }),
    );
  });
  it("makes nothing of what is no message, whatever shape it has", () => {
    const facts = {
      account: "default",
      self: { number: "+491510000009", uuid: "" },
      now: 0,
      download: () => Promise.reject(new Error("no file")),
    };
    for (const envelope of [
      {},
      { receiptMessage: { when: 1 }, source: "+1" },
      { typingMessage: { action: "STARTED" } },
      { dataMessage: null },
      { syncMessage: { readMessages: [] } },
      { dataMessage: { timestamp: 5, message: null, groupInfo: { type: "UPDATE" } } },
    ])
      expect(eventsOf(envelope, facts)).toEqual([]);
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("dataMessage", "editMessage", "syncMessage"), fc.json()),
        (odd) => {
          const parsed = Object.fromEntries(
            Object.entries(odd).map(([key, json]) => [key, JSON.parse(json) as unknown]),
          );
          expect(Array.isArray(eventsOf(parsed, facts))).toBe(true);
        },
      ),
    );
  });
});
