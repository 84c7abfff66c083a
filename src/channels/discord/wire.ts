// Numbers of Discord's protocol (discord.com/developers/docs), as far as they are used here; its objects are in types.ts.

/** Gateway opcodes. */
export const op = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;

/** What a gateway connection is closed with so that its session can be resumed: 1000 and 1001 would end it. */
export const closeKeepingSession = 4900;

export const closeCode = {
  notAuthenticated: 4003,
  tokenRefused: 4004,
  invalidSequence: 4007,
  sessionTimedOut: 4009,
  invalidShard: 4010,
  shardingRequired: 4011,
  invalidVersion: 4012,
  invalidIntents: 4013,
  disallowedIntents: 4014,
} as const;

const intent = {
  guilds: 1 << 0,
  guildMessages: 1 << 9,
  guildMessageReactions: 1 << 10,
  directMessages: 1 << 12,
  directMessageReactions: 1 << 13,
  messageContent: 1 << 15,
  guildMessagePolls: 1 << 24,
  directMessagePolls: 1 << 25,
} as const;

/** The kinds of event asked for; the words of messages in servers are a privilege the bot's owner has to switch on. */
export function intentsOf(options: { messageContent: boolean }): number {
  const all = Object.values(intent).reduce((sum, each) => sum | each, 0);
  return options.messageContent ? all : all & ~intent.messageContent;
}

export const messageFlag = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  silent: 1 << 12,
  voice: 1 << 13,
} as const;
/** Messages people write: everything else is the platform's own, e.g. that somebody joined. */
export const messageTypes = new Set([0, 19]);
export const threadTypes = new Set([10, 11, 12]);
/** Channels that have messages of their own. */
export const textChannelTypes = new Set([0, 2, 5, 13]);
export const forumTypes = new Set([15, 16]);
export const publicThread = 11;

export const interaction = { command: 2, component: 3 } as const;
export const reply = { message: 4, deferred: 5, deferredUpdate: 6 } as const;

/** Answers of the API that say what is so. */
export const errorCode = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownInteraction: 10062,
  alreadyAcknowledged: 40060,
} as const;

const epoch = 1_420_070_400_000n;

/** The smallest id of something made at that time (epoch milliseconds). */
export function idAt(time: number): string {
  const since = BigInt(Math.max(0, Math.floor(time))) - epoch;
  return String(since > 0n ? since << 22n : 0n);
}

/** Compares ids as numbers: they outgrow a double. */
export function isNewer(id: string, than: string): boolean {
  return id.length === than.length ? id > than : id.length > than.length;
}

export function idBefore(id: string): string {
  return String(BigInt(id) - 1n);
}

export const isId = (text: string): boolean => /^\d{1,20}$/.test(text) && !/^0\d/.test(text);
