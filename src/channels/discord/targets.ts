import { DiscordFailure } from "./failure.ts";
import type { DiscordRest } from "./rest.ts";
import type { DiscordState } from "./state.ts";
import type { WireChannel } from "./types.ts";
import { nameOf } from "./inbound.ts";
import { isId } from "./wire.ts";

/**
 * Where a message goes: a channel by its id, or a person by `user:<id>`. A person's bare id is understood as well, when
 * Discord knows no channel of that number.
 */
export function createTargets(rest: DiscordRest, state: DiscordState) {
  const directOf = (userId: string) => state.directs().find(([, chat]) => chat.userId === userId)?.[0];

  async function open(userId: string, signal: AbortSignal): Promise<string> {
    const known = directOf(userId);
    if (known !== undefined) return known;
    const channel = (await rest.call(
      { method: "POST", path: "/users/@me/channels", body: { recipient_id: userId } },
      { signal },
    )) as WireChannel;
    const partner = channel.recipients?.find((each) => each.id === userId);
    await state.addDirect(channel.id, { userId, name: partner ? nameOf(partner) : "" });
    return channel.id;
  }

  return {
    /** Null for what is no target of Discord's. */
    async find(to: string, threadId: string | undefined, signal: AbortSignal): Promise<string | null> {
      if (threadId !== undefined) return isId(threadId) ? threadId : null;
      const user = /^user:(\d{1,20})$/.exec(to)?.[1];
      if (user !== undefined) return open(user, signal);
      if (!isId(to)) return null;
      return state.direct(to) ? to : (directOf(to) ?? to);
    },
    /** After Discord knew no such channel: the direct chat with the person of that id, null when there is none. */
    async instead(to: string, signal: AbortSignal): Promise<string | null> {
      if (!isId(to) || state.direct(to)) return null;
      try {
        return await open(to, signal);
      } catch (error) {
        if (
          error instanceof DiscordFailure &&
          error.status >= 400 &&
          error.status < 500 &&
          error.status !== 429
        )
          return null;
        throw error;
      }
    },
  };
}

export type Targets = ReturnType<typeof createTargets>;
