import { isObject } from "../../../src/core/json.ts";
import { readDiscord } from "../../channels/readers.ts";
import type { FormPart } from "../multipart.ts";
import { publish } from "./people.ts";
import {
  channelWire,
  gatewayWire,
  nonceMs,
  type Bot,
  type Channel,
  type Platform,
  type StoredMessage,
  type User,
} from "./platform.ts";

/** An error answer of the API. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;
  constructor(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}) {
    super(String(body["message"]));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const refuse = (status: number, code: number, message: string): never => {
  throw new Refusal(status, { message, code });
};

export interface Call {
  bot: Bot;
  method: string;
  /** Below /api/v10, without a slash in front. */
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  list: unknown[];
  uploads: FormPart[];
}

type Handler = (call: Call, ...ids: string[]) => unknown;

/** The routes, each with what is in its brackets; undefined answers 204. */
export function createMethods(platform: Platform, options: { gatewayUrl: () => string }) {
  const { channels, guilds } = platform;
  const channelOf = (id: string): Channel => channels.get(id) ?? refuse(404, 10003, "Unknown Channel");
  const messageOf = (channel: string, id: string): StoredMessage => {
    const message = platform.find(id);
    channelOf(channel);
    return message && !message.deleted && message.wire.channel_id === channel
      ? message
      : refuse(404, 10008, "Unknown Message");
  };
  const ownMessage = (call: Call, channel: string, id: string): StoredMessage => {
    const message = messageOf(channel, id);
    return message.wire.author.id === call.bot.user.id
      ? message
      : refuse(403, 50005, "Cannot edit a message authored by another user");
  };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const invalid = (field: string, message: string): never => {
    throw new Refusal(400, {
      message: "Invalid Form Body",
      code: 50035,
      errors: { [field]: { _errors: [{ code: "BASE_TYPE_BAD_LENGTH", message }] } },
    });
  };

  /** What people see of a text, with the mentions that the sender allows. */
  function shownOf(content: string, body: Record<string, unknown>) {
    const { plain, spans, rings } = readDiscord(content);
    const allowed = isObject(body["allowed_mentions"]) ? body["allowed_mentions"]["parse"] : undefined;
    return { plain, spans, rings: Array.isArray(allowed) && allowed.length === 0 ? [] : rings };
  }

  function checkContent(content: string): void {
    if (content.length > 2000) invalid("content", "Must be 2000 or fewer in length.");
  }

  function create(call: Call, id: string): unknown {
    const { bot, body, uploads } = call;
    const channel = channelOf(id);
    if (channel.type === 15) refuse(400, 50008, "Cannot send messages in a non-text channel");
    const content = text(body["content"]);
    checkContent(content);
    const nonce = body["nonce"];
    if (typeof nonce === "string" && nonce.length > 25) invalid("nonce", "Must be 25 or fewer in length.");
    const seen = typeof nonce === "string" ? bot.nonces.get(nonce) : undefined;
    if (body["enforce_nonce"] === true && seen && platform.clock.now() - seen.at < nonceMs)
      return { ...seen.message.wire, nonce };
    const poll = isObject(body["poll"]) ? body["poll"] : undefined;
    if (content === "" && uploads.length === 0 && !poll) refuse(400, 50006, "Cannot send an empty message");
    const reference = isObject(body["message_reference"]) ? body["message_reference"] : undefined;
    const quoted = reference ? platform.find(text(reference["message_id"])) : undefined;
    if (reference && !quoted && reference["fail_if_not_exists"] !== false)
      invalid("message_reference", "Unknown message");
    const files = uploads.map((part) =>
      platform.addFile({
        name: part.fileName ?? "file",
        mimeType: part.type ?? "application/octet-stream",
        content: part.content,
      }),
    );
    const message = publish(platform, {
      channel,
      by: bot.user,
      content: content.trim(),
      files,
      shown: shownOf(content, body),
      nonce,
      byApi: true,
      more: {
        flags: body["flags"] ?? 0,
        components: checkedComponents(body["components"]),
        ...(quoted
          ? {
              type: 19,
              message_reference: { type: 0, message_id: quoted.wire.id, channel_id: channel.id },
              referenced_message: quoted.wire,
            }
          : {}),
        ...(poll ? { poll: pollOf(poll) } : {}),
      },
    });
    platform.typing.delete(`${channel.id} ${bot.user.id}`);
    if (typeof nonce === "string") bot.nonces.set(nonce, { message, at: platform.clock.now() });
    return { ...message.wire, nonce };
  }

  function checkedComponents(value: unknown): unknown[] {
    const rows = Array.isArray(value) ? (value as unknown[]) : [];
    if (rows.length > 5) invalid("components", "Must be 5 or fewer in length.");
    for (const row of rows) {
      const inside =
        isObject(row) && Array.isArray(row["components"]) ? (row["components"] as unknown[]) : [];
      if (inside.length < 1 || inside.length > 5) invalid("components", "Must be between 1 and 5 in length.");
      for (const button of inside) {
        const id = isObject(button) ? text(button["custom_id"]) : "";
        if (id.length < 1 || id.length > 100) invalid("components", "Must be between 1 and 100 in length.");
      }
    }
    return rows;
  }

  function pollOf(poll: Record<string, unknown>) {
    const answers = Array.isArray(poll["answers"]) ? (poll["answers"] as Array<Record<string, unknown>>) : [];
    if (answers.length < 1 || answers.length > 10) invalid("poll", "Must be between 1 and 10 in length.");
    return {
      question: poll["question"],
      answers: answers.map((each, index) => ({ answer_id: index + 1, poll_media: each["poll_media"] })),
      allow_multiselect: poll["allow_multiselect"] === true,
      expiry: platform.stamp(),
    };
  }

  function list(call: Call, id: string): unknown {
    const all = platform.inChannel(channelOf(id).id).map((each) => each.wire);
    const limit = Math.min(100, Math.max(1, Number(call.query.get("limit") ?? 50)));
    const newer = (one: string, other: string) => BigInt(one) > BigInt(other);
    const after = call.query.get("after");
    const before = call.query.get("before");
    // With `after` the oldest of those, else the newest; the newest first in both cases.
    const fits =
      after !== null
        ? all.filter((each) => newer(each.id, after)).slice(0, limit)
        : all.filter((each) => before === null || newer(before, each.id)).slice(-limit);
    return fits.toReversed();
  }

  function edit(call: Call, channel: string, id: string): unknown {
    const message = ownMessage(call, channel, id);
    const { content } = call.body;
    if (typeof content === "string" && content !== message.raw) {
      checkContent(content);
      message.before.push(message.plain);
      Object.assign(message, { raw: content, ...shownOf(content, call.body) });
      message.wire.content = content;
    }
    if (call.body["components"] !== undefined)
      message.wire["components"] = checkedComponents(call.body["components"]);
    message.wire["edited_timestamp"] = platform.stamp();
    for (const bot of platform.audience(channelOf(channel)))
      platform.dispatch(bot, "MESSAGE_UPDATE", gatewayWire(platform, message, bot));
    return message.wire;
  }

  function remove(call: Call, channel: string, id: string): undefined {
    const message = ownMessage(call, channel, id);
    message.deleted = true;
    const { guild_id: guildId } = channelOf(channel);
    for (const bot of platform.audience(channelOf(channel)))
      platform.dispatch(bot, "MESSAGE_DELETE", {
        id,
        channel_id: channel,
        ...(guildId === undefined ? {} : { guild_id: guildId }),
      });
  }

  function react(call: Call, channel: string, id: string, emoji: string): undefined {
    const message = messageOf(channel, id);
    if (!/\p{Emoji}/u.test(emoji) && !/^\w+:\d+$/.test(emoji)) refuse(400, 10014, "Unknown Emoji");
    const who = message.reactions.get(emoji) ?? new Set<string>();
    message.reactions.set(emoji, who);
    if (call.method === "PUT") who.add(call.bot.user.id);
    else who.delete(call.bot.user.id);
  }

  function openThread(channel: string, name: unknown): unknown {
    const parent = channelOf(channel);
    if (parent.guild_id === undefined) refuse(400, 50024, "Cannot execute action on this channel type");
    const thread: Channel = {
      id: platform.nextId(),
      type: 11,
      ...(parent.guild_id === undefined ? {} : { guild_id: parent.guild_id }),
      parent_id: parent.id,
      name: text(name),
      last_message_id: null,
    };
    channels.set(thread.id, thread);
    for (const bot of platform.audience(thread)) platform.dispatch(bot, "THREAD_CREATE", channelWire(thread));
    return channelWire(thread);
  }

  function callback(call: Call, id: string, token: string): undefined {
    const pending = platform.interactions.get(token);
    if (!pending || pending.id !== id) return refuse(404, 10062, "Unknown interaction");
    if (pending.answered) return refuse(400, 40060, "Interaction has already been acknowledged.");
    pending.answered = true;
    pending.deferred = call.body["type"] === 5;
    if (call.body["type"] === 4 && isObject(call.body["data"]))
      pending.shown = text(call.body["data"]["content"]);
  }

  function followUp(call: Call, _application: string, token: string): unknown {
    const pending = platform.interactions.get(token);
    if (!pending?.answered) return refuse(404, 10015, "Unknown Webhook");
    pending.shown = text(call.body["content"]);
    return { id: platform.nextId() };
  }

  const guildOf = (id: string) => guilds.get(id) ?? refuse(404, 10004, "Unknown Guild");

  const routes: Array<[method: string, path: RegExp, handler: Handler]> = [
    [
      "GET",
      /^gateway\/bot$/,
      () => ({
        url: options.gatewayUrl(),
        shards: 1,
        session_start_limit: { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 },
      }),
    ],
    ["GET", /^users\/@me$/, ({ bot }) => bot.user],
    ["GET", /^users\/@me\/guilds$/, () => [...guilds.values()].map(({ id, name }) => ({ id, name }))],
    [
      "POST",
      /^users\/@me\/channels$/,
      ({ bot, body }) => {
        const user: User =
          platform.users.get(text(body["recipient_id"])) ?? refuse(400, 50033, "Invalid Recipient(s)");
        return channelWire(platform.direct(bot, user));
      },
    ],
    ["GET", /^channels\/(\d+)$/, (_call, id = "") => channelWire(channelOf(id))],
    ["GET", /^channels\/(\d+)\/messages$/, (call, id = "") => list(call, id)],
    ["POST", /^channels\/(\d+)\/messages$/, (call, id = "") => create(call, id)],
    ["GET", /^channels\/(\d+)\/messages\/(\d+)$/, (_call, at = "", id = "") => messageOf(at, id).wire],
    ["PATCH", /^channels\/(\d+)\/messages\/(\d+)$/, (call, at = "", id = "") => edit(call, at, id)],
    ["DELETE", /^channels\/(\d+)\/messages\/(\d+)$/, (call, at = "", id = "") => remove(call, at, id)],
    [
      "PUT",
      /^channels\/(\d+)\/messages\/(\d+)\/reactions\/([^/]+)\/@me$/,
      (call, at = "", id = "", emoji = "") => react(call, at, id, emoji),
    ],
    [
      "DELETE",
      /^channels\/(\d+)\/messages\/(\d+)\/reactions\/([^/]+)\/@me$/,
      (call, at = "", id = "", emoji = "") => react(call, at, id, emoji),
    ],
    [
      "POST",
      /^channels\/(\d+)\/typing$/,
      ({ bot }, id = "") => {
        platform.typing.set(`${channelOf(id).id} ${bot.user.id}`, platform.clock.now() + 10_000);
      },
    ],
    ["POST", /^channels\/(\d+)\/threads$/, (call, id = "") => openThread(id, call.body["name"])],
    [
      "POST",
      /^channels\/(\d+)\/messages\/(\d+)\/threads$/,
      (call, at = "", id = "") => {
        messageOf(at, id);
        return openThread(at, call.body["name"]);
      },
    ],
    ["GET", /^guilds\/(\d+)\/roles$/, (_call, id = "") => guildOf(id).roles],
    [
      "GET",
      /^guilds\/(\d+)\/channels$/,
      (_call, id = "") =>
        [...channels.values()]
          .filter((each) => each.guild_id === guildOf(id).id && each.type !== 11)
          .map(channelWire),
    ],
    [
      "GET",
      /^guilds\/(\d+)\/members\/search$/,
      ({ query }, id = "") => {
        const wanted = (query.get("query") ?? "").toLowerCase();
        return guildOf(id).members.filter(({ user, nick }) =>
          [user.username, user.global_name, nick].some((each) => each?.toLowerCase().startsWith(wanted)),
        );
      },
    ],
    [
      "GET",
      /^guilds\/(\d+)\/members\/(\d+)$/,
      (_call, id = "", user = "") =>
        guildOf(id).members.find((each) => each.user.id === user) ?? refuse(404, 10007, "Unknown Member"),
    ],
    [
      "GET",
      /^guilds\/(\d+)\/messages\/search$/,
      ({ query }, id = "") => {
        const wanted = (query.get("content") ?? "").toLowerCase();
        const channel = query.get("channel_id");
        const found = platform.messages.filter(({ wire, deleted }) => {
          const inside = channels.get(wire.channel_id)?.guild_id === guildOf(id).id;
          const here = channel === null || wire.channel_id === channel;
          return inside && here && !deleted && wire.content.toLowerCase().includes(wanted);
        });
        return {
          total_results: found.length,
          messages: found
            .toReversed()
            .slice(0, Number(query.get("limit") ?? 25))
            .map((each) => [each.wire]),
        };
      },
    ],
    [
      "PUT",
      /^applications\/(\d+)\/commands$/,
      ({ bot, list: commands }, id = "") => {
        if (id !== bot.applicationId) refuse(403, 20012, "You are not authorized to perform this action");
        bot.commands = commands;
        return commands;
      },
    ],
    [
      "POST",
      /^interactions\/(\d+)\/([\w-]+)\/callback$/,
      (call, id = "", token = "") => callback(call, id, token),
    ],
    ["POST", /^webhooks\/(\d+)\/([\w-]+)$/, (call, id = "", token = "") => followUp(call, id, token)],
    [
      "PATCH",
      /^webhooks\/(\d+)\/([\w-]+)\/messages\/@original$/,
      (call, id = "", token = "") => followUp(call, id, token),
    ],
  ];

  return (call: Call): unknown => {
    for (const [method, path, handler] of routes) {
      const match = method === call.method ? path.exec(call.path) : null;
      if (match) return handler(call, ...match.slice(1));
    }
    return refuse(404, 0, "404: Not Found");
  };
}
