import { sleep, type Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import { createBackoff } from "../shared/index.ts";
import { DiscordFailure, isPassing } from "./failure.ts";
import type { DiscordRest, RestRequest } from "./rest.ts";
import { isMessage, isNamed } from "./shapes.ts";
import type { DiscordState } from "./state.ts";
import type { WireChannel, WireGuild, WireMember, WireMessage } from "./types.ts";
import { forumTypes, idAt, isNewer, textChannelTypes, threadTypes } from "./wire.ts";

export interface CatchUpDeps {
  rest: DiscordRest;
  state: DiscordState;
  clock: Clock;
  logger: Logger;
  /** How far back is asked; 0 for not at all. */
  noOlderThanMs: number;
  /** Deals with one message as if the gateway had told of it. */
  take: (message: WireMessage, signal: AbortSignal) => Promise<void>;
}

const pageSize = 100;
/** Of one channel at most so many pages: whoever was away for a month need not answer every word of it. */
const mostPages = 5;
const mostDirects = 100;
const mostMeetings = 5;
const mostChannels = 50;

/**
 * Asks for what was said while no session stood: the gateway repeats only what belongs to a session that still stands.
 * Oldest first, channel by channel, each message handed in like any other. Rejects when the signal aborts or a message
 * could not be stored; Discord being out of reach is waited for.
 */
export function createCatchUp({ rest, state, clock, logger, noOlderThanMs, take }: CatchUpDeps) {
  async function ask(request: RestRequest, signal: AbortSignal): Promise<unknown> {
    const backoff = createBackoff({ firstMs: 1000, capMs: 30_000 });
    for (;;) {
      signal.throwIfAborted();
      try {
        return await rest.call(request, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DiscordFailure)) throw error;
        // Gone, or no longer ours to read.
        if (!isPassing(error)) return null;
        await sleep(clock, backoff.next(error.retryAfterMs), signal);
      }
    }
  }

  async function channel(
    id: string,
    options: {
      guildId?: string;
      signal: AbortSignal;
      complete: (message: WireMessage) => Promise<WireMessage>;
    },
  ): Promise<void> {
    const { signal, guildId, complete } = options;
    const oldest = idAt(rest.platformTime() - noOlderThanMs);
    let after = isNewer(state.cursor(id), oldest) ? state.cursor(id) : oldest;
    for (let page = 0; page < mostPages; page++) {
      const found = await ask(
        { method: "GET", path: `/channels/${id}/messages`, query: { after, limit: pageSize } },
        signal,
      );
      const messages = Array.isArray(found) ? found.filter(isMessage) : [];
      for (const message of messages.toReversed()) {
        const whole = guildId === undefined ? message : await complete({ ...message, guild_id: guildId });
        await take(whole, signal);
        if (isNewer(message.id, after)) after = message.id;
      }
      if (!Array.isArray(found) || found.length < pageSize) return;
    }
    logger.warn("more was said while the account was away than is read again", { channel: id });
  }

  /** What the gateway tells of a member and the API does not: the roles. */
  function memberBook(guildId: string, signal: AbortSignal) {
    const known = new Map<string, WireMember | null>();
    return async (message: WireMessage): Promise<WireMessage> => {
      const { author } = message;
      if (author.bot === true || message.webhook_id !== undefined) return message;
      let member = known.get(author.id);
      if (member === undefined) {
        member = (await ask(
          { method: "GET", path: `/guilds/${guildId}/members/${author.id}` },
          signal,
        )) as WireMember | null;
        known.set(author.id, member);
      }
      return member ? { ...message, member } : message;
    };
  }

  return {
    /**
     * Opens the direct chats with people who are listed, so that they are known before anybody writes there: Discord
     * shows no bot its direct chats. Not many at once, which Discord takes for advertising; the rest next time.
     */
    async meet(people: readonly string[], signal: AbortSignal): Promise<void> {
      const known = new Set(state.directs().map(([, chat]) => chat.userId));
      for (const userId of people.filter((each) => !known.has(each)).slice(0, mostMeetings)) {
        try {
          const body = { recipient_id: userId };
          const channel = await rest.call({ method: "POST", path: "/users/@me/channels", body }, { signal });
          if (isNamed(channel)) await state.addDirect(channel.id, { userId, name: "" });
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof DiscordFailure)) throw error;
          if (isPassing(error)) return;
        }
      }
    },
    async directs(signal: AbortSignal): Promise<void> {
      if (noOlderThanMs === 0) return;
      for (const [id] of state.directs().slice(-mostDirects))
        await channel(id, { signal, complete: (message) => Promise.resolve(message) });
    },
    /** The channels of a server in which something was said, by what the server itself tells of them. */
    async guild(guild: WireGuild, signal: AbortSignal): Promise<void> {
      if (noOlderThanMs === 0) return;
      const joined = Date.parse(guild.joined_at ?? "");
      const since = idAt(Math.max(rest.platformTime() - noOlderThanMs, Number.isFinite(joined) ? joined : 0));
      const missed = [...(guild.channels ?? []), ...(guild.threads ?? [])]
        .filter((each) => textChannelTypes.has(each.type) || threadTypes.has(each.type))
        .flatMap((each: WireChannel): Array<{ id: string; last: string }> => {
          const last = each.last_message_id;
          if (!last || forumTypes.has(each.type)) return [];
          return isNewer(last, since) && isNewer(last, state.cursor(each.id)) ? [{ id: each.id, last }] : [];
        })
        .sort((one, other) => (isNewer(one.last, other.last) ? -1 : 1))
        .slice(0, mostChannels);
      const complete = memberBook(guild.id, signal);
      for (const each of missed.toReversed()) await channel(each.id, { guildId: guild.id, signal, complete });
    },
  };
}
