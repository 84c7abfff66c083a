import type { ChatRef } from "../contract.ts";
import { DiscordFailure, isPassing } from "./failure.ts";
import type { DiscordRest } from "./rest.ts";
import type { WireChannel, WireGuild } from "./types.ts";
import { threadTypes } from "./wire.ts";

/** What is known of a channel. */
export interface Place {
  id: string;
  type: number;
  guildId?: string;
  /** Of a thread: the channel it belongs to. Of a channel: its category, which is of no concern. */
  parentId?: string;
  name?: string;
}

const kept = 5000;

/** Channels and threads as the gateway tells of them; others are asked for when something happens in them. */
export function createPlaces(rest: DiscordRest) {
  const places = new Map<string, Place>();
  /** The role of our own that Discord made when the bot was added: people mention it and mean the bot. */
  const ownRoles = new Map<string, string | null>();

  function note(channel: WireChannel, guildId?: string): Place {
    const guild = channel.guild_id ?? guildId;
    const place: Place = {
      id: channel.id,
      type: channel.type,
      ...(guild === undefined ? {} : { guildId: guild }),
      ...(channel.parent_id ? { parentId: channel.parent_id } : {}),
      ...(channel.name ? { name: channel.name } : {}),
    };
    places.delete(place.id);
    places.set(place.id, place);
    for (const oldest of places.keys()) {
      if (places.size <= kept) break;
      places.delete(oldest);
    }
    return place;
  }

  function noteRoles(guildId: string, roles: NonNullable<WireGuild["roles"]>, me: string): void {
    ownRoles.set(guildId, roles.find((each) => each.tags?.bot_id === me)?.id ?? null);
  }

  return {
    note,
    forget: (id: string) => void places.delete(id),
    noteGuild(guild: WireGuild, me: string): void {
      for (const channel of [...(guild.channels ?? []), ...(guild.threads ?? [])]) note(channel, guild.id);
      if (guild.roles) noteRoles(guild.id, guild.roles, me);
    },
    ownRole: (guildId: string | undefined) =>
      guildId === undefined ? undefined : (ownRoles.get(guildId) ?? undefined),
    /** A session that goes on after a restart does not tell of the server again: its roles are asked for when needed. */
    async learnRoles(guildId: string, me: string, signal: AbortSignal): Promise<void> {
      if (ownRoles.has(guildId)) return;
      const roles = await rest
        .call({ method: "GET", path: `/guilds/${guildId}/roles` }, { signal })
        .catch((error: unknown) => {
          if (error instanceof DiscordFailure && !isPassing(error)) return [];
          throw error;
        });
      noteRoles(guildId, Array.isArray(roles) ? (roles as NonNullable<WireGuild["roles"]>) : [], me);
    },
    nameOf: (id: string) => places.get(id)?.name,
    /** Rejects with DiscordFailure when Discord cannot be asked now. */
    async find(id: string, guildId: string | undefined, signal: AbortSignal): Promise<Place> {
      const known = places.get(id);
      if (known) return known;
      // A direct chat is nothing but its id.
      if (guildId === undefined) return { id, type: 1 };
      try {
        return note(
          (await rest.call({ method: "GET", path: `/channels/${id}` }, { signal })) as WireChannel,
          guildId,
        );
      } catch (error) {
        // Gone, or hidden from us: then it is what it says it is.
        if (error instanceof DiscordFailure && (error.status === 403 || error.status === 404))
          return { id, type: 0, guildId };
        throw error;
      }
    },
    /** A chat as rules and sessions know it: a thread is part of its channel. */
    chatOf(place: Place): ChatRef {
      if (place.guildId === undefined) return { kind: "direct", id: place.id };
      const thread = threadTypes.has(place.type) && place.parentId !== undefined;
      const title = (thread ? places.get(place.parentId ?? "")?.name : undefined) ?? place.name;
      return {
        kind: "group",
        id: thread ? (place.parentId ?? place.id) : place.id,
        parentId: place.guildId,
        ...(title === undefined ? {} : { title }),
        ...(thread ? { threadId: place.id } : {}),
      };
    },
  };
}

export type Places = ReturnType<typeof createPlaces>;
