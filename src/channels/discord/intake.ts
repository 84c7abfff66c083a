import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, InboundEvent, SenderRef } from "../contract.ts";
import type { FileSource } from "./attachments.ts";
import { createCatchUp } from "./catch-up.ts";
import {
  commandEvent,
  deleteEvent,
  editEvent,
  messageEvent,
  nameOf,
  pressEvent,
  reactionEvent,
  senderOfMessage,
  voteEvent,
  type InboundFacts,
} from "./inbound.ts";
import { handInInteraction } from "./interactions.ts";
import type { Place, Places } from "./places.ts";
import type { PollBook } from "./polls.ts";
import type { DiscordRest } from "./rest.ts";
import type { DiscordState } from "./state.ts";
import type {
  WireChannel,
  WireGuild,
  WireInteraction,
  WireMessage,
  WireReaction,
  WireReady,
  WireVote,
} from "./types.ts";
import { idAt, interaction as kinds } from "./wire.ts";

export interface IntakeDeps {
  context: Pick<ChannelContext, "account" | "clock" | "logger" | "receive">;
  rest: DiscordRest;
  state: DiscordState;
  places: Places;
  polls: PollBook;
  files: FileSource;
  /** Our own user id as the token has it, for a session that goes on without telling who we are. */
  botId: string;
  catchUpMs: number;
  signal: AbortSignal;
}

/** Messages whose writer is remembered, because a deletion does not say whose it was. */
const writersKept = 1000;

/**
 * Turns what the gateway tells into events and hands them in, one after another. Rejects when one could not be stored.
 * What cannot be read is logged and dropped: it would be as unreadable the next time.
 */
export function createIntake({
  context,
  rest,
  state,
  places,
  polls,
  files,
  botId,
  catchUpMs,
  signal: life,
}: IntakeDeps) {
  const { clock, logger } = context;
  const writers = new Map<string, SenderRef>();
  /** Servers the bot was in when the session began; another one was joined just now. */
  let members = new Set<string>();
  let me = botId;
  const catchUp = createCatchUp({
    rest,
    state,
    clock,
    logger,
    noOlderThanMs: catchUpMs,
    take: takeMessage,
  });

  function factsFor(place: Place): InboundFacts {
    const partner = place.guildId === undefined ? state.direct(place.id) : undefined;
    const chat = places.chatOf(place);
    return {
      account: context.account,
      me,
      chat: partner && partner.name !== "" ? { ...chat, title: partner.name } : chat,
      ownRole: places.ownRole(place.guildId),
      files,
      now: clock.now(),
      channelName: (id) => places.nameOf(id),
    };
  }

  async function hand(event: InboundEvent | null): Promise<void> {
    // Nobody but the gateway itself speaks as a bot: what is seen again of it concerns nobody.
    if (event && event.sender.self !== true) await context.receive(event);
  }

  /** Null for what cannot be read. */
  function read<T>(what: string, reading: () => T | null): T | null {
    try {
      return reading();
    } catch (error) {
      logger.warn("an event could not be read and was dropped", { event: what, error: messageOf(error) });
      return null;
    }
  }

  function remember(message: WireMessage): void {
    writers.delete(message.id);
    writers.set(message.id, senderOfMessage(message, { me }));
    for (const oldest of writers.keys()) {
      if (writers.size <= writersKept) break;
      writers.delete(oldest);
    }
  }

  async function takeMessage(message: WireMessage, signal: AbortSignal): Promise<void> {
    const { guild_id: guildId, channel_id: channelId, author } = message;
    if (guildId === undefined && author.id !== me)
      await state.addDirect(channelId, { userId: author.id, name: nameOf(author) }, message.id);
    const place = await places.find(channelId, guildId, signal);
    remember(message);
    await hand(read("MESSAGE_CREATE", () => messageEvent(message, factsFor(place))));
    state.advance(channelId, message.id);
  }

  async function takeDeletion(
    deletion: { channel_id: string; guild_id?: string },
    messageId: string,
    signal: AbortSignal,
  ): Promise<void> {
    // In a direct chat it is the other one's: what we took back ourselves is remembered as ours.
    const partner = deletion.guild_id === undefined ? state.direct(deletion.channel_id) : undefined;
    const sender =
      writers.get(messageId) ?? (partner ? { id: partner.userId, name: partner.name } : undefined);
    if (!sender) return;
    const place = await places.find(deletion.channel_id, deletion.guild_id, signal);
    await hand(deleteEvent(messageId, sender, factsFor(place)));
  }

  async function takeVote(
    vote: WireVote,
    { removed, id, signal }: { removed: boolean; id: string; signal: AbortSignal },
  ): Promise<void> {
    const { message_id: messageId, user_id: userId, answer_id: answer } = vote;
    const options = polls.vote({ messageId, userId, answer, removed });
    if (!options) return;
    const place = await places.find(vote.channel_id, vote.guild_id, signal);
    await hand(voteEvent({ user_id: userId, message_id: messageId, options }, id, factsFor(place)));
  }

  async function takeInteraction(interaction: WireInteraction, signal: AbortSignal): Promise<void> {
    const { channel, guild_id: guildId } = interaction;
    const channelId = interaction.channel_id ?? channel?.id;
    if (channelId === undefined) return;
    if (guildId === undefined && interaction.user)
      await state.addDirect(channelId, { userId: interaction.user.id, name: nameOf(interaction.user) });
    const place =
      channel && guildId !== undefined
        ? places.note(channel, guildId)
        : await places.find(channelId, guildId, signal);
    const event = read("INTERACTION_CREATE", () => {
      if (interaction.type === kinds.command) return commandEvent(interaction, factsFor(place));
      return interaction.type === kinds.component ? pressEvent(interaction, factsFor(place)) : null;
    });
    if (event)
      await handInInteraction(event, interaction, {
        rest,
        clock,
        logger,
        signal: life,
        receive: (each) => context.receive(each),
      });
  }

  async function takeGuild(guild: WireGuild, signal: AbortSignal): Promise<void> {
    if (guild.unavailable === true) return;
    places.noteGuild(guild, me);
    if (members.delete(guild.id)) await catchUp.guild(guild, signal);
  }

  return {
    who: () => me,
    /** A new session: what was said before it is asked for before its first event is dealt with. */
    async ready(ready: WireReady, signal: AbortSignal): Promise<void> {
      me = ready.user.id;
      const first = state.floor() === null;
      await state.begin(idAt(rest.platformTime()));
      members = first ? new Set() : new Set(ready.guilds.map((guild) => guild.id));
      if (!first) await catchUp.directs(signal);
    },
    async event(
      { name, data, id }: { name: string; data: unknown; id: string },
      signal: AbortSignal,
    ): Promise<void> {
      switch (name) {
        case "MESSAGE_CREATE":
          return takeMessage(data as WireMessage, signal);
        case "MESSAGE_UPDATE": {
          const message = data as WireMessage;
          const place = await places.find(message.channel_id, message.guild_id, signal);
          return hand(read(name, () => editEvent(message, factsFor(place))));
        }
        case "MESSAGE_DELETE": {
          const deletion = data as { id: string; channel_id: string; guild_id?: string };
          return takeDeletion(deletion, deletion.id, signal);
        }
        case "MESSAGE_DELETE_BULK": {
          const deletion = data as { ids: string[]; channel_id: string; guild_id?: string };
          for (const each of deletion.ids) await takeDeletion(deletion, each, signal);
          return;
        }
        case "MESSAGE_REACTION_ADD":
        case "MESSAGE_REACTION_REMOVE": {
          const reaction = data as WireReaction;
          const place = await places.find(reaction.channel_id, reaction.guild_id, signal);
          const removed = name === "MESSAGE_REACTION_REMOVE";
          return hand(read(name, () => reactionEvent(reaction, { removed, id }, factsFor(place))));
        }
        case "MESSAGE_POLL_VOTE_ADD":
        case "MESSAGE_POLL_VOTE_REMOVE":
          return takeVote(data as WireVote, { removed: name === "MESSAGE_POLL_VOTE_REMOVE", id, signal });
        case "INTERACTION_CREATE":
          return takeInteraction(data as WireInteraction, signal);
        case "GUILD_CREATE":
          return takeGuild(data as WireGuild, signal);
        case "CHANNEL_CREATE":
        case "CHANNEL_UPDATE":
        case "THREAD_CREATE":
        case "THREAD_UPDATE": {
          const channel = data as WireChannel;
          if (channel.guild_id !== undefined) places.note(channel);
          return;
        }
        case "THREAD_LIST_SYNC": {
          const { threads, guild_id: guildId } = data as { threads: WireChannel[]; guild_id: string };
          for (const thread of threads) places.note(thread, guildId);
          return;
        }
        case "CHANNEL_DELETE":
        case "THREAD_DELETE":
          return places.forget((data as WireChannel).id);
        default:
      }
    },
    /** A message of ours, so that taking it back is not taken for somebody else's doing. */
    said: (messageId: string) => void writers.set(messageId, { id: me, self: true, bot: true }),
  };
}

export type Intake = ReturnType<typeof createIntake>;
