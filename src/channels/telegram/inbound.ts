import type { Message, MessageEntity, Update, User, UserFromGetMe } from "grammy/types";
import type { ChatRef, InboundEvent, InboundMessageEvent, QuotedMessage, SenderRef } from "../contract.ts";
import { attachmentOf, type FileSource } from "./attachments.ts";
import { messageIdOf } from "./ids.ts";
import type { PollRecord } from "./polls.ts";

/** What reading an update needs to know; all of it is fixed while an update is read. */
export interface InboundFacts {
  account: string;
  me: Pick<UserFromGetMe, "id" | "username">;
  files: FileSource;
  /** A poll of ours; undefined for one that was forgotten. */
  poll(id: string): PollRecord | undefined;
  /** The id a chat had before Telegram changed it, which is the one rules and sessions know. */
  canonicalChat(id: number): string;
  /** Epoch milliseconds, for updates that state no time of their own. */
  now: number;
  /** Shows the presser of a button what came of it. */
  answerPress(queryId: string, text: string): Promise<void>;
}

/** The kinds of update that are asked for; Telegram leaves reactions out unless they are named. */
export const updateKinds = [
  "message",
  "edited_message",
  "callback_query",
  "message_reaction",
  "poll_answer",
] as const satisfies ReadonlyArray<Exclude<keyof Update, "update_id">>;

/** The events of one update; none for what is no concern of ours, e.g. that somebody joined. Pure. */
export function eventsOf(update: Update, facts: InboundFacts): InboundEvent[] {
  if (update.message) {
    const event = messageEvent([update.message], facts);
    return event ? [event] : [];
  }
  if (update.edited_message) return editEvents(update.update_id, update.edited_message, facts);
  if (update.callback_query) return pressEvents(update.update_id, update.callback_query, facts);
  if (update.message_reaction) return reactionEvents(update.update_id, update.message_reaction, facts);
  if (update.poll_answer) return voteEvents(update.update_id, update.poll_answer, facts);
  return [];
}

/** One message, or the parts of one album in their order. Null for service messages and copies of channel posts. */
export function messageEvent(parts: readonly Message[], facts: InboundFacts): InboundMessageEvent | null {
  const [first] = parts;
  if (!first || first.is_automatic_forward || first.chat.type === "channel") return null;
  const texted = parts.find((part) => textOf(part) !== "") ?? first;
  const entities = texted.entities ?? texted.caption_entities ?? [];
  const command = commandOf(textOf(texted), entities, facts.me.username);
  const attachments = parts.flatMap((part) => attachmentOf(part, facts.files) ?? []);
  const { location, contacts, poll, text: extra } = contentOf(first);
  const text = command?.text ?? (textOf(texted) || extra);
  if (text === "" && attachments.length === 0 && !location && !contacts && !poll) return null;
  const replyTo = quotedOf(first, facts);
  return {
    kind: "message",
    ...base(first, facts),
    messageId: messageIdOf(first.chat.id, first.message_id),
    text,
    mentioned: command?.forUs === true || mentions(textOf(texted), entities, facts.me),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(location === undefined ? {} : { location }),
    ...(contacts === undefined ? {} : { contacts }),
    ...(poll === undefined ? {} : { poll }),
    ...(command === null || command.forOther ? {} : { command: true }),
  };
}

function textOf(message: Message): string {
  const text: unknown = message.text ?? message.caption;
  return typeof text === "string" ? text : "";
}

/** What everything else is looked up by; a server that sends other things there cannot be understood. */
function mustBeNumbered(message: Message): void {
  const numbers: unknown[] = [message.message_id, message.date, message.chat.id];
  if (!numbers.every(Number.isSafeInteger)) throw new TypeError("a message without id, time or chat");
}

function base(message: Message, facts: InboundFacts) {
  mustBeNumbered(message);
  return {
    channel: "telegram",
    account: facts.account,
    chat: chatOf(message, facts),
    sender: senderOf(message, facts),
    sentAt: message.date * 1000,
  };
}

function chatOf(message: Message, facts: InboundFacts): ChatRef {
  const { chat } = message;
  const title = chat.title ?? nameOf(chat);
  return {
    kind: chat.type === "private" ? "direct" : "group",
    id: facts.canonicalChat(chat.id),
    ...(title === "" ? {} : { title }),
    // Plain replies have a thread id, too; only topics are threads of their own.
    ...(message.is_topic_message && message.message_thread_id !== undefined
      ? { threadId: String(message.message_thread_id) }
      : {}),
  };
}

/** Who wrote: a chat where somebody speaks in its name, so that an anonymous admin is not taken for a person. */
function senderOf(message: Message, facts: InboundFacts): SenderRef {
  const { sender_chat: chat, from } = message;
  if (chat) return { id: String(chat.id), ...named(chat.title ?? nameOf(chat)) };
  return from ? userSender(from, facts) : { id: String(message.chat.id) };
}

function userSender(user: User, facts: InboundFacts): SenderRef {
  return {
    id: String(user.id),
    ...named(nameOf(user)),
    ...(user.is_bot ? { bot: true } : {}),
    ...(user.id === facts.me.id ? { self: true } : {}),
  };
}

function named(name: string): { name?: string } {
  return name === "" ? {} : { name };
}

function nameOf(of: { first_name?: string; last_name?: string; username?: string }): string {
  return [of.first_name, of.last_name].filter(Boolean).join(" ") || (of.username ?? "");
}

/** By what Telegram marked as a mention, never by the letters: a word that looks like one is none. */
function mentions(text: string, entities: readonly MessageEntity[], me: InboundFacts["me"]): boolean {
  return entities.some(
    (entity) =>
      (entity.type === "text_mention" && entity.user.id === me.id) ||
      (entity.type === "mention" &&
        text.slice(entity.offset, entity.offset + entity.length).toLowerCase() ===
          `@${me.username.toLowerCase()}`),
  );
}

/** `/name@bot rest` at the very start, without the address. */
function commandOf(
  text: string,
  entities: readonly MessageEntity[],
  username: string,
): { text: string; forUs: boolean; forOther: boolean } | null {
  const entity = entities.find((each) => each.type === "bot_command" && each.offset === 0);
  if (!entity) return null;
  const [name = "", address] = text.slice(0, entity.length).split("@", 2);
  const forUs = address?.toLowerCase() === username.toLowerCase();
  const forOther = address !== undefined && !forUs;
  return { text: forOther ? text : name + text.slice(entity.length), forUs, forOther };
}

function quotedOf(message: Message, facts: InboundFacts): QuotedMessage | undefined {
  const { reply_to_message: quoted } = message;
  // In a topic everything "replies" to the message that opened the topic.
  if (!quoted || quoted.forum_topic_created) return undefined;
  const text = message.quote?.text ?? textOf(quoted);
  const sender = quoted.sender_chat?.id ?? quoted.from?.id;
  return {
    messageId: messageIdOf(quoted.chat.id, quoted.message_id),
    ...(text === "" ? {} : { text }),
    ...(sender === undefined ? {} : { senderId: String(sender) }),
    ...(quoted.from?.id === facts.me.id ? { ours: true } : {}),
  };
}

/** What a message carries that is neither text nor file. */
function contentOf(
  message: Message,
): Pick<InboundMessageEvent, "location" | "contacts" | "poll"> & { text: string } {
  const { venue, location, contact, poll, dice, sticker, story } = message;
  const place = venue?.location ?? location;
  return {
    text: dice ? `${dice.emoji} ${dice.value}` : story ? "(a story)" : (sticker?.emoji ?? ""),
    ...(place
      ? {
          location: {
            latitude: place.latitude,
            longitude: place.longitude,
            ...(venue ? { name: venue.title, address: venue.address } : {}),
          },
        }
      : {}),
    ...(contact ? { contacts: [{ name: nameOf(contact), phones: [contact.phone_number] }] } : {}),
    ...(poll ? { poll: { question: poll.question, options: poll.options.map((each) => each.text) } } : {}),
  };
}

function editEvents(updateId: number, message: Message, facts: InboundFacts): InboundEvent[] {
  // A live location "edits" its message every few seconds, and nobody wrote anything.
  if (message.chat.type === "channel" || message.location || textOf(message) === "") return [];
  const entities = message.entities ?? message.caption_entities ?? [];
  return [
    {
      kind: "edit",
      ...base(message, facts),
      messageId: `update:${updateId}`,
      targetId: messageIdOf(message.chat.id, message.message_id),
      text: commandOf(textOf(message), entities, facts.me.username)?.text ?? textOf(message),
      sentAt: (message.edit_date ?? message.date) * 1000,
    },
  ];
}

function pressEvents(
  updateId: number,
  query: NonNullable<Update["callback_query"]>,
  facts: InboundFacts,
): InboundEvent[] {
  const { message, data } = query;
  if (!message || data === undefined || message.chat.type === "channel") return [];
  // A message too old to be shown has date 0 and nothing else.
  const chat =
    message.date === 0
      ? ({
          kind: message.chat.type === "private" ? "direct" : "group",
          id: facts.canonicalChat(message.chat.id),
        } as const)
      : chatOf(message, facts);
  return [
    {
      kind: "action",
      channel: "telegram",
      account: facts.account,
      messageId: `update:${updateId}`,
      chat,
      sender: userSender(query.from, facts),
      sentAt: facts.now,
      targetId: messageIdOf(message.chat.id, message.message_id),
      value: data,
      answer: (text) => facts.answerPress(query.id, text),
    },
  ];
}

function reactionEvents(
  updateId: number,
  reaction: NonNullable<Update["message_reaction"]>,
  facts: InboundFacts,
): InboundEvent[] {
  const { chat, user, actor_chat: actor } = reaction;
  if (chat.type === "channel") return [];
  const sender = user
    ? userSender(user, facts)
    : { id: String(actor?.id ?? chat.id), ...named(actor?.title ?? "") };
  const before = reaction.old_reaction.map(emojiOf);
  const after = reaction.new_reaction.map(emojiOf);
  const changes = [
    ...before.filter((emoji) => !after.includes(emoji)).map((emoji) => ({ emoji, removed: true })),
    ...after.filter((emoji) => !before.includes(emoji)).map((emoji) => ({ emoji, removed: false })),
  ];
  return changes.map((change, index) => ({
    kind: "reaction",
    channel: "telegram",
    account: facts.account,
    messageId: `update:${updateId}:${index}`,
    chat: {
      kind: chat.type === "private" ? "direct" : "group",
      id: facts.canonicalChat(chat.id),
      ...(chat.title === undefined ? {} : { title: chat.title }),
    },
    sender,
    sentAt: reaction.date * 1000,
    targetId: messageIdOf(chat.id, reaction.message_id),
    ...change,
  }));
}

function emojiOf(reaction: NonNullable<Update["message_reaction"]>["new_reaction"][number]): string {
  if (reaction.type === "emoji") return reaction.emoji;
  return reaction.type === "custom_emoji" ? `:${reaction.custom_emoji_id}:` : ":paid:";
}

function voteEvents(
  updateId: number,
  answer: NonNullable<Update["poll_answer"]>,
  facts: InboundFacts,
): InboundEvent[] {
  const poll = facts.poll(answer.poll_id);
  if (!poll) return [];
  return [
    {
      kind: "vote",
      channel: "telegram",
      account: facts.account,
      messageId: `update:${updateId}`,
      chat: {
        kind: poll.group ? "group" : "direct",
        id: poll.to,
        ...(poll.threadId === undefined ? {} : { threadId: poll.threadId }),
      },
      sender: answer.user
        ? userSender(answer.user, facts)
        : { id: String(answer.voter_chat?.id ?? 0), ...named(answer.voter_chat?.title ?? "") },
      sentAt: facts.now,
      targetId: poll.messageId,
      options: answer.option_ids.flatMap((index) => poll.options[index] ?? []),
    },
  ];
}
