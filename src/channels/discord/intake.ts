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
import { DiscordFailure } from "./failure.ts";
import { handInInteraction } from "./interactions.ts";
import type { Place, Places } from "./places.ts";
import type { PollBook } from "./polls.ts";
import type { DiscordRest } from "./rest.ts";
import { isDeletion, isInteraction, isMessage, isNamed, isReaction, isVote } from "./shapes.ts";
import type { DiscordState } from "./state.ts";
import type { WireChannel, WireGuild, WireInteraction, WireMessage, WireReady, WireVote } from "./types.ts";
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
  /** User ids that are listed as people who may write. */
  people: readonly string[];
  signal: AbortSignal;
}

/** The gateway could not store an event: it has to come again. */
class NotStored extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = "NotStored";
  }
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
  people,
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
    take: (message, by) => dropUnreadable("MESSAGE_CREATE", takeMessage(message, by), by),
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
    if (event && event.sender.self !== true) await stored(context.receive(event));
  }

  async function stored<T>(storing: Promise<T>): Promise<T> {
    return storing.catch((error: unknown) => {
      throw new NotStored(error);
    });
  }

  /** What cannot be read is dropped; what could not be stored, or needs Discord to be asked, has to come again. */
  async function dropUnreadable(name: string, taking: Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await taking;
    } catch (error) {
      if (error instanceof NotStored || error instanceof DiscordFailure || signal.aborted) throw error;
      logger.warn("an event could not be read and was dropped", { event: name, error: messageOf(error) });
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
      await stored(state.addDirect(channelId, { userId: author.id, name: nameOf(author) }, message.id));
    const place = await places.find(channelId, guildId, signal);
    if (guildId !== undefined && (message.mention_roles?.length ?? 0) > 0)
      await places.learnRoles(guildId, me, signal);
    remember(message);
    await hand(messageEvent(message, factsFor(place)));
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
      await stored(
        state.addDirect(channelId, { userId: interaction.user.id, name: nameOf(interaction.user) }),
      );
    const place =
      channel && guildId !== undefined
        ? places.note(channel, guildId)
        : await places.find(channelId, guildId, signal);
    const facts = factsFor(place);
    const event =
      interaction.type === kinds.command
        ? commandEvent(interaction, facts)
        : interaction.type === kinds.component
          ? pressEvent(interaction, facts)
          : null;
    if (event)
      await handInInteraction(event, interaction, {
        rest,
        clock,
        logger,
        signal: life,
        receive: (each) => stored(context.receive(each)),
      });
  }

  async function takeGuild(guild: WireGuild, signal: AbortSignal): Promise<void> {
    if (guild.unavailable === true) return;
    places.noteGuild(guild, me);
    if (members.delete(guild.id)) await catchUp.guild(guild, signal);
  }

  async function take(
    { name, data, id }: { name: string; data: unknown; id: string },
    signal: AbortSignal,
  ): Promise<void> {
    switch (name) {
      case "MESSAGE_CREATE":
        return isMessage(data) ? takeMessage(data, signal) : undefined;
      case "MESSAGE_UPDATE": {
        if (!isMessage(data)) return;
        const place = await places.find(data.channel_id, data.guild_id, signal);
        return hand(editEvent(data, factsFor(place)));
      }
      case "MESSAGE_DELETE":
      case "MESSAGE_DELETE_BULK":
        if (isDeletion(data))
          for (const each of data.ids ?? [data.id ?? ""]) await takeDeletion(data, each, signal);
        return;
      case "MESSAGE_REACTION_ADD":
      case "MESSAGE_REACTION_REMOVE": {
        if (!isReaction(data)) return;
        const place = await places.find(data.channel_id, data.guild_id, signal);
        const removed = name === "MESSAGE_REACTION_REMOVE";
        return hand(reactionEvent(data, { removed, id }, factsFor(place)));
      }
      case "MESSAGE_POLL_VOTE_ADD":
      case "MESSAGE_POLL_VOTE_REMOVE": {
        const removed = name === "MESSAGE_POLL_VOTE_REMOVE";
        return isVote(data) ? takeVote(data, { removed, id, signal }) : undefined;
      }
      case "INTERACTION_CREATE":
        return isInteraction(data) ? takeInteraction(data, signal) : undefined;
      case "GUILD_CREATE":
        return isNamed(data) ? takeGuild(data as unknown as WireGuild, signal) : undefined;
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE": {
        const channel = isNamed(data) ? (data as unknown as WireChannel) : null;
        if (channel?.guild_id !== undefined) places.note(channel);
        return;
      }
      case "THREAD_LIST_SYNC": {
        const { threads, guild_id: guildId } = data as { threads: WireChannel[]; guild_id: string };
        for (const thread of threads) places.note(thread, guildId);
        return;
      }
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        return isNamed(data) ? places.forget(data.id) : undefined;
      default:
    }
  }

  return {
    who: () => me,
    /** A new session: what was said before it is asked for before its first event is dealt with. */
    async ready(ready: WireReady, signal: AbortSignal): Promise<void> {
      me = ready.user.id;
      const first = state.floor() === null;
      await state.begin(idAt(rest.platformTime()));
      members = first ? new Set() : new Set(ready.guilds.map((guild) => guild.id));
      await catchUp.meet(people, signal);
      if (!first) await catchUp.directs(signal);
    },
    /** Rejects with NotStored, or with DiscordFailure where Discord had to be asked for more. */
    async event(event: { name: string; data: unknown; id: string }, signal: AbortSignal): Promise<void> {
      await dropUnreadable(event.name, take(event, signal), signal);
    },
    /** A message of ours, so that taking it back is not taken for somebody else's doing. */
    said: (messageId: string) => void writers.set(messageId, { id: me, self: true, bot: true }),
  };
}
