import type { Seen } from "../../channels/driver.ts";
import { textOf, type Bot, type Platform, type StoredMessage } from "./platform.ts";

/** What people see of the bots, oldest first. */
export function seenOf(platform: Platform, bots: readonly Bot[] = [...platform.bots.values()]): Seen[] {
  const ours = new Set(bots.map((bot) => bot.user.id));
  const spoken = platform.messages.filter(({ wire, raw, files }) => {
    const mine = wire.from !== undefined && ours.has(wire.from.id);
    return mine && (raw !== "" || files.length > 0 || wire["poll"] !== undefined);
  });
  const albums = new Map<unknown, Seen>();
  return spoken.flatMap((message): Seen[] => {
    const album = message.wire["media_group_id"];
    const open = album === undefined ? undefined : albums.get(album);
    // An album is one thing to look at.
    if (open) {
      open.media.push(...mediaOf(message));
      return [];
    }
    const seen = one(message);
    if (album !== undefined) albums.set(album, seen);
    return [seen];
  });
}

function mediaOf({ files }: StoredMessage): Seen["media"] {
  const kinds: Record<string, string> = { photo: "image", animation: "image" };
  return files.map(({ kind, file }) => ({
    kind: kinds[kind] ?? kind,
    mimeType: file.mimeType,
    fileName: file.fileName,
    content: file.content,
  }));
}

function one(message: StoredMessage): Seen {
  const { wire } = message;
  const reply = wire["reply_to_message"] as StoredMessage["wire"] | undefined;
  const markup = wire["reply_markup"] as
    | { inline_keyboard?: Array<Array<{ callback_data?: string }>> }
    | undefined;
  const poll = wire["poll"] as
    | { question: string; options: Array<{ text: string }>; allows_multiple_answers: boolean }
    | undefined;
  return {
    messageId: `${wire.chat.id}:${wire.message_id}`,
    chatId: String(wire.chat.id),
    ...(wire["message_thread_id"] === undefined ? {} : { threadId: textOf(wire["message_thread_id"]) }),
    raw: message.raw,
    plain: message.plain,
    spans: message.spans,
    rings: message.rings,
    ...(reply ? { replyTo: `${reply.chat.id}:${reply.message_id}` } : {}),
    before: message.before,
    deleted: message.deleted,
    media: mediaOf(message),
    buttons: (markup?.inline_keyboard ?? []).flat().flatMap((button) => button.callback_data ?? []),
    ...(poll
      ? {
          poll: {
            question: poll.question,
            options: poll.options.map(({ text }) => text),
            // Telegram knows one or any number.
            maxSelections: poll.allows_multiple_answers ? poll.options.length : 1,
          },
        }
      : {}),
    at: message.at,
  };
}
