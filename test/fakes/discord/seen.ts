import type { Seen } from "../../channels/driver.ts";
import type { Platform, StoredMessage } from "./platform.ts";

/** What people see of the bots, oldest first. */
export function seenOf(platform: Platform): Seen[] {
  const bots = new Set([...platform.bots.values()].map((bot) => bot.user.id));
  return platform.messages
    .filter(({ wire }) => bots.has(wire.author.id) && platform.said.has(wire.id))
    .map((message) => one(platform, message));
}

function one(platform: Platform, message: StoredMessage): Seen {
  const { wire } = message;
  const channel = platform.channels.get(wire.channel_id);
  const thread = channel?.type === 11;
  const reference = wire["message_reference"] as { message_id: string } | undefined;
  const rows = wire["components"] as Array<{ components: Array<{ custom_id: string }> }>;
  const poll = wire["poll"] as
    | {
        question: { text: string };
        answers: Array<{ poll_media: { text: string } }>;
        allow_multiselect: boolean;
      }
    | undefined;
  return {
    messageId: wire.id,
    chatId: thread ? (channel.parent_id ?? "") : wire.channel_id,
    ...(thread ? { threadId: channel.id } : {}),
    raw: message.raw,
    plain: message.plain,
    spans: message.spans,
    rings: message.rings,
    ...(reference ? { replyTo: reference.message_id } : {}),
    before: message.before,
    deleted: message.deleted,
    media: message.files.map((file) => ({
      kind: /^(image|audio|video)\//.exec(file.mimeType)?.[1] ?? "document",
      mimeType: file.mimeType,
      fileName: file.name,
      content: file.content,
    })),
    buttons: rows.flatMap((row) => row.components.map((button) => button.custom_id)),
    ...(poll
      ? {
          poll: {
            question: poll.question.text,
            options: poll.answers.map((each) => each.poll_media.text),
            // Discord knows one or any number.
            maxSelections: poll.allow_multiselect ? poll.answers.length : 1,
          },
        }
      : {}),
    at: message.at,
  };
}
