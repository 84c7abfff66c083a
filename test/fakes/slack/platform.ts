import type { Clock } from "../../../src/core/clock.ts";

export interface User {
  id: string;
  name: string;
  isBot: boolean;
  botId?: string;
}
export interface Conversation {
  id: string;
  name: string;
  /** The person of a direct chat. */
  user?: string;
}
export interface StoredFile {
  id: string;
  name: string;
  mimeType: string;
  content: Uint8Array;
  size?: number;
  subtype?: string;
  durationMs?: number;
  /** Conversation and time of the messages that show it; seen by `files.info` from `since` on. */
  shares: Array<{ channel: string; ts: string; since: number }>;
}
export interface StoredMessage {
  channel: string;
  ts: string;
  user: string;
  botId?: string;
  text: string;
  threadTs?: string;
  blocks: Block[];
  metadata?: unknown;
  files: StoredFile[];
  edited?: string;
  reactions: Map<string, Set<string>>;
  before: string[];
  deleted: boolean;
  at: number;
}
export interface Block {
  type: string;
  text?: { type: string; text: string };
  elements?: Array<{ type: string; action_id: string; value: string; text: { text: string } }>;
}
export type Envelope = {
  type: "events_api" | "interactive" | "slash_commands";
  payload: Record<string, unknown>;
};

export const teamId = "T0TEAM001";

/** What Slack knows: people, conversations, messages and files; what happens is told to `emit`. */
export function createPlatform(clock: Clock) {
  const state = { skewMs: 0, last: 0n, files: 0, events: 0 };
  const listeners = new Set<(envelope: Envelope) => void>();
  const platform = {
    clock,
    /** Address of the server, once it listens. */
    base: "",
    users: new Map<string, User>(),
    conversations: new Map<string, Conversation>(),
    messages: [] as StoredMessage[],
    files: new Map<string, StoredFile>(),
    uploads: new Map<string, { name: string; content: Uint8Array | null }>(),
    whispers: [] as Array<{ channel: string; user: string; text: string }>,
    setSkew: (ms: number) => void (state.skewMs = ms),
    /** Times rise, whatever the clock does: they name the messages. */
    nextTs(): string {
      const wanted = BigInt(Math.round(clock.now() + state.skewMs)) * 1000n;
      state.last = wanted > state.last ? wanted : state.last + 1n;
      const digits = String(state.last);
      return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
    },
    emit(envelope: Envelope): void {
      for (const listener of listeners) listener(envelope);
    },
    onEvent: (listener: (envelope: Envelope) => void) => void listeners.add(listener),
    event(event: Record<string, unknown>): void {
      platform.emit({
        type: "events_api",
        payload: {
          type: "event_callback",
          team_id: teamId,
          event_id: `Ev${++state.events}`,
          event_time: Math.floor(clock.now() / 1000),
          event: { event_ts: platform.nextTs(), ...event },
        },
      });
    },
    addFile(file: Omit<StoredFile, "id" | "shares">): StoredFile {
      const made = { ...file, id: `F0${String(++state.files).padStart(6, "0")}`, shares: [] };
      platform.files.set(made.id, made);
      return made;
    },
    post(
      message: Partial<StoredMessage> & Pick<StoredMessage, "channel" | "user">,
      quiet = false,
    ): StoredMessage {
      const made: StoredMessage = {
        text: "",
        blocks: [],
        files: [],
        reactions: new Map(),
        before: [],
        deleted: false,
        ts: platform.nextTs(),
        at: clock.now(),
        ...message,
      };
      platform.messages.push(made);
      for (const file of made.files)
        file.shares.push({ channel: made.channel, ts: made.ts, since: clock.now() + 700 });
      if (!quiet)
        platform.event({ ...platform.wire(made), ...platform.typeOf(made.channel), type: "message" });
      return made;
    },
    typeOf(channel: string): { channel: string; channel_type: string } {
      return { channel, channel_type: channel.startsWith("D") ? "im" : "channel" };
    },
    find(channel: string, ts: string): StoredMessage | undefined {
      return platform.messages.find((each) => each.channel === channel && each.ts === ts && !each.deleted);
    },
    /** A message as the Web API and events show it. */
    wire(message: StoredMessage): Record<string, unknown> {
      const parent =
        message.threadTs === undefined ? undefined : platform.find(message.channel, message.threadTs);
      const bot = message.botId;
      return {
        type: "message",
        user: message.user,
        ts: message.ts,
        text: message.text,
        team: teamId,
        ...(message.files.length > 0
          ? { subtype: "file_share", files: message.files.map((file) => fileWire(file, platform.base)) }
          : {}),
        ...(bot === undefined ? {} : { bot_id: bot, bot_profile: { id: bot, name: "an app" } }),
        ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
        ...(parent && parent !== message ? { parent_user_id: parent.user } : {}),
        ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
        ...(message.edited === undefined ? {} : { edited: { user: message.user, ts: message.edited } }),
      };
    },
    change(message: StoredMessage, to: Partial<Pick<StoredMessage, "text" | "blocks">>): void {
      const previous = platform.wire(message);
      message.before.push(readable(message));
      Object.assign(message, to);
      message.edited = platform.nextTs();
      platform.event({
        type: "message",
        subtype: "message_changed",
        hidden: true,
        ...platform.typeOf(message.channel),
        ts: message.edited,
        message: platform.wire(message),
        previous_message: previous,
      });
    },
    remove(message: StoredMessage): void {
      const previous = platform.wire(message);
      message.deleted = true;
      platform.event({
        type: "message",
        subtype: "message_deleted",
        hidden: true,
        ...platform.typeOf(message.channel),
        ts: platform.nextTs(),
        deleted_ts: message.ts,
        previous_message: previous,
      });
    },
    react(
      message: StoredMessage,
      by: string,
      { name, removed }: { name: string; removed: boolean },
    ): boolean {
      const users = message.reactions.get(name) ?? new Set<string>();
      if (users.has(by) !== removed) return false;
      if (removed) users.delete(by);
      else users.add(by);
      message.reactions.set(name, users);
      platform.event({
        type: removed ? "reaction_removed" : "reaction_added",
        user: by,
        reaction: name,
        item: { type: "message", channel: message.channel, ts: message.ts },
        item_user: message.user,
      });
      return true;
    },
  };
  return platform;
}

export type Platform = ReturnType<typeof createPlatform>;

/** What went over the wire as the words of a message. */
export function readable(message: StoredMessage): string {
  const sections = message.blocks.flatMap((block) => block.text?.text ?? []);
  return sections.length > 0 ? sections.join("\n\n") : message.text;
}

export function fileWire(file: StoredFile, base: string): Record<string, unknown> {
  const url = `${base}/files-pri/${file.id}/download/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    name: file.name,
    title: file.name,
    mimetype: file.mimeType,
    ...(file.size === undefined ? {} : { size: file.size }),
    ...(file.subtype === undefined ? {} : { subtype: file.subtype }),
    ...(file.durationMs === undefined ? {} : { duration_ms: file.durationMs }),
    mode: "hosted",
    url_private: url,
    url_private_download: url,
  };
}
