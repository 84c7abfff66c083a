import { describe, expect, it } from "vitest";
import { openBench } from "../../../test/fakes/discord/account.ts";
import type { InboundActionEvent, InboundMessageEvent } from "../contract.ts";
import { textOf } from "./inbound.ts";
import { gatewayAddress } from "./socket.ts";

const minute = 60_000;
const texts = (events: readonly { kind: string }[]) =>
  events.flatMap((each) => (each.kind === "message" ? [(each as InboundMessageEvent).text] : []));

describe("the connection", () => {
  it("goes on with its session after a restart, and loses not even a reaction or a stranger's first words", async () => {
    await using bench = await openBench();
    await bench.up();
    await bench.time.pass(2000);
    await bench.down();
    const { platform, bot, people } = bench.world;
    const stranger = { id: "111000000000000009", username: "carol", global_name: "Carol" };
    platform.users.set(stranger.id, stranger);
    const channel = platform.direct(bot, stranger);
    const id = bench.people.say({ by: "bob", place: "direct", text: "hi" }, { channel, by: stranger, bot });
    bench.people.react(bench.world.message(id), people.alice, "🎉", false);
    await bench.time.pass(minute);
    await bench.up();
    await bench.event((each) => each.kind === "reaction");
    expect(bench.events.map((each) => [each.kind, each.chat.id])).toEqual([
      ["message", channel.id],
      ["reaction", channel.id],
    ]);
    expect(bench.server.gateway.counts()).toMatchObject({ identifies: 1, resumes: 1 });
    await bench.down();
  });

  it("reads again what was said in servers and threads while no session stood, with the roles of who said it", async () => {
    await using bench = await openBench();
    await bench.up();
    await bench.time.pass(2000);
    await bench.down();
    bench.say("in the channel", "group");
    bench.say("in the thread", "thread");
    bench.say("directly");
    await bench.time.pass(20 * minute);
    await bench.up();
    await bench.event((each) => each.kind === "message" && each.text === "in the thread");
    const { group, thread } = bench.world.world;
    const said = bench.events.filter((each): each is InboundMessageEvent => each.kind === "message");
    // Nobody had written directly before: Discord tells no bot of such a chat.
    expect(texts(said)).toEqual(["in the channel", "in the thread"]);
    expect(said.map((each) => each.chat)).toMatchObject([
      { kind: "group", id: group, parentId: bench.world.guild.id, title: "general" },
      { kind: "group", id: group, threadId: thread },
    ]);
    expect(said[0]?.sender.roleIds).toEqual([bench.world.guild.roles[0]?.id]);
    expect(bench.server.gateway.counts()).toMatchObject({ identifies: 2 });
  });

  it("reads the first words of somebody who is listed, said while no session stood", async () => {
    await using bench = await openBench({
      config: { allowFrom: ["discord:111000000000000001", "role:5", "*"] },
    });
    await bench.up();
    await bench.time.pass(2000);
    await bench.down();
    bench.say("first words");
    await bench.time.pass(20 * minute);
    await bench.up();
    expect(await bench.event((each) => each.kind === "message")).toMatchObject({ text: "first words" });
  });

  it("is not deaf while it reads for minutes what was missed", async () => {
    await using bench = await openBench();
    await bench.up();
    bench.say("before");
    await bench.event((each) => each.kind === "message");
    await bench.time.pass(2000);
    await bench.down();
    bench.say("meanwhile");
    await bench.time.pass(20 * minute);
    bench.server.faults.deafTo = /^channels\/\d+\/messages$/;
    await bench.up();
    const proved = bench.proofs.receive;
    await bench.time.pass(5 * minute);
    expect(bench.proofs.receive).toBeGreaterThan(proved + 4);
    expect(texts(bench.events)).toEqual(["before"]);
    bench.server.faults.deafTo = null;
    await bench.event((each) => each.kind === "message" && each.text === "meanwhile");
  });

  it("asks for nothing that was said before its first start", async () => {
    await using bench = await openBench();
    bench.say("long ago", "group");
    await bench.time.pass(5000);
    await bench.up();
    await bench.time.pass(5000);
    expect(bench.events).toEqual([]);
  });

  it("does as the gateway asks: reconnects, and gives up a session that is invalid", async () => {
    await using bench = await openBench();
    await bench.up();
    bench.server.gateway.reconnect();
    bench.say("across a reconnect");
    await bench.event((each) => each.kind === "message");
    await bench.time.until("the resumed session", () => bench.server.gateway.counts().resumes === 1);
    bench.server.gateway.invalidate(false);
    await bench.time.until("a new session", () => bench.server.gateway.counts().identifies === 2);
    bench.say("after it");
    await bench.event((each) => each.kind === "message" && each.text === "after it");
    expect(bench.server.gateway.counts().resumes).toBe(1);
    // What was asked for is no trouble.
    expect(bench.troubles).toEqual([]);
  });

  it("says which privilege is missing and how to do without; with it, goes on by itself", async () => {
    await using bench = await openBench();
    bench.world.bot.mayRead = false;
    await bench.up({ wait: false });
    await bench.time.until("the trouble", () => bench.troubles.length > 0);
    expect(bench.troubles[0]).toMatchObject({
      code: "INTENT_MISSING",
      hint: expect.stringContaining("openclaw config set channels.discord.messageContent false"),
    });
    expect(bench.troubles[0]?.fatal).toBeUndefined();
    bench.world.bot.mayRead = true;
    await bench.time.until("the connection", () => bench.proofs.receive > 0);
    // Sessions are counted by Discord: a thousand a day.
    expect(bench.server.gateway.counts().identifies).toBe(2);
  });

  it("without that privilege hears what is meant for it", async () => {
    await using bench = await openBench({ config: { messageContent: false } });
    bench.world.bot.mayRead = false;
    await bench.up();
    bench.say("not for you", "group");
    bench.people.say(
      { by: "alice", place: "group", text: "for you", mention: true },
      bench.world.where("group", "alice"),
    );
    bench.say("directly");
    await bench.event((each) => each.kind === "message" && each.text === "directly");
    expect(texts(bench.events)).toEqual(["for you", "directly"]);
    expect(bench.events[0]).toMatchObject({ mentioned: true });
  });

  it("is shown as configured, and knows its own role also in a session that goes on", async () => {
    await using bench = await openBench({ config: { presence: "idle", activity: "reading" } });
    await bench.up();
    expect(bench.server.gateway.presence()).toMatchObject({
      status: "idle",
      activities: [{ state: "reading" }],
    });
    await bench.time.pass(2000);
    await bench.down();
    await bench.up();
    const role = bench.world.guild.roles.find((each) => each.tags?.bot_id === bench.world.bot.user.id);
    bench.say(`<@&${role?.id}> wake up`, "group");
    expect(await bench.event((each) => each.kind === "message")).toMatchObject({
      mentioned: true,
      text: "wake up",
    });
    expect(bench.server.gateway.counts()).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it("connects only to Discord's own gateways, or to the host that was configured", () => {
    const official = { official: true, apiRoot: "https://discord.com/api" };
    const own = { official: false, apiRoot: "http://127.0.0.1:1/api" };
    expect(gatewayAddress("wss://gateway-us-east1-b.discord.gg", official)).toBe(
      "wss://gateway-us-east1-b.discord.gg/?v=10&encoding=json",
    );
    expect(gatewayAddress("ws://127.0.0.1:2/x", own)).toBe("ws://127.0.0.1:2/x?v=10&encoding=json");
    for (const url of [
      "ws://gateway.discord.gg",
      "wss://discord.gg.example.com",
      "wss://evildiscord.gg",
      "wss://127.0.0.1",
      "wss://user:word@gateway.discord.gg",
      "file:///etc/passwd",
      "nonsense",
    ])
      expect(() => gatewayAddress(url, official), url).toThrow(/is no gateway/);
    expect(() => gatewayAddress("ws://169.254.169.254/", own)).toThrow(/is no gateway/);
  });

  it("stops nothing by an event of any shape", async () => {
    await using bench = await openBench();
    await bench.up();
    const { platform, bot } = bench.world;
    const names = [
      "MESSAGE_CREATE",
      "MESSAGE_UPDATE",
      "MESSAGE_DELETE",
      "MESSAGE_REACTION_ADD",
      "INTERACTION_CREATE",
      "GUILD_CREATE",
      "THREAD_LIST_SYNC",
      "MESSAGE_POLL_VOTE_ADD",
      "NEVER_HEARD_OF",
    ];
    for (const name of names)
      for (const data of [null, {}, [], "text", { id: 5, author: {}, channel_id: "1" }, { threads: null }])
        platform.dispatch(bot, name, data);
    bench.say("still there?");
    await bench.event((each) => each.kind === "message");
    expect(texts(bench.events)).toEqual(["still there?"]);
    expect(bench.server.gateway.counts()).toMatchObject({ identifies: 1, resumes: 0 });
  });
});

describe("what people do", () => {
  it("a slash command is acknowledged to the person alone, and its words are the command's", async () => {
    await using bench = await openBench();
    await bench.up({ commands: [{ name: "model", description: "Which model answers" }] });
    await bench.time.until("the commands", () => bench.world.bot.commands.length > 0);
    expect(bench.world.bot.commands).toMatchObject([{ name: "model", contexts: [0, 1] }]);
    bench.people.say(
      { by: "alice", place: "group", text: "/model fast", command: true },
      bench.world.where("group", "alice"),
    );
    const event = await bench.event((each) => each.kind === "message");
    expect(event).toMatchObject({
      text: "/model fast",
      command: true,
      sender: { id: bench.world.world.alice.id },
    });
    const [pending] = bench.world.platform.interactions.values();
    await bench.time.until("the acknowledgement", () => pending?.shown !== undefined);
    expect(pending?.deferred).toBe(false);
    // Once is enough: the same list is not sent again.
    await bench.down();
    const puts = () => bench.world.platform.calls.filter(({ method }) => method === "PUT").length;
    const before = puts();
    await bench.up({ commands: [{ name: "model", description: "Which model answers" }] });
    await bench.time.pass(5000);
    expect(puts()).toBe(before);
  });

  it("a command the gateway takes long to store is deferred first, within Discord's three seconds", async () => {
    await using bench = await openBench();
    const stored = Promise.withResolvers<void>();
    bench.verdict = () => stored.promise.then(() => ({ accepted: true, duplicate: false }));
    await bench.up();
    bench.people.say(
      { by: "alice", place: "direct", text: "/status", command: true },
      bench.world.where("direct", "alice"),
    );
    const began = bench.time.now();
    const pending = () => [...bench.world.platform.interactions.values()][0];
    await bench.time.until("the deferral", () => pending()?.answered === true);
    expect(bench.time.now() - began).toBeLessThan(3000);
    expect(pending()).toMatchObject({ deferred: true, shown: undefined });
    stored.resolve();
    await bench.time.until("the rest", () => pending()?.shown === "Received.");
  });

  it("who presses a button is told what came of it, early and late", async () => {
    await using bench = await openBench();
    await bench.up();
    await bench.send({ text: "May I?", buttons: [[{ label: "Yes", value: "yes" }]] });
    const message = bench.world.message(bench.shown()[0]?.messageId ?? "");
    for (const wait of [0, 10_000]) {
      bench.events.length = 0;
      const pending = bench.people.press(message, bench.world.people.alice, "yes");
      const event = await bench.event((each) => each.kind === "action");
      await bench.time.pass(wait);
      expect(pending.answered).toBe(wait > 0);
      await bench.time.during(
        "the note",
        (event as InboundActionEvent).answer?.("Done.") ?? Promise.resolve(),
      );
      expect(pending.shown).toBe("Done.");
    }
  });

  it("deletions are the writer's, link previews are no edits, and webhooks are programs", async () => {
    await using bench = await openBench();
    await bench.up();
    const { platform, bot, people } = bench.world;
    const id = bench.say("look https://example.com", "group");
    await bench.event((each) => each.kind === "message");
    platform.dispatch(bot, "MESSAGE_UPDATE", {
      ...bench.world.message(id).wire,
      guild_id: bench.world.guild.id,
      embeds: [{ title: "a preview" }],
    });
    bench.people.remove(bench.world.message(id));
    const gone = await bench.event((each) => each.kind === "delete");
    expect(gone).toMatchObject({ targetId: id, sender: { id: people.alice.id } });
    expect(bench.events.map((each) => each.kind)).toEqual(["message", "delete"]);
    platform.dispatch(bot, "MESSAGE_CREATE", {
      ...bench.world.message(id).wire,
      id: platform.nextId(),
      guild_id: bench.world.guild.id,
      content: "as a hook",
      webhook_id: "5",
    });
    expect(await bench.event((each) => each.kind === "message" && each.text === "as a hook")).toMatchObject({
      sender: { bot: true },
    });
  });

  it("ids become names, and our own name in front is dropped", () => {
    const user = { id: "111111", username: "ada", global_name: "Ada" };
    const message = { mentions: [user], content: "" } as unknown as Parameters<typeof textOf>[0];
    const facts = {
      me: "999999",
      ownRole: "888888",
      channelName: (id: string) => (id === "555555" ? "news" : undefined),
    };
    const read = (content: string) => textOf({ ...message, content }, facts);
    expect(read("<@999999> ask <@111111> in <#555555> <:party:123456>")).toBe("ask @Ada in #news :party:");
    expect(read("<@&888888>hello")).toBe("hello");
    expect(read("<@222222> <#444444>")).toBe("<@222222> <#444444>");
  });
});
