import type {
  ChatRef,
  InboundActionEvent,
  InboundAttachment,
  InboundEvent,
  InboundMessageEvent,
  SenderRef,
} from "../contract.ts";
import { fields, type Fields, listOf, text } from "../shared/index.ts";
import { attachmentsOf, type FileSource } from "./files.ts";
import { emojiOf } from "./emoji.ts";
import { isDirect, messageIdOf, timeOf } from "./ids.ts";
import { mentions, wordsOf, type WordFacts } from "./words.ts";

/** Who we are in a workspace. */
export interface Self {
  userId: string;
  botId: string;
  teamId: string;
  name: string;
}

/** What reading an event needs to know; all of it is fixed while an event is read. */
export interface InboundFacts extends WordFacts {
  account: string;
  self: Self;
  files: FileSource;
  slashCommand: string;
  now: number;
  /** Tells somebody something that only they see. */
  whisper(to: { channel: string; user: string; text: string; threadTs: string }): Promise<void>;
}

const written = new Set(["", "file_share", "thread_broadcast", "bot_message", "me_message"]);

/**
 * The events of one event of the Events API; none for what is no concern of ours, e.g. that somebody joined, and none for
 * what this very app did: Slack tells an app its own messages. Pure.
 */
export function eventsOf(event: Fields, facts: InboundFacts): InboundEvent[] {
  return allEventsOf(event, facts).filter(({ sender }) => sender.self !== true);
}

function allEventsOf(event: Fields, facts: InboundFacts): InboundEvent[] {
  switch (text(event["type"])) {
    case "message":
      return messageEvents(event, facts);
    case "app_mention":
      return only(messageEvent(event, facts));
    case "reaction_added":
    case "reaction_removed":
      return reactionEvents(event, facts);
    default:
      return [];
  }
}

function messageEvents(event: Fields, facts: InboundFacts): InboundEvent[] {
  const subtype = text(event["subtype"]);
  if (written.has(subtype)) return only(messageEvent(event, facts));
  const channel = text(event["channel"]);
  const was = fields(event["previous_message"]);
  if (subtype === "message_changed") {
    const message = fields(event["message"]);
    // A parent with replies is not removed: it becomes a tombstone.
    if (text(message["subtype"]) === "tombstone")
      return changeEvents("delete", was, { event, channel, facts });
    // Previews of links change a message too, and nobody wrote anything.
    if (text(fields(message["edited"])["ts"]) === "" || text(message["text"]) === text(was["text"]))
      return [];
    return changeEvents("edit", message, { event, channel, facts });
  }
  return subtype === "message_deleted" ? changeEvents("delete", was, { event, channel, facts }) : [];
}

/** What somebody wrote, as an event or as history tells it. Null when there is nothing in it. */
function messageEvent(message: Fields, facts: InboundFacts): InboundMessageEvent | null {
  const [channel, ts] = [text(message["channel"]), text(message["ts"])];
  if (channel === "" || ts === "" || !written.has(text(message["subtype"]))) return null;
  const raw = text(message["text"]);
  const attachments = attachmentsOf(message, facts.files);
  if (raw === "" && attachments.length === 0) return null;
  const threadTs = text(message["thread_ts"]);
  const inThread = threadTs !== "" && threadTs !== ts;
  const parentUser = text(message["parent_user_id"]);
  return {
    kind: "message",
    ...base(message, { channel, threadTs: inThread ? threadTs : "", facts }),
    messageId: messageIdOf(channel, ts),
    sentAt: timeOf(ts),
    text: wordsOf(raw, facts),
    mentioned: mentions(raw, facts.self.userId),
    ...(inThread
      ? {
          replyTo: {
            messageId: messageIdOf(channel, threadTs),
            ...(parentUser === "" ? {} : { senderId: parentUser }),
            ...(parentUser === facts.self.userId ? { ours: true } : {}),
          },
        }
      : {}),
    ...withAttachments(attachments),
  };
}

function withAttachments(attachments: InboundAttachment[]): { attachments?: InboundAttachment[] } {
  return attachments.length === 0 ? {} : { attachments };
}

function base(message: Fields, at: { channel: string; threadTs: string; facts: InboundFacts }) {
  return {
    channel: "slack",
    account: at.facts.account,
    chat: chatOf(message, at),
    sender: senderOf(message, at.facts),
  };
}

function chatOf(
  message: Fields,
  { channel, threadTs, facts }: { channel: string; threadTs: string; facts: InboundFacts },
): ChatRef {
  const type = text(message["channel_type"]);
  const direct = type === "" ? isDirect(channel) : type === "im";
  const title = direct ? "" : facts.nameOf(channel);
  return {
    kind: direct ? "direct" : "group",
    id: channel,
    ...(title === "" ? {} : { title }),
    ...(threadTs === "" ? {} : { threadId: threadTs }),
    ...(facts.self.teamId === "" ? {} : { parentId: facts.self.teamId }),
  };
}

function senderOf(message: Fields, facts: InboundFacts): SenderRef {
  const { self } = facts;
  const botId = text(message["bot_id"]);
  const id = text(message["user"]) || botId;
  const name = facts.nameOf(id) || text(message["username"]) || text(fields(message["bot_profile"])["name"]);
  return {
    id,
    ...(name === "" ? {} : { name }),
    ...(botId === "" && text(message["subtype"]) !== "bot_message" ? {} : { bot: true }),
    ...(id === self.userId || (botId !== "" && botId === self.botId) ? { self: true } : {}),
  };
}

function changeEvents(
  kind: "edit" | "delete",
  message: Fields,
  { event, channel, facts }: { event: Fields; channel: string; facts: InboundFacts },
): InboundEvent[] {
  const ts = text(message["ts"]) || text(event["deleted_ts"]);
  if (ts === "" || channel === "") return [];
  const threadTs = text(message["thread_ts"]);
  const when = text(fields(message["edited"])["ts"]) || text(event["event_ts"]) || text(event["ts"]);
  const target = messageIdOf(channel, ts);
  const about = { ...message, channel_type: event["channel_type"] };
  return [
    {
      kind,
      ...base(about, { channel, threadTs: threadTs === ts ? "" : threadTs, facts }),
      messageId: kind === "edit" ? `${target}:edit:${when}` : `${target}:delete`,
      targetId: target,
      sentAt: timeOf(when),
      ...(kind === "edit" ? { text: wordsOf(text(message["text"]), facts) } : {}),
    },
  ];
}

function reactionEvents(event: Fields, facts: InboundFacts): InboundEvent[] {
  const item = fields(event["item"]);
  const [channel, ts, user] = [text(item["channel"]), text(item["ts"]), text(event["user"])];
  const name = text(event["reaction"]);
  if (text(item["type"]) !== "message" || channel === "" || ts === "" || user === "" || name === "")
    return [];
  const when = text(event["event_ts"]);
  const target = messageIdOf(channel, ts);
  const removed = text(event["type"]) === "reaction_removed";
  return [
    {
      kind: "reaction",
      ...base({ user }, { channel, threadTs: "", facts }),
      messageId: `${target}:${removed ? "unreact" : "react"}:${user}:${name}:${when}`,
      targetId: target,
      sentAt: timeOf(when),
      emoji: emojiOf(name),
      removed,
    },
  ];
}

/** A slash command. It is a message that nobody else sees. */
export function commandEvent(payload: Fields, facts: InboundFacts): InboundMessageEvent | null {
  const [channel, user] = [text(payload["channel_id"]), text(payload["user_id"])];
  const command = text(payload["command"]);
  if (channel === "" || user === "" || command === "") return null;
  const words = text(payload["text"]).trim();
  const said =
    command === facts.slashCommand
      ? `/${words === "" ? "help" : words.replace(/^\//, "")}`
      : `${command} ${words}`;
  return {
    kind: "message",
    ...base({ user }, { channel, threadTs: "", facts }),
    messageId: `command:${text(payload["trigger_id"])}`,
    sentAt: facts.now,
    text: wordsOf(said.trim(), facts),
    mentioned: true,
    command: true,
  };
}

/** Pressed buttons of ours. */
export function actionEvents(payload: Fields, facts: InboundFacts): InboundActionEvent[] {
  if (text(payload["type"]) !== "block_actions") return [];
  const message = fields(payload["message"]);
  const container = fields(payload["container"]);
  const channel = text(fields(payload["channel"])["id"]) || text(container["channel_id"]);
  const ts = text(message["ts"]) || text(container["message_ts"]);
  const user = text(fields(payload["user"])["id"]);
  if (channel === "" || ts === "" || user === "") return [];
  const threadTs = text(message["thread_ts"]);
  const target = messageIdOf(channel, ts);
  const inThread = threadTs === ts ? "" : threadTs;
  return listOf(payload["actions"]).flatMap((action) => {
    const value = text(action["value"]);
    if (value === "") return [];
    return {
      kind: "action",
      ...base({ user }, { channel, threadTs: inThread, facts }),
      messageId: `${target}:press:${user}:${text(action["action_ts"])}`,
      targetId: target,
      sentAt: timeOf(text(action["action_ts"])) || facts.now,
      value,
      answer: (words: string) => facts.whisper({ channel, user, text: words, threadTs: inThread }),
    };
  });
}

function only<T>(event: T | null): T[] {
  return event === null ? [] : [event];
}
