import { describe, expect, it } from "vitest";
import { openBench } from "../../../test/fakes/telegram/account.ts";
import { seenOf } from "../../../test/fakes/telegram/seen.ts";
import type { OutboundMedia, OutboundMessage } from "../contract.ts";

const signal = new AbortController().signal;
const message = (more: Partial<OutboundMessage>): OutboundMessage => ({
  kind: "message",
  key: "k",
  to: "111001",
  text: "",
  ...more,
});
const file = (more: Partial<OutboundMedia>): OutboundMedia => ({
  kind: "document",
  mimeType: "text/plain",
  fileName: "notes.txt",
  bytes: 3,
  read: () => Promise.resolve(Buffer.from("abc")),
  ...more,
});
const picture = (name: string) => ({
  kind: "image" as const,
  mimeType: "image/jpeg",
  fileName: name,
  content: Buffer.from(name),
});

describe("telegram, inbound", () => {
  it("makes one message of an album, also when its parts come late", async () => {
    await using bench = await openBench();
    const { people, world, time, events } = bench;
    await bench.up();
    await time.until("a long poll", () => world.bot.wake.size > 0);
    const at = world.where("direct", "alice");
    const attachments = [picture("1.jpg"), picture("2.jpg"), picture("3.jpg")];
    people.say({ by: "alice", place: "direct", text: "our trip", attachments }, at);
    const late = world.bot.updates.splice(1);
    await time.pass(300);
    world.bot.updates.push(...late);
    people.say({ by: "alice", place: "direct", text: "and after" }, at);
    await time.until("both", () => events.length === 2);
    expect(events[0]).toMatchObject({ kind: "message", text: "our trip" });
    const [album] = events;
    const files = album?.kind === "message" ? (album.attachments ?? []) : [];
    const contents = await time.during(
      "the files",
      Promise.all(files.map((each) => each.open({ maxBytes: 100, signal }))),
    );
    expect(contents.map((content) => Buffer.from(content).toString())).toEqual(["1.jpg", "2.jpg", "3.jpg"]);
    expect(events[1]).toMatchObject({ text: "and after" });
  });

  it("confirms nothing that was not stored, and says why it waits", async () => {
    await using bench = await openBench();
    const { people, world, time, events } = bench;
    let full = true;
    bench.verdict = () =>
      full ? Promise.reject(new Error("disk full")) : Promise.resolve({ accepted: true, duplicate: false });
    await bench.up();
    people.say({ by: "alice", place: "direct", text: "keep me" }, world.where("direct", "alice"));
    await time.until("a second try", () => events.length >= 2);
    expect(world.bot.updates).toHaveLength(1);
    expect(bench.troubles[0]).toMatchObject({ code: "NOT_STORED" });
    full = false;
    await time.until("the confirmation", () => world.bot.updates.length === 0);
  });

  it("fetches a file under any name the platform gives, and none outside its folder", async () => {
    await using bench = await openBench();
    const { people, world, time, events } = bench;
    await bench.up();
    const attachments = [picture("1.jpg")];
    people.say({ by: "alice", place: "direct", attachments }, world.where("direct", "alice"));
    await time.until("the message", () => events.length === 1);
    const [event] = events;
    const attachment = event?.kind === "message" ? event.attachments?.[0] : undefined;
    const [stored] = world.platform.files.values();
    const open = async () =>
      Buffer.from((await attachment?.open({ maxBytes: 100, signal })) ?? []).toString();
    const read = (path: string) => {
      if (stored) stored.path = path;
      return time.during("the file", open());
    };
    expect(await read("documents/файл 1?#.pdf")).toBe("1.jpg");
    for (const path of ["../../bot1/getMe", "documents//x", "./x", ""])
      await expect(read(path)).rejects.toThrow("unusable path");
    if (stored) stored.content = Buffer.alloc(21 * 1024 * 1024);
    await expect(read("documents/big")).rejects.toMatchObject({ code: "MEDIA_TOO_LARGE" });
  });

  it("drops what cannot be read, and is not stopped by it", async () => {
    await using bench = await openBench();
    const { people, world, time, events } = bench;
    await bench.up();
    world.platform.push(world.bot, "message", { message_id: 1 });
    people.say({ by: "alice", place: "direct", text: "after it" }, world.where("direct", "alice"));
    await time.until("the message", () => events.length === 1);
    expect(bench.lines.join("\n")).toContain("could not be read");
  });

  it("stops the turning of a button that nobody answered, and lets one answer through", async () => {
    await using bench = await openBench();
    const { people, world, time } = bench;
    const channel = await bench.up();
    const buttons = [[{ label: "Yes", value: "y" }]];
    await time.during("the send", channel.send(message({ text: "Sure?", buttons }), signal));
    const asked = world.message(seenOf(world.platform)[0]?.messageId ?? "");
    const answers = () =>
      world.platform.calls.filter(({ method }) => method === "answerCallbackQuery").length;
    people.press(asked, world.people.alice, "y");
    await time.until("the silent answer", () => answers() === 1);
    bench.verdict = async (event) => {
      if (event.kind === "action") await event.answer?.("Done");
      return { accepted: true, duplicate: false };
    };
    const press = people.press(asked, world.people.alice, "y");
    await time.until("the toast", () => press.shown() === "Done");
    await time.pass(60_000);
    expect(answers()).toBe(2);
  });

  it("keeps the id of a group that becomes a supergroup, and writes to the new one", async () => {
    await using bench = await openBench();
    const { people, world, time, events } = bench;
    const small = { id: -4711, type: "group" as const, title: "Small" };
    const big = { id: -1_009_999, type: "supergroup" as const, title: "Small" };
    world.platform.chats.set(small.id, small);
    const channel = await bench.up();
    people.migrate(small, big);
    people.say({ by: "alice", place: "group", text: "still here" }, { chat: big, by: world.people.alice });
    await time.until("the message", () => events.length === 1);
    expect(events[0]).toMatchObject({ chat: { kind: "group", id: "-4711" } });
    const result = await time.during(
      "the answer",
      channel.send(message({ to: "-4711", text: "good" }), signal),
    );
    expect(result).toMatchObject({
      kind: "sent",
      receipt: { messageId: expect.stringMatching(/^-1009999:/) },
    });
  });

  it("learns of a new id from a refused send, and sends once", async () => {
    await using bench = await openBench();
    const { world, time } = bench;
    const big = { id: -1_009_999, type: "supergroup" as const, title: "Small" };
    world.platform.chats.set(-4711, { id: -4711, type: "group", title: "Small", movedTo: big.id } as never);
    world.platform.chats.set(big.id, big);
    const channel = await bench.up();
    const result = await time.during(
      "the answer",
      channel.send(message({ to: "-4711", text: "good" }), signal),
    );
    expect(result.kind).toBe("sent");
    expect(seenOf(world.platform).map(({ chatId, plain }) => [chatId, plain])).toEqual([
      ["-1009999", "good"],
    ]);
  });
});

describe("telegram, outbound", () => {
  it("sends text again as it was written when its markup is refused", async () => {
    await using bench = await openBench();
    const channel = await bench.up();
    const { platform } = bench.world;
    // As long as can be in markdown, and longer by its table once it is written out.
    const long = `|${"a".repeat(60)}|b|\n|---|---|\n${"|x|y|\n".repeat(600)}`;
    const result = await bench.time.during("the send", channel.send(message({ text: long.trim() }), signal));
    expect(result.kind).toBe("sent");
    expect(seenOf(platform)).toMatchObject([{ raw: long.trim() }]);
    expect(platform.calls.filter(({ method }) => method === "sendMessage")).toHaveLength(2);
  });

  it("groups what belongs together, puts long text after it, and a retry does only the rest", async () => {
    await using bench = await openBench();
    const { world, time, server } = bench;
    const channel = await bench.up();
    const image = file({ kind: "image", mimeType: "image/png", fileName: "a b.png" });
    const media = [image, { ...image, kind: "video" as const, mimeType: "video/mp4" }, file({})];
    const long = message({ text: "w".repeat(2000), media, buttons: [[{ label: "Yes", value: "y" }]] });
    await time.until("the account", () => bench.proofs.receive > 0);
    // The third call is the one that fails.
    Object.assign(server.faults, { sparing: 2, failing: 1 });
    const first = await time.during("the first try", channel.send(long, signal));
    expect(first).toMatchObject({ kind: "retry" });
    const second = await time.during("the second try", channel.send(long, signal));
    expect(second).toMatchObject({ kind: "sent" });
    const seen = seenOf(world.platform);
    expect(seen.map(({ media: files, plain, buttons }) => [files.length, plain.length, buttons])).toEqual([
      [2, 0, []],
      [1, 0, []],
      [0, 2000, ["y"]],
    ]);
    expect(seen[0]?.media[0]?.fileName).toBe("a b.png");
    expect(second).toMatchObject({ receipt: { messageId: seen[2]?.messageId } });
    expect(bench.store.get("sending")).toEqual({});
  });

  it.each([
    ["its answer is lost", "losingAnswers", 1, "unknown", 1],
    ["it is lost", "losingRequests", 1, "unknown", 0],
    ["the platform fails", "failing", 1, "retry", 0],
    ["a proxy answers 502", "gateway", 502, "unknown", 0],
    ["a proxy answers 503", "gateway", 503, "retry", 0],
  ] as const)("a send is settled when %s", async (_, fault, value, kind, shown) => {
    await using bench = await openBench();
    const channel = await bench.up();
    await bench.time.until("the account", () => bench.proofs.receive > 0);
    Object.assign(bench.server.faults, { [fault]: value });
    const result = await bench.time.during("the send", channel.send(message({ text: "hello" }), signal));
    expect(result.kind).toBe(kind);
    expect(seenOf(bench.world.platform)).toHaveLength(shown);
  });

  it("repeats an edit whose answer was lost: it is the same edit", async () => {
    await using bench = await openBench();
    const channel = await bench.up();
    const { time, server, world } = bench;
    const sent = await time.during("the send", channel.send(message({ text: "one" }), signal));
    const messageId = seenOf(world.platform)[0]?.messageId ?? "";
    expect(sent).toEqual({ kind: "sent", receipt: { messageId } });
    const edit = { kind: "edit" as const, key: "e", to: "111001", messageId, text: "two" };
    server.faults.losingAnswers = 1;
    expect(await time.during("the edit", channel.send(edit, signal))).toMatchObject({ kind: "retry" });
    expect(await time.during("the edit again", channel.send(edit, signal))).toMatchObject({ kind: "sent" });
    expect(seenOf(world.platform)).toMatchObject([{ plain: "two", before: ["one"] }]);
  });

  it("settles as dead what the platform will never take", async () => {
    await using bench = await openBench();
    const channel = await bench.up();
    const send = (what: Parameters<typeof channel.send>[0]) =>
      bench.time.during("the send", channel.send(what, signal));
    expect(await send(message({ to: "999", text: "x" }))).toMatchObject({
      kind: "dead",
      error: expect.stringContaining("chat not found"),
    });
    expect(await send(message({ to: "../getMe", text: "x" }))).toMatchObject({ kind: "dead" });
    expect(
      await send({ kind: "react", key: "r", to: "111001", messageId: "111001:1", emoji: "🧯" }),
    ).toMatchObject({ kind: "dead" });
  });
});

describe("telegram, connection", () => {
  it("does not fight over updates, says who is in the way, and goes on when they left", async () => {
    await using bench = await openBench();
    const { time, world, server } = bench;
    await bench.up();
    await time.until("the account", () => bench.proofs.receive > 0);
    server.faults.conflict = true;
    server.wakeAll();
    await time.until("the trouble", () => bench.troubles.length > 0);
    expect(bench.troubles[0]).toMatchObject({ code: "CONFLICT", hint: expect.stringContaining("openclaw ") });
    const before = world.platform.calls.length;
    await time.pass(10 * 60_000);
    expect(world.platform.calls.length - before).toBeLessThan(30);
    server.faults.conflict = false;
    bench.people.say({ by: "alice", place: "direct", text: "back" }, world.where("direct", "alice"));
    await time.until("the message", () => bench.events.length === 1);
  });

  it("leaves the updates to somebody who polls as well, but for a look now and then", async () => {
    await using bench = await openBench();
    const { time, world, server } = bench;
    await bench.up();
    await time.until("the account", () => world.bot.wake.size > 0);
    // Another program that asks again whenever it is cut off, over the same wire.
    let cutOff = 0;
    const done = new AbortController();
    const rival = async () => {
      while (!done.signal.aborted) {
        const response = await fetch(`${server.url}/bot${world.bot.token}/getUpdates`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ timeout: 50 }),
          signal: done.signal,
        });
        if (response.status === 409) cutOff += 1;
        await response.arrayBuffer();
      }
    };
    const stopped = rival().catch(() => undefined);
    await time.until("the trouble", () => bench.troubles.length > 0);
    await time.pass(30 * 60_000);
    done.abort();
    await stopped;
    expect(bench.troubles.every(({ code }) => code === "CONFLICT")).toBe(true);
    expect(cutOff).toBeGreaterThan(0);
    // Two looks a minute at the most: a short poll and, if that was quiet, a long one.
    expect(cutOff).toBeLessThan(120);
  });

  it("stops for good on a refused token, with the command that mends it", async () => {
    await using bench = await openBench();
    bench.server.faults.revoked = true;
    await bench.up();
    await bench.time.until("the trouble", () => bench.troubles.length > 0);
    expect(bench.troubles).toEqual([
      expect.objectContaining({
        code: "TOKEN_REVOKED",
        fatal: true,
        hint: expect.stringContaining("openclaw channels add --channel telegram --token"),
      }),
    ]);
  });

  it("starts with Telegram out of reach, saying so, and connects by itself", async () => {
    await using bench = await openBench();
    const { time, server, world } = bench;
    await server.cut(true);
    await bench.up();
    expect(bench.troubles[0]).toMatchObject({ code: "NETWORK", retryAt: expect.any(Number) });
    expect(bench.proofs.receive).toBe(0);
    await time.pass(10 * 60_000);
    await server.cut(false);
    bench.people.say({ by: "alice", place: "direct", text: "hi" }, world.where("direct", "alice"));
    await time.until("the message", () => bench.events.length === 1, 120_000);
  });

  it("removes the webhook of an earlier life before it polls", async () => {
    await using bench = await openBench();
    bench.world.bot.webhook = { url: "https://old.example/hook", secret: "" };
    bench.people.say({ by: "alice", place: "direct", text: "hi" }, bench.world.where("direct", "alice"));
    await bench.up();
    await bench.time.until("the message", () => bench.events.length === 1);
    expect(bench.world.bot.webhook).toBeNull();
  });

  it("fills the menu of commands once", async () => {
    await using bench = await openBench();
    const commands = [{ name: "status", description: "how it is going" }];
    await bench.up({ commands });
    await bench.time.until("the menu", () => bench.world.bot.commands.length > 0);
    expect(bench.world.bot.commands).toEqual([{ command: "status", description: "how it is going" }]);
    expect(bench.store.get("commands")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("keeps the token out of logs, troubles and results, whatever fails", async () => {
    await using bench = await openBench();
    const { time, server, world } = bench;
    const channel = await bench.up();
    await time.until("the account", () => bench.proofs.receive > 0);
    const results: unknown[] = [];
    const send = async () =>
      results.push(await time.during("a send", channel.send(message({ text: "x" }), signal), 600_000));
    server.faults.gateway = 502;
    await send();
    server.faults.gateway = null;
    server.faults.losingRequests = 1;
    await send();
    await server.cut(true);
    await send();
    results.push(await time.during("a probe", channel.probe(signal)));
    await server.cut(false);
    server.faults.revoked = true;
    await send();
    const everything = JSON.stringify([results, bench.troubles, bench.lines]);
    expect(results).toHaveLength(5);
    expect(everything).not.toContain(world.bot.token);
    expect(everything).not.toContain("AAE-this");
  });
});
