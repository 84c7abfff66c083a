import { sleep, type Clock } from "../../core/clock.ts";
import type { DirectoryEntry, HistoryMessage } from "../contract.ts";
import { nameOf, textOf } from "./inbound.ts";
import type { Places } from "./places.ts";
import type { DiscordRest } from "./rest.ts";
import type { DiscordState } from "./state.ts";
import type { Targets } from "./targets.ts";
import type { WireChannel, WireGuild, WireMember, WireMessage } from "./types.ts";
import { forumTypes, isId, isNewer, textChannelTypes } from "./wire.ts";

const pageSize = 100;
/** Direct chats have no index: so many pages of them are read through. */
const searchPages = 5;
const mostGuilds = 25;
const indexTries = 5;

/** What can be looked up: messages, people, channels. */
export function createReading(deps: {
  rest: DiscordRest;
  state: DiscordState;
  places: Places;
  targets: Targets;
  clock: Clock;
  me: () => string;
}) {
  const { rest, state, places, targets, clock, me } = deps;
  const get = (path: string, query: Record<string, string | number | undefined>, signal: AbortSignal) =>
    rest.call({ method: "GET", path, query }, { signal });
  const list = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);

  function shown(message: WireMessage): HistoryMessage {
    const facts = { me: me(), ownRole: undefined, channelName: (id: string) => places.nameOf(id) };
    return {
      messageId: message.id,
      senderId: message.author.id,
      senderName: nameOf(message.author),
      text: textOf(message, facts),
      sentAt: Date.parse(message.timestamp),
    };
  }

  async function messages(
    channel: string,
    query: { before?: string | undefined; limit: number },
    signal: AbortSignal,
  ): Promise<WireMessage[]> {
    const found: WireMessage[] = [];
    let { before } = query;
    while (found.length < query.limit) {
      const limit = Math.min(pageSize, query.limit - found.length);
      const page = list<WireMessage>(await get(`/channels/${channel}/messages`, { before, limit }, signal));
      found.push(...page);
      before = page.at(-1)?.id;
      if (page.length < limit) break;
    }
    return found;
  }

  async function guilds(signal: AbortSignal): Promise<WireGuild[]> {
    return list<WireGuild>(await get("/users/@me/guilds", { limit: 200 }, signal)).slice(0, mostGuilds);
  }

  /** By Discord's own index, which it makes when it is first asked for. */
  async function searchGuild(
    guildId: string,
    query: { text: string; limit: number; channel?: string },
    signal: AbortSignal,
  ): Promise<WireMessage[]> {
    for (let tries = 0; tries < indexTries; tries++) {
      const answer = (await get(
        `/guilds/${guildId}/messages/search`,
        { content: query.text, limit: Math.min(25, query.limit), channel_id: query.channel },
        signal,
      )) as { messages?: WireMessage[][]; retry_after?: number } | undefined;
      if (answer?.messages) return answer.messages.flat();
      await sleep(clock, Math.max(1000, (answer?.retry_after ?? 1) * 1000), signal);
    }
    return [];
  }

  async function searchDirect(
    channel: string,
    query: { text: string; limit: number },
    signal: AbortSignal,
  ): Promise<WireMessage[]> {
    const wanted = query.text.toLowerCase();
    const all = await messages(channel, { limit: searchPages * pageSize }, signal);
    return all.filter((each) => each.content.toLowerCase().includes(wanted)).slice(0, query.limit);
  }

  async function channelOf(to: string, threadId: string | undefined, signal: AbortSignal): Promise<string> {
    const channel = await targets.find(to, threadId, signal);
    if (channel === null) throw new Error(`"${threadId ?? to}" is no Discord channel id`);
    return channel;
  }

  return {
    async history(
      query: { to: string; threadId?: string; before?: string; limit: number },
      signal: AbortSignal,
    ): Promise<HistoryMessage[]> {
      const channel = await channelOf(query.to, query.threadId, signal);
      const before = query.before !== undefined && isId(query.before) ? query.before : undefined;
      return (await messages(channel, { before, limit: query.limit }, signal)).toReversed().map(shown);
    },
    async search(
      query: { to?: string; text: string; limit: number },
      signal: AbortSignal,
    ): Promise<HistoryMessage[]> {
      const found: WireMessage[] = [];
      if (query.to !== undefined) {
        const channel = await channelOf(query.to, undefined, signal);
        const known = (await get(`/channels/${channel}`, {}, signal)) as WireChannel;
        found.push(
          ...(known.guild_id === undefined
            ? await searchDirect(channel, query, signal)
            : await searchGuild(known.guild_id, { ...query, channel }, signal)),
        );
      } else {
        for (const { id } of await guilds(signal)) found.push(...(await searchGuild(id, query, signal)));
        for (const [id] of state.directs().slice(-mostGuilds))
          found.push(...(await searchDirect(id, query, signal)));
      }
      return found
        .sort((one, other) => (isNewer(one.id, other.id) ? 1 : -1))
        .slice(-query.limit)
        .map(shown);
    },
    async directory(query: { text?: string; limit: number }, signal: AbortSignal): Promise<DirectoryEntry[]> {
      const wanted = query.text?.toLowerCase() ?? "";
      const fits = (name: string) => name.toLowerCase().includes(wanted);
      const entries = new Map<string, DirectoryEntry>();
      for (const [, { userId, name }] of state.directs().toReversed())
        if (fits(name)) entries.set(userId, { kind: "user", id: userId, name: name || userId });
      for (const guild of await guilds(signal)) {
        if (entries.size >= query.limit) break;
        for (const channel of list<WireChannel>(await get(`/guilds/${guild.id}/channels`, {}, signal))) {
          if (!textChannelTypes.has(channel.type) && !forumTypes.has(channel.type)) continue;
          const name = channel.name ?? channel.id;
          if (fits(name) || fits(guild.name))
            entries.set(channel.id, { kind: "group", id: channel.id, name: `${guild.name} #${name}` });
        }
        if (wanted === "") continue;
        const members = await get(
          `/guilds/${guild.id}/members/search`,
          { query: wanted, limit: Math.min(100, query.limit) },
          signal,
        );
        for (const { user, nick } of list<WireMember>(members))
          if (user && user.bot !== true)
            entries.set(user.id, { kind: "user", id: user.id, name: nick ?? nameOf(user) });
      }
      return [...entries.values()].slice(0, query.limit);
    },
  };
}
