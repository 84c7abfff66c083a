import type { Clock } from "../../../src/core/clock.ts";
import type { SeenSpan } from "../../channels/driver.ts";

// What Discord knows: bots, people, servers, channels, messages and sessions, in memory. The wire is server.ts (gateway
// and HTTP) and methods.ts (REST).

export interface User {
  id: string;
  username: string;
  global_name: string | null;
  bot?: true;
}

export interface Channel {
  id: string;
  /** 0 text, 1 direct, 11 thread, 15 forum. */
  type: number;
  guild_id?: string;
  parent_id?: string;
  name?: string;
  last_message_id: string | null;
  recipients?: User[];
  /** Of a direct chat: whose bot it is with. */
  bot?: Bot;
}

export interface Guild {
  id: string;
  name: string;
  members: Array<{ user: User; nick: string | null; roles: string[] }>;
  roles: Array<{ id: string; name: string; tags?: { bot_id: string } }>;
}

export interface StoredFile {
  id: string;
  name: string;
  mimeType: string;
  content: Buffer;
}

export type Wire = Record<string, unknown> & {
  id: string;
  channel_id: string;
  author: User;
  content: string;
  timestamp: string;
};

export interface StoredMessage {
  wire: Wire;
  raw: string;
  plain: string;
  spans: SeenSpan[];
  rings: string[];
  before: string[];
  deleted: boolean;
  files: StoredFile[];
  at: number;
  /** User ids by emoji. */
  reactions: Map<string, Set<string>>;
}

/** A gateway session; it outlives its connection by some minutes. */
export interface Session {
  id: string;
  bot: Bot;
  seq: number;
  events: Array<{ s: number; t: string; d: unknown }>;
  send: ((payload: unknown) => void) | null;
  endedAt: number | null;
}

export interface Bot {
  user: User;
  applicationId: string;
  token: string;
  sessions: Session[];
  commands: unknown[];
  /** Whether its owner switched on the Message Content Intent. */
  mayRead: boolean;
  nonces: Map<string, { message: StoredMessage; at: number }>;
}

export interface PendingInteraction {
  id: string;
  token: string;
  answered: boolean;
  shown: string | undefined;
  deferred: boolean;
}

const resumableMs = 3 * 60_000;
const epoch = 1_420_070_400_000n;
export const nonceMs = 5 * 60_000;

export function createPlatform(clock: Clock) {
  const bots = new Map<string, Bot>();
  const users = new Map<string, User>();
  const channels = new Map<string, Channel>();
  const guilds = new Map<string, Guild>();
  const messages: StoredMessage[] = [];
  const files = new Map<string, StoredFile>();
  const typing = new Map<string, number>();
  const interactions = new Map<string, PendingInteraction>();
  /** Messages that came over the API, and not from one of the bots' own hands. */
  const said = new Set<string>();
  const calls: Array<{ method: string; path: string; at: number }> = [];
  let lastId = 0n;
  let skewMs = 0;
  let repeats = 0;

  const now = () => Math.floor(clock.now()) + skewMs;
  function nextId(): string {
    const timed = (BigInt(now()) - epoch) << 22n;
    lastId = timed > lastId ? timed : lastId + 1n;
    return String(lastId);
  }

  function tell(session: Session, t: string, d: unknown): void {
    const event = { s: ++session.seq, t, d };
    session.events.push(event);
    session.send?.({ op: 0, ...event });
  }

  return {
    clock,
    bots,
    users,
    channels,
    guilds,
    messages,
    files,
    typing,
    interactions,
    calls,
    said,
    now,
    nextId,
    tell,
    setSkew: (ms: number) => void (skewMs = ms),
    repeatNext: (times: number) => void (repeats += times),
    stamp: () => new Date(now()).toISOString(),
    addBot(bot: { id: string; username: string; mayRead?: boolean }): Bot {
      const user: User = { id: bot.id, username: bot.username, global_name: null, bot: true };
      users.set(user.id, user);
      const added: Bot = {
        user,
        applicationId: bot.id,
        token: `${Buffer.from(bot.id).toString("base64url")}.GdOuBl.this-is-a-double-of-a-discord-token`,
        sessions: [],
        commands: [],
        mayRead: bot.mayRead ?? true,
        nonces: new Map(),
      };
      bots.set(added.token, added);
      for (const guild of guilds.values()) {
        const role = { id: nextId(), name: bot.username, tags: { bot_id: bot.id } };
        guild.roles.push(role);
        guild.members.push({ user, nick: null, roles: [role.id] });
      }
      return added;
    },
    find: (id: string) => messages.find((each) => each.wire.id === id),
    inChannel: (id: string) => messages.filter((each) => each.wire.channel_id === id && !each.deleted),
    /** Whether a session can still be taken up. */
    alive: (session: Session) => session.endedAt === null || clock.now() - session.endedAt < resumableMs,
    /** Tells a bot, in each of its sessions; twice when that fault is on. */
    dispatch(bot: Bot, t: string, d: unknown): void {
      const times = repeats > 0 && (t === "MESSAGE_CREATE" || t === "INTERACTION_CREATE") ? 2 : 1;
      if (times === 2) repeats -= 1;
      for (const session of bot.sessions)
        if (session.endedAt === null || clock.now() - session.endedAt < resumableMs)
          for (let time = 0; time < times; time++) tell(session, t, d);
    },
    /** Who learns of what happens in a channel. */
    audience(channel: Channel): Bot[] {
      return channel.guild_id === undefined ? (channel.bot ? [channel.bot] : []) : [...bots.values()];
    },
    direct(bot: Bot, user: User): Channel {
      const known = [...channels.values()].find(
        (each) => each.type === 1 && each.bot === bot && each.recipients?.[0]?.id === user.id,
      );
      if (known) return known;
      const made: Channel = { id: nextId(), type: 1, last_message_id: null, recipients: [user], bot };
      channels.set(made.id, made);
      return made;
    },
    addFile(file: Omit<StoredFile, "id">): StoredFile {
      const added = { ...file, id: nextId() };
      files.set(added.id, added);
      return added;
    },
  };
}

export type Platform = ReturnType<typeof createPlatform>;

/** As the API shows a channel. */
export function channelWire(channel: Channel): Record<string, unknown> {
  const { bot: _hidden, ...wire } = channel;
  return wire;
}

/** As the gateway shows a message: the API leaves the server and the member out. */
export function gatewayWire(platform: Platform, message: StoredMessage, bot: Bot): Record<string, unknown> {
  const channel = platform.channels.get(message.wire.channel_id);
  const guild = channel?.guild_id === undefined ? undefined : platform.guilds.get(channel.guild_id);
  const member = guild?.members.find((each) => each.user.id === message.wire.author.id);
  const mentioned = (message.wire["mentions"] as User[]).some((each) => each.id === bot.user.id);
  const hidden = guild !== undefined && !bot.mayRead && !mentioned && message.wire.author.id !== bot.user.id;
  return {
    ...message.wire,
    ...(guild ? { guild_id: guild.id } : {}),
    ...(member ? { member: { nick: member.nick, roles: member.roles } } : {}),
    ...(hidden ? { content: "", attachments: [], embeds: [] } : {}),
  };
}
