import type { Said, SaidAttachment } from "../../channels/driver.ts";
import { fileFields } from "./methods.ts";
import { textOf, type Bot, type Chat, type Platform, type StoredMessage, type User } from "./platform.ts";

type Wire = StoredMessage["wire"];

const kinds: Record<SaidAttachment["kind"], string> = {
  image: "photo",
  audio: "audio",
  voice: "voice",
  video: "video",
  document: "document",
  sticker: "sticker",
};

/** What people do in their clients. */
export function createPeople(platform: Platform) {
  const audience = (chat: Chat): Bot[] => {
    const all = [...platform.bots.values()];
    return chat.type === "private" ? all.slice(0, 1) : all;
  };

  function store(wire: Wire): Wire {
    platform.messages.push({
      wire,
      raw: textOf(wire["text"]),
      plain: textOf(wire["text"] ?? wire["caption"]),
      spans: [],
      rings: [],
      before: [],
      deleted: false,
      files: [],
      at: platform.clock.now(),
      reactions: new Map(),
    });
    for (const bot of audience(wire.chat)) platform.push(bot, "message", wire);
    return wire;
  }

  function entitiesOf(text: string, said: Said): Array<Record<string, unknown>> {
    const entities: Array<Record<string, unknown>> = [];
    if (said.command === true) {
      const length = /^\/\S+/.exec(text)?.[0].length ?? 0;
      if (length > 0) entities.push({ type: "bot_command", offset: 0, length });
    }
    if (said.mention === true) {
      const [bot] = platform.bots.values();
      const written = `@${bot?.user.username}`;
      const offset = text.toLowerCase().indexOf(written.toLowerCase());
      // A mention can be written with any words: clients offer it for people without a user name.
      if (offset >= 0) entities.push({ type: "mention", offset, length: written.length });
      else
        entities.push({ type: "text_mention", offset: 0, length: Math.max(1, text.length), user: bot?.user });
    }
    return entities;
  }

  function base(options: { chat: Chat; by: User; threadId?: number | undefined }): Wire {
    const { chat, by, threadId } = options;
    return {
      message_id: platform.number(),
      from: by,
      chat,
      date: platform.seconds(),
      ...(threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true }),
    };
  }

  return {
    /** Resolves the chat, the speaker and the topic to messages, of which an album has several. */
    say(said: Said, at: { chat: Chat; by: User; threadId?: number | undefined }): Wire[] {
      const text = said.text ?? "";
      const quoted = said.quoting === undefined ? undefined : Number(said.quoting.split(":").at(-1));
      const reply = quoted === undefined ? undefined : platform.find(at.chat.id, quoted);
      const replied = reply ? { reply_to_message: reply.wire } : {};
      const attachments = said.attachments ?? [];
      if (attachments.length > 0) {
        const album = attachments.length > 1 ? { media_group_id: String(platform.number()) } : {};
        return attachments.map((attachment, index) => {
          const file = platform.addFile({
            content: Buffer.from(attachment.content),
            fileName: attachment.fileName,
            mimeType: attachment.mimeType,
            stated:
              attachment.statedBytes === "none"
                ? null
                : (attachment.statedBytes ?? attachment.content.length),
          });
          const caption =
            index === 0 && text !== "" ? { caption: text, caption_entities: entitiesOf(text, said) } : {};
          return store({
            ...base(at),
            ...album,
            ...caption,
            ...replied,
            ...fileFields(kinds[attachment.kind], file),
          });
        });
      }
      const { location, contact, poll } = said;
      const point = location && { latitude: location.latitude, longitude: location.longitude };
      return [
        store({
          ...base(at),
          ...replied,
          ...(text === "" ? {} : { text, entities: entitiesOf(text, said) }),
          ...(point ? { location: point } : {}),
          ...(point && location?.name !== undefined
            ? { venue: { location: point, title: location.name, address: location.address ?? "" } }
            : {}),
          ...(contact
            ? { contact: { phone_number: contact.phones[0] ?? "", first_name: contact.name } }
            : {}),
          ...(poll
            ? {
                poll: {
                  id: `77${platform.number()}0000000000001`,
                  question: poll.question,
                  options: poll.options.map((each) => ({ text: each, voter_count: 0 })),
                },
              }
            : {}),
        }),
      ];
    },
    edit(message: StoredMessage, text: string): void {
      message.wire["text"] = text;
      message.wire["edit_date"] = platform.seconds();
      for (const bot of audience(message.wire.chat))
        platform.push(bot, "edited_message", { ...message.wire, entities: [] });
    },
    react(message: StoredMessage, by: User, emoji: string[]): void {
      const before = message.reactions.get(by.id) ?? [];
      message.reactions.set(by.id, emoji);
      const shown = (list: string[]) => list.map((each) => ({ type: "emoji", emoji: each }));
      for (const bot of audience(message.wire.chat))
        platform.push(bot, "message_reaction", {
          chat: message.wire.chat,
          message_id: message.wire.message_id,
          user: by,
          date: platform.seconds(),
          old_reaction: shown(before),
          new_reaction: shown(emoji),
        });
    },
    /** `shown` is the toast, once there is one; `waiting` is true until the bot has taken the press. */
    press(
      message: StoredMessage,
      by: User,
      value: string,
    ): { shown(): string | undefined; waiting(): boolean } {
      const owner = [...platform.bots.values()].find((bot) => bot.user.id === message.wire.from?.id);
      if (!owner) throw new Error("not a message of a bot");
      const id = `press-${platform.number()}`;
      let shown: string | undefined;
      let answered = false;
      platform.pressAnswers.set(id, (text) => {
        answered = true;
        shown = text === "" ? undefined : text;
      });
      const query = { id, from: by, message: message.wire, chat_instance: "1", data: value };
      platform.push(owner, "callback_query", query);
      return {
        shown: () => shown,
        waiting: () => !answered && owner.updates.some((update) => update["callback_query"] === query),
      };
    },
    vote(message: StoredMessage, by: User, options: string[]): void {
      const poll = message.wire["poll"] as { id: string; options: Array<{ text: string }> };
      const owner = [...platform.bots.values()].find((bot) => bot.user.id === message.wire.from?.id);
      if (owner)
        platform.push(owner, "poll_answer", {
          poll_id: poll.id,
          user: by,
          option_ids: options.map((text) => poll.options.findIndex((each) => each.text === text)),
          option_persistent_ids: [],
        });
    },
    /** The group becomes a supergroup with another id, as when an admin turns on topics. */
    migrate(from: Chat, to: Chat): void {
      platform.chats.set(to.id, to);
      Object.assign(from, { movedTo: to.id });
      const by = [...platform.users.values()].find((user) => !user.is_bot);
      if (!by) throw new Error("nobody is there");
      store({ ...base({ chat: from, by }), migrate_to_chat_id: to.id });
      store({ ...base({ chat: to, by }), migrate_from_chat_id: from.id });
    },
  };
}

export type People = ReturnType<typeof createPeople>;
