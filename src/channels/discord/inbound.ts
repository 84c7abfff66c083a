import type {
  ChatRef,
  InboundActionEvent,
  InboundEditEvent,
  InboundMessageEvent,
  InboundReactionEvent,
  InboundVoteEvent,
  QuotedMessage,
  SenderRef,
} from "../contract.ts";
import { attachmentsOf, type FileSource } from "./attachments.ts";
import type { WireInteraction, WireMember, WireMessage, WireReaction, WireUser } from "./types.ts";
import { messageTypes } from "./wire.ts";

/** What reading an event needs to know; all of it is fixed while an event is read. */
export interface InboundFacts {
  account: string;
  /** Our own user id. */
  me: string;
  chat: ChatRef;
  /** The role that stands for us in the server of the event. */
  ownRole: string | undefined;
  files: FileSource;
  /** Epoch milliseconds, for events that state no time of their own. */
  now: number;
  channelName(id: string): string | undefined;
}

const base = (facts: InboundFacts) =>
  ({ channel: "discord", account: facts.account, chat: facts.chat }) as const;

/** Somebody's message; null for what the platform itself says, and for one without anything in it. Pure. */
export function messageEvent(message: WireMessage, facts: InboundFacts): InboundMessageEvent | null {
  if (!messageTypes.has(message.type)) return null;
  const attachments = attachmentsOf(message, facts.files);
  const text = textOf(message, facts);
  const { poll } = message;
  if (text === "" && attachments.length === 0 && !poll) return null;
  const replyTo = quotedOf(message, facts);
  return {
    kind: "message",
    ...base(facts),
    messageId: message.id,
    sender: senderOfMessage(message, facts),
    sentAt: Date.parse(message.timestamp),
    text,
    mentioned: mentions(message, facts),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(poll
      ? {
          poll: {
            question: poll.question.text ?? "",
            options: poll.answers.map((each) => each.poll_media.text ?? ""),
          },
        }
      : {}),
  };
}

/** A changed message; null when only its link previews came, which nobody wrote. Pure. */
export function editEvent(message: WireMessage, facts: InboundFacts): InboundEditEvent | null {
  if (message.edited_timestamp === null || !messageTypes.has(message.type)) return null;
  return {
    kind: "edit",
    ...base(facts),
    messageId: `edit:${message.id}:${Date.parse(message.edited_timestamp)}`,
    targetId: message.id,
    sender: senderOfMessage(message, facts),
    sentAt: Date.parse(message.edited_timestamp),
    text: textOf(message, facts),
  };
}

/** A message taken back, by whom it was written: who deleted it is not told. Pure. */
export function deleteEvent(messageId: string, sender: SenderRef, facts: InboundFacts): InboundEditEvent {
  return {
    kind: "delete",
    ...base(facts),
    messageId: `delete:${messageId}`,
    targetId: messageId,
    sender,
    sentAt: facts.now,
  };
}

export function reactionEvent(
  reaction: WireReaction,
  { removed, id }: { removed: boolean; id: string },
  facts: InboundFacts,
): InboundReactionEvent {
  const { emoji, member, user_id: userId } = reaction;
  return {
    kind: "reaction",
    ...base(facts),
    messageId: `event:${id}`,
    targetId: reaction.message_id,
    sender: member?.user ? senderOf(member.user, member, facts) : { id: userId, ...selfMark(userId, facts) },
    sentAt: facts.now,
    emoji: emoji.id ? `:${emoji.name ?? emoji.id}:` : (emoji.name ?? ""),
    removed,
  };
}

export function voteEvent(
  vote: { user_id: string; message_id: string; options: string[] },
  id: string,
  facts: InboundFacts,
): InboundVoteEvent {
  return {
    kind: "vote",
    ...base(facts),
    messageId: `event:${id}`,
    targetId: vote.message_id,
    sender: { id: vote.user_id, ...selfMark(vote.user_id, facts) },
    sentAt: facts.now,
    options: vote.options,
  };
}

/** A slash command. Pure. */
export function commandEvent(interaction: WireInteraction, facts: InboundFacts): InboundMessageEvent | null {
  const sender = senderOfInteraction(interaction, facts);
  const { name, options = [] } = interaction.data ?? {};
  if (!sender || name === undefined) return null;
  const words = options.map((each) => String(each.value ?? "")).filter((each) => each !== "");
  return {
    kind: "message",
    ...base(facts),
    messageId: interaction.id,
    sender,
    sentAt: facts.now,
    text: [`/${name}`, ...words].join(" "),
    mentioned: true,
    command: true,
  };
}

/** A pressed button. Pure. */
export function pressEvent(interaction: WireInteraction, facts: InboundFacts): InboundActionEvent | null {
  const sender = senderOfInteraction(interaction, facts);
  const value = interaction.data?.custom_id;
  if (!sender || value === undefined || !interaction.message) return null;
  return {
    kind: "action",
    ...base(facts),
    messageId: interaction.id,
    sender,
    sentAt: facts.now,
    targetId: interaction.message.id,
    value,
  };
}

function senderOfInteraction({ member, user }: WireInteraction, facts: InboundFacts): SenderRef | null {
  const by = user ?? member?.user;
  return by ? senderOf(by, member, facts) : null;
}

export function senderOfMessage(message: WireMessage, facts: Pick<InboundFacts, "me">): SenderRef {
  const sender = senderOf(message.author, message.member, facts);
  // A webhook speaks with any name it likes.
  return message.webhook_id === undefined ? sender : { ...sender, bot: true };
}

function senderOf(
  user: WireUser,
  member: WireMember | undefined,
  facts: Pick<InboundFacts, "me">,
): SenderRef {
  return {
    id: user.id,
    name: member?.nick ?? nameOf(user),
    ...(user.bot === true ? { bot: true } : {}),
    ...selfMark(user.id, facts),
    ...(member?.roles === undefined || member.roles.length === 0 ? {} : { roleIds: member.roles }),
  };
}

function selfMark(id: string, facts: Pick<InboundFacts, "me">): { self?: true } {
  return id === facts.me ? { self: true } : {};
}

/** The name people see. */
export const nameOf = (user: WireUser): string => user.global_name ?? user.username;

/** By what Discord itself took for a mention, never by the letters. `@everyone` is not for us. */
function mentions(message: WireMessage, facts: InboundFacts): boolean {
  const { ownRole } = facts;
  return (
    message.mentions.some((user) => user.id === facts.me) ||
    (ownRole !== undefined && message.mention_roles?.includes(ownRole) === true)
  );
}

function quotedOf(message: WireMessage, facts: InboundFacts): QuotedMessage | undefined {
  const { message_reference: reference, referenced_message: quoted } = message;
  // A forwarded message refers to where it comes from, and answers nothing.
  if (reference?.message_id === undefined || (reference.type ?? 0) !== 0) return undefined;
  const text = quoted ? textOf(quoted, facts) : "";
  return {
    messageId: reference.message_id,
    ...(text === "" ? {} : { text }),
    ...(quoted ? { senderId: quoted.author.id } : {}),
    ...(quoted?.author.id === facts.me ? { ours: true } : {}),
  };
}

/** The words of a message with names in the place of ids; our own name in front is only how people address us. */
export function textOf(
  message: WireMessage,
  facts: Pick<InboundFacts, "me" | "ownRole" | "channelName">,
): string {
  const own = [
    `<@${facts.me}>`,
    `<@!${facts.me}>`,
    ...(facts.ownRole === undefined ? [] : [`<@&${facts.ownRole}>`]),
  ];
  let text = message.content;
  for (const mark of own) if (text.startsWith(mark)) text = text.slice(mark.length).trimStart();
  const forwarded = (message.message_snapshots ?? [])
    .map((each) => each.message.content)
    .filter((each) => each !== "");
  const whole = [text, ...forwarded].filter((each) => each !== "").join("\n\n");
  const users = new Map(message.mentions.map((user) => [user.id, nameOf(user)]));
  return whole
    .replace(/<@!?(\d{5,20})>/g, (mark, id: string) => {
      const name = users.get(id);
      return name === undefined ? mark : `@${name}`;
    })
    .replace(/<#(\d{5,20})>/g, (mark, id: string) => {
      const name = facts.channelName(id);
      return name === undefined ? mark : `#${name}`;
    })
    .replace(/<a?(:\w{2,32}:)\d{5,20}>/g, "$1");
}
