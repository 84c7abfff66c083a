import type { Said } from "../../channels/driver.ts";
import { readPlain } from "../../channels/readers.ts";
import {
  channelWire,
  gatewayWire,
  type Bot,
  type Channel,
  type PendingInteraction,
  type Platform,
  type StoredFile,
  type StoredMessage,
  type User,
} from "./platform.ts";

/** Discord's flag of a voice note. */
const voiceFlag = 1 << 13;

/** Puts a message where it belongs, and tells the bots of it. */
export function publish(
  platform: Platform,
  options: {
    channel: Channel;
    by: User;
    content: string;
    files?: StoredFile[];
    /** Size as stated, where it is not the true one. */
    stated?: number;
    more?: Record<string, unknown>;
    shown?: Pick<StoredMessage, "plain" | "spans" | "rings">;
    nonce?: unknown;
    byApi?: boolean;
  },
): StoredMessage {
  const { channel, by, content, files = [] } = options;
  const id = platform.nextId();
  const mentions = [...content.matchAll(/<@!?(\d+)>/g)].flatMap(
    (match) => platform.users.get(match[1] ?? "") ?? [],
  );
  const message: StoredMessage = {
    wire: {
      id,
      channel_id: channel.id,
      author: by,
      content,
      timestamp: platform.stamp(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions,
      mention_roles: [...content.matchAll(/<@&(\d+)>/g)].map((match) => match[1]),
      attachments: files.map((file) => attachmentWire(platform, channel, file, options.stated)),
      embeds: [],
      pinned: false,
      type: 0,
      flags: 0,
      components: [],
      ...options.more,
    },
    raw: content,
    ...(options.shown ?? readPlain(content)),
    before: [],
    deleted: false,
    files,
    at: platform.clock.now(),
    reactions: new Map(),
  };
  platform.messages.push(message);
  if (options.byApi === true) platform.said.add(id);
  channel.last_message_id = id;
  const extra = options.nonce === undefined ? {} : { nonce: options.nonce };
  for (const bot of platform.audience(channel))
    platform.dispatch(bot, "MESSAGE_CREATE", { ...gatewayWire(platform, message, bot), ...extra });
  return message;
}

/** Filled in by the server once it listens. */
export const cdn = (platform: Platform): { root: string } => {
  const known = roots.get(platform);
  if (known) return known;
  const made = { root: "" };
  roots.set(platform, made);
  return made;
};
const roots = new WeakMap<Platform, { root: string }>();

function attachmentWire(platform: Platform, channel: Channel, file: StoredFile, stated?: number) {
  const url = `${cdn(platform).root}/attachments/${channel.id}/${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    filename: file.name,
    content_type: file.mimeType,
    size: stated ?? file.content.length,
    url,
    proxy_url: url,
  };
}

/** What people do in their clients. */
export function createPeople(platform: Platform) {
  const channelOf = (message: StoredMessage): Channel => {
    const channel = platform.channels.get(message.wire.channel_id);
    if (!channel) throw new Error("the message is nowhere");
    return channel;
  };
  const tellAll = (message: StoredMessage, t: string, make: (bot: Bot) => unknown) => {
    for (const bot of platform.audience(channelOf(message))) platform.dispatch(bot, t, make(bot));
  };
  const place = (channel: Channel) => ({
    channel_id: channel.id,
    ...(channel.guild_id === undefined ? {} : { guild_id: channel.guild_id }),
  });
  const memberOf = (channel: Channel, user: User) =>
    platform.guilds.get(channel.guild_id ?? "")?.members.find((each) => each.user.id === user.id);

  function interact(
    bot: Bot,
    options: { channel: Channel; by: User; type: number; data: unknown; message?: unknown },
  ): PendingInteraction {
    const { channel, by, type, data, message } = options;
    const pending: PendingInteraction = {
      id: platform.nextId(),
      token: `interaction-token-${platform.interactions.size}`,
      answered: false,
      shown: undefined,
      deferred: false,
    };
    platform.interactions.set(pending.token, pending);
    const member = memberOf(channel, by);
    platform.dispatch(bot, "INTERACTION_CREATE", {
      id: pending.id,
      application_id: bot.applicationId,
      type,
      token: pending.token,
      version: 1,
      data,
      channel: channelWire(channel),
      ...place(channel),
      ...(member ? { member } : { user: by }),
      ...(message === undefined ? {} : { message }),
    });
    return pending;
  }

  return {
    /** The id of the message, or of the slash command. */
    say(said: Said, at: { channel: Channel; by: User; bot: Bot }): string {
      const { channel, by, bot } = at;
      const text = said.text ?? "";
      if (said.command === true) {
        const [name = "", ...rest] = text.slice(1).split(" ");
        const value = rest.join(" ");
        const options = value === "" ? [] : [{ name: "text", type: 3, value }];
        return interact(bot, { channel, by, type: 2, data: { id: "1", name, type: 1, options } }).id;
      }
      const attachments = said.attachments ?? [];
      const [first] = attachments;
      const quoted = said.quoting === undefined ? undefined : platform.find(said.quoting);
      const message = publish(platform, {
        channel,
        by,
        content: said.mention === true ? `<@${bot.user.id}> ${text}` : text,
        files: attachments.map((each) =>
          platform.addFile({
            name: each.fileName,
            mimeType: each.mimeType,
            content: Buffer.from(each.content),
          }),
        ),
        // Discord always states a size; a wrong one must do no harm.
        ...(first?.statedBytes === undefined
          ? {}
          : { stated: first.statedBytes === "none" ? 1 : first.statedBytes }),
        more: {
          ...(first?.kind === "voice" ? { flags: voiceFlag } : {}),
          ...(quoted
            ? {
                type: 19,
                message_reference: { type: 0, message_id: quoted.wire.id, channel_id: channel.id },
                referenced_message: quoted.wire,
              }
            : {}),
          ...(said.poll
            ? {
                poll: {
                  question: { text: said.poll.question },
                  answers: said.poll.options.map((option, index) => ({
                    answer_id: index + 1,
                    poll_media: { text: option },
                  })),
                },
              }
            : {}),
        },
      });
      return message.wire.id;
    },
    edit(message: StoredMessage, text: string): void {
      message.wire.content = text;
      message.wire["edited_timestamp"] = platform.stamp();
      tellAll(message, "MESSAGE_UPDATE", (bot) => gatewayWire(platform, message, bot));
    },
    remove(message: StoredMessage): void {
      message.deleted = true;
      tellAll(message, "MESSAGE_DELETE", () => ({ id: message.wire.id, ...place(channelOf(message)) }));
    },
    react(message: StoredMessage, by: User, emoji: string, removed: boolean): void {
      const who = message.reactions.get(emoji) ?? new Set<string>();
      message.reactions.set(emoji, who);
      if (removed) who.delete(by.id);
      else who.add(by.id);
      const member = memberOf(channelOf(message), by);
      tellAll(message, removed ? "MESSAGE_REACTION_REMOVE" : "MESSAGE_REACTION_ADD", () => ({
        user_id: by.id,
        message_id: message.wire.id,
        ...place(channelOf(message)),
        ...(member && !removed ? { member } : {}),
        emoji: { id: null, name: emoji },
        burst: false,
        type: 0,
      }));
    },
    press(message: StoredMessage, by: User, value: string): PendingInteraction {
      const bot = [...platform.bots.values()].find((each) => each.user.id === message.wire.author.id);
      if (!bot) throw new Error("not a message of a bot");
      return interact(bot, {
        channel: channelOf(message),
        by,
        type: 3,
        data: { custom_id: value, component_type: 2 },
        message: message.wire,
      });
    },
    vote(message: StoredMessage, by: User, options: string[]): void {
      const { answers } = message.wire["poll"] as {
        answers: Array<{ answer_id: number; poll_media: { text: string } }>;
      };
      for (const option of options) {
        const answer = answers.find((each) => each.poll_media.text === option);
        tellAll(message, "MESSAGE_POLL_VOTE_ADD", () => ({
          user_id: by.id,
          message_id: message.wire.id,
          ...place(channelOf(message)),
          answer_id: answer?.answer_id,
        }));
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;
