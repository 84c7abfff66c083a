import type { Message, Update } from "grammy/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import type { JsonValue } from "../../core/json.ts";
import { silentLogger } from "../../core/logger.ts";
import type { InboundEvent } from "../contract.ts";
import { eventsOf, type InboundFacts } from "./inbound.ts";
import { parseMessageId } from "./ids.ts";
import { handIn, unitsOf } from "./intake.ts";
import { openMigrations } from "./migrations.ts";

const facts: InboundFacts = {
  account: "default",
  me: { id: 700, username: "assistant_bot" },
  files: { locate: () => Promise.reject(new Error("no")), download: () => Promise.reject(new Error("no")) },
  poll: () => undefined,
  canonicalChat: String,
  now: 5,
  answerPress: () => Promise.resolve(),
};
const alice = { id: 1, is_bot: false, first_name: "Alice" };
const group = { id: -100, type: "supergroup", title: "Group" };
const message = (more: Record<string, unknown>) =>
  ({
    message_id: 9,
    date: 1_700_000_000,
    chat: group,
    from: alice,
    text: "hi",
    ...more,
  }) as unknown as Message;
const read = (more: Record<string, unknown>) =>
  eventsOf({ update_id: 1, message: message(more) } as Update, facts)[0];

describe("who wrote", () => {
  it.each([
    ["a person", {}, { id: "1", name: "Alice" }],
    ["a program", { from: { ...alice, is_bot: true } }, { id: "1", name: "Alice", bot: true }],
    ["ourselves", { from: { ...alice, id: 700 } }, { id: "700", name: "Alice", self: true }],
    // All of them come from one account of Telegram's, which is nobody.
    [
      "an anonymous admin",
      { from: { id: 1087968824, is_bot: true, first_name: "Group" }, sender_chat: group },
      { id: "-100", name: "Group" },
    ],
    [
      "somebody as a channel",
      { sender_chat: { id: -55, type: "channel", title: "News" } },
      { id: "-55", name: "News" },
    ],
  ])("%s", (_, more, sender) => {
    expect(read(more)?.sender).toEqual(sender);
  });

  it.each([
    ["a copy of a channel's post", { is_automatic_forward: true }],
    ["a post in a channel", { chat: { id: -9, type: "channel", title: "C" } }],
    ["somebody joining", { text: undefined, new_chat_members: [alice] }],
  ])("%s is no message", (_, more) => {
    expect(read(more)).toBeUndefined();
  });
});

describe("who was meant", () => {
  const mention = (text: string, offset = 0) => ({
    text,
    entities: [{ type: "mention", offset, length: "@assistant_bot".length }],
  });
  it.each([
    ["by name", mention("@assistant_bot hi"), true],
    ["in other letters", mention("@Assistant_Bot hi"), true],
    ["after an emoji, which is two units", mention("👋 @assistant_bot", 3), true],
    [
      "in a caption",
      {
        text: undefined,
        caption: "@assistant_bot",
        photo: [{ file_id: "f" }],
        caption_entities: mention("").entities,
      },
      true,
    ],
    [
      "by picking the account",
      { text: "you there", entities: [{ type: "text_mention", offset: 0, length: 3, user: { id: 700 } }] },
      true,
    ],
    [
      "somebody else",
      { text: "@assistant_bo2 hi", entities: [{ type: "mention", offset: 0, length: 14 }] },
      false,
    ],
    ["letters only", { text: "@assistant_bot hi" }, false],
    [
      "a longer name",
      { text: "@assistant_bot2 hi", entities: [{ type: "mention", offset: 0, length: 15 }] },
      false,
    ],
  ])("%s", (_, more, mentioned) => {
    expect(read(more)).toMatchObject({ kind: "message", mentioned });
  });

  const command = (text: string) => ({
    text,
    entities: [{ type: "bot_command", offset: 0, length: text.split(" ")[0]?.length }],
  });
  it.each([
    ["/status", { text: "/status", command: true, mentioned: false }],
    ["/model@assistant_bot openai/x", { text: "/model openai/x", command: true, mentioned: true }],
    ["/status@other_bot", { text: "/status@other_bot", mentioned: false }],
  ])("command %s", (text, expected) => {
    const event = read(command(text));
    expect(event).toMatchObject(expected);
    expect(event && "command" in event).toBe("command" in expected);
  });
});

describe("where", () => {
  it.each([
    ["a topic", { message_thread_id: 7, is_topic_message: true }, "7"],
    ["a plain reply, which has a thread id as well", { message_thread_id: 7 }, undefined],
  ])("%s", (_, more, threadId) => {
    expect(read(more)?.chat.threadId).toBe(threadId);
  });

  it("the opening of a topic is no quote, a part of a message is", () => {
    const opening = message({ forum_topic_created: { name: "T" }, text: undefined });
    expect(read({ reply_to_message: opening })).not.toHaveProperty("replyTo");
    const ours = message({ from: { id: 700, is_bot: true }, message_id: 3, text: "long text" });
    expect(read({ reply_to_message: ours, quote: { text: "long", position: 0 } })).toMatchObject({
      replyTo: { messageId: "-100:3", text: "long", senderId: "700", ours: true },
    });
  });
});

describe("changes", () => {
  it("a reaction exchanged for another is two events with ids of their own", () => {
    const update = {
      update_id: 4,
      message_reaction: {
        chat: group,
        message_id: 3,
        user: alice,
        date: 6,
        old_reaction: [{ type: "emoji", emoji: "👍" }],
        new_reaction: [
          { type: "emoji", emoji: "🔥" },
          { type: "custom_emoji", custom_emoji_id: "55" },
        ],
      },
    } as unknown as Update;
    expect(eventsOf(update, facts)).toMatchObject([
      { messageId: "update:4:0", targetId: "-100:3", emoji: "👍", removed: true },
      { messageId: "update:4:1", emoji: "🔥", removed: false },
      { messageId: "update:4:2", emoji: ":55:", removed: false },
    ]);
  });

  it("a live location that moves is no edit", () => {
    const edited = message({ location: { latitude: 1, longitude: 2, live_period: 60 }, text: undefined });
    expect(eventsOf({ update_id: 2, edited_message: edited } as Update, facts)).toEqual([]);
  });
});

it("an id names one message of all chats", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(), (chat, number) => {
      expect(parseMessageId(`${chat}:${number}`)).toEqual({ chatId: String(chat), number });
    }),
  );
  expect(parseMessageId("12")).toEqual({ chatId: null, number: 12 });
  for (const bad of ["", "x", "1:", ":1", "1:2:3", "1:-2", "1:2 "]) expect(parseMessageId(bad)).toBeNull();
});

it("an update of any shape is read or dropped, and never stops those behind it", async () => {
  /** Mostly as it should be, so that what is odd elsewhere is reached. */
  const odd = (usual: unknown) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.anything() });
  const shape = fc.oneof(
    fc.anything(),
    fc.record({
      message_id: odd(9),
      date: odd(1),
      chat: odd(group),
      from: odd(alice),
      text: odd("hi"),
      entities: odd(undefined),
      photo: odd(undefined),
      reply_to_message: odd(undefined),
      migrate_to_chat_id: odd(undefined),
    }),
  );
  const kinds = fc.constantFrom(
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "poll_answer",
  );
  await fc.assert(
    fc.asyncProperty(kinds, shape, async (kind, value) => {
      const values = new Map<string, JsonValue>();
      const store = {
        get: (key: string) => values.get(key),
        set: (key: string, each: JsonValue) => Promise.resolve(void values.set(key, each)),
      };
      const events: InboundEvent[] = [];
      await handIn([{ update_id: 1, [kind]: value }], {
        facts,
        migrations: openMigrations(store),
        clock: manualClock(),
        logger: silentLogger,
        receive: (event) => {
          events.push(event);
          return Promise.resolve({ accepted: true, duplicate: false });
        },
      });
      for (const event of events) {
        expect(Number.isSafeInteger(event.sentAt)).toBe(true);
        if (event.kind !== "message") continue;
        expect(event.messageId).toMatch(/^-?\d+:\d+$|^-?\d+:-\d+$/);
        expect(typeof event.text).toBe("string");
      }
    }),
  );
});

it("putting albums together keeps every update once, in order within its album", () => {
  const update = fc.record({ chat: fc.nat(1), album: fc.option(fc.nat(2), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(update), (list) => {
      const updates = list.map(
        ({ chat, album }, index) =>
          ({
            update_id: index,
            message: {
              chat: { id: chat },
              ...(album === undefined ? {} : { media_group_id: String(album) }),
            },
          }) as unknown as Update,
      );
      const units = unitsOf(updates);
      expect(
        units
          .flat()
          .map((each) => each.update_id)
          .sort((a, b) => a - b),
      ).toEqual(list.map((_, i) => i));
      for (const unit of units) {
        const ids = unit.map((each) => each.update_id);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        expect(
          new Set(unit.map((each) => `${each.message?.chat.id} ${each.message?.media_group_id}`)).size,
        ).toBe(1);
      }
    }),
  );
});
