import type { Clock } from "../core/clock.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { Language } from "../core/language.ts";
import type { Logger } from "../core/logger.ts";

// What a channel adapter is: it normalises what the platform tells, and says to the platform what it is told to say.
// Who may speak, which session, what is stored, when to try again: all that is the host's (src/routing).

/** Where something happened. Every id is the platform's immutable one; titles are for people to read. */
export interface ChatRef {
  kind: "direct" | "group";
  id: string;
  title?: string;
  /** Topic, thread or forum post inside `id`. */
  threadId?: string;
  /** What the chat belongs to: guild, workspace, community. */
  parentId?: string;
}

export interface SenderRef {
  id: string;
  name?: string;
  /** Written by another program. The host ignores it, unless configured otherwise. */
  bot?: boolean;
  /** Our own account, seen again. The host ignores it, except a person's own messages in a self-chat. */
  self?: boolean;
  /** Roles the platform says this sender has, by immutable id, for access groups. */
  roleIds?: string[];
  /** Other immutable ids of the same person, e.g. the phone number beside a hidden id; lists may name any of them. */
  otherIds?: string[];
}

/** A file somebody sent. Nothing is fetched before the sender was admitted (threats.md 4.6). */
export interface InboundAttachment {
  kind: "image" | "audio" | "voice" | "video" | "document" | "sticker";
  mimeType?: string;
  fileName?: string;
  /** Size the platform states, in bytes; absent when it does not say. */
  bytes?: number;
  durationMs?: number;
  /** The content, at most `maxBytes` of it. Rejects with UserError MEDIA_TOO_LARGE or a network error. */
  open(options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
}

export interface QuotedMessage {
  messageId: string;
  text?: string;
  senderId?: string;
  /** It is one of our own: a reply to the assistant counts as a mention. */
  ours?: boolean;
}

interface InboundBase {
  channel: string;
  account: string;
  /** The platform's id of this event: the ledger drops repeats of channel + account + this. */
  messageId: string;
  chat: ChatRef;
  sender: SenderRef;
  /** Epoch milliseconds on the platform. */
  sentAt: number;
}

/** Somebody wrote. */
export interface InboundMessageEvent extends InboundBase {
  kind: "message";
  text: string;
  mentioned: boolean;
  replyTo?: QuotedMessage;
  attachments?: InboundAttachment[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  contacts?: Array<{ name: string; phones: string[] }>;
  poll?: { question: string; options: string[] };
  /** A slash command the platform delivered as such; `text` is its text form, e.g. `/status`. */
  command?: boolean;
}

/** Somebody changed or took back what they wrote. `targetId` is the platform's id of that message. */
export interface InboundEditEvent extends InboundBase {
  kind: "edit" | "delete";
  targetId: string;
  text?: string;
}

export interface InboundReactionEvent extends InboundBase {
  kind: "reaction";
  targetId: string;
  /** As a Unicode emoji, or `:name:` of a custom one. */
  emoji: string;
  removed: boolean;
}

/** Somebody pressed a button of ours. */
export interface InboundActionEvent extends InboundBase {
  kind: "action";
  targetId: string;
  /** The `value` of the {@link Button}. */
  value: string;
  /** Tells the presser what came of it, where the platform can (a toast, a private note). */
  answer?(text: string): Promise<void>;
}

/** A member voted in a poll of ours. */
export interface InboundVoteEvent extends InboundBase {
  kind: "vote";
  targetId: string;
  options: string[];
}

export type InboundEvent =
  | InboundMessageEvent
  | InboundEditEvent
  | InboundReactionEvent
  | InboundActionEvent
  | InboundVoteEvent;

export type InboundVerdict =
  | { accepted: true; duplicate: boolean }
  /** `reason` may be told to nobody but the operator; the adapter acknowledges the event all the same. */
  | { accepted: false; reason: string };

/** Small durable facts of one account, such as the last update seen. Survives a crash once `set` resolves. */
export interface ChannelStore {
  get(key: string): JsonValue | undefined;
  set(key: string, value: JsonValue): Promise<void>;
}

/** Why an account does not work now. The host shows it until {@link ChannelContext.proved} or a new one. */
export interface ChannelTrouble {
  /** Stable, e.g. `TOKEN_REVOKED`, `NETWORK`, `RATE_LIMITED`, `CONFLICT`, `LOGGED_OUT`, `PLATFORM_ERROR`. */
  code: string;
  message: string;
  /** Command or step that mends it; absent where waiting does. */
  hint?: string;
  /** True when trying again is useless until somebody acts: the adapter has stopped trying. */
  fatal?: boolean;
  /** Epoch milliseconds of the next try. */
  retryAt?: number;
}

/** What an adapter is given. It keeps nothing else: no globals, no files outside `dir`, no clock of its own. */
export interface ChannelContext {
  account: string;
  /** The channel's keys with the account's over them. Secrets are resolved. */
  config: JsonObject;
  /** Private folder (0700) for what a login leaves, e.g. keys. Made when first needed, by the adapter. */
  dir: string;
  store: ChannelStore;
  clock: Clock;
  logger: Logger;
  /** Aborted when the account must fall silent at once: stop, or its lease went to another process. */
  signal: AbortSignal;
  /** The chat commands, for platforms that show a menu of them. */
  commands?: ReadonlyArray<{ name: string; description: string }>;
  /** Rises with every start of this account on this machine: a newer holder of the same login has a higher one. */
  fence: number;
  /**
   * Resolves once the event is committed, or refused for good: only then acknowledge it to the platform. Rejects when
   * it could not be stored: then do not acknowledge, and let the platform send it again.
   */
  receive(event: InboundEvent): Promise<InboundVerdict>;
  /** A direction has just been proved to work: an answered poll, a heartbeat answer, a platform's receipt. */
  proved(direction: "receive" | "send"): void;
  /** Something is wrong; the adapter itself goes on trying with back-off unless it says `fatal`. */
  trouble(trouble: ChannelTrouble): void;
}

export interface Button {
  label: string;
  /** At most 60 bytes: what fits every platform. Comes back in {@link InboundActionEvent.value}. */
  value: string;
  style?: "primary" | "danger";
}

/** A file to send. `read` gives the whole content; it was size-checked before. */
export interface OutboundMedia {
  kind: "image" | "audio" | "voice" | "video" | "document";
  mimeType: string;
  fileName: string;
  bytes: number;
  read(): Promise<Uint8Array>;
}

interface OutboundBase {
  /** Deterministic key of this part; pass it on where the platform de-duplicates by key. */
  key: string;
  /** Chat id as in {@link ChatRef.id}. */
  to: string;
  threadId?: string;
}

/** New message. Text is CommonMark of the assistant's; it is already short enough: see `maxTextLength`. */
export interface OutboundMessage extends OutboundBase {
  kind: "message";
  text: string;
  replyTo?: string;
  media?: OutboundMedia[];
  buttons?: Button[][];
  /** Without a sound, where the platform can. */
  silent?: boolean;
}
export interface OutboundPoll extends OutboundBase {
  kind: "poll";
  question: string;
  options: string[];
  maxSelections: number;
  durationHours?: number;
}
export interface OutboundEdit extends OutboundBase {
  kind: "edit";
  messageId: string;
  text: string;
  buttons?: Button[][];
}
export interface OutboundDelete extends OutboundBase {
  kind: "delete";
  messageId: string;
}
export interface OutboundReaction extends OutboundBase {
  kind: "react";
  messageId: string;
  emoji: string;
  remove?: boolean;
}
export type Outbound = OutboundMessage | OutboundPoll | OutboundEdit | OutboundDelete | OutboundReaction;

export type SendResult =
  /** `receipt.messageId` is the platform's id of what was sent. */
  | { kind: "sent"; receipt: JsonObject }
  /** It surely did not arrive; try again, not before `afterMs`. `everywhere`: until then no other chat is served either. */
  | { kind: "retry"; error: string; afterMs?: number; everywhere?: boolean }
  /** It will never arrive: the platform said no. */
  | { kind: "dead"; error: string }
  /** The request went out and no answer came: the platform may have it. */
  | { kind: "unknown"; error: string };

/** What a platform can do. Light, so that it can be known without loading the platform's library. */
export interface ChannelCapabilities {
  /** How a send whose answer was lost is settled: the platform drops repeats by key, it can be asked, or nobody knows. */
  ambiguousSend: "dedupes" | "queryable" | "unknown";
  /** Most characters (UTF-16 units) of one message's text; longer answers become several parts. */
  maxTextLength: number;
  /** Largest file in bytes, each way. */
  maxMediaBytes: number;
  /** What it can do; a capability that is absent is a declared gap, and `gaps` says why. */
  can: readonly ChannelCapability[];
  gaps: Partial<Record<ChannelCapability, string>>;
  /** True where a message may be changed a few times only: answers do not grow by edits there, although it can edit. */
  fewEdits?: boolean;
  /** Milliseconds without any evidence of receiving after which the account counts as deaf. */
  silenceMs: number;
}

export const channelCapabilities = [
  "direct",
  "groups",
  "threads",
  "mentions",
  "replies",
  "edit",
  "delete",
  "react",
  "receive-edits",
  "receive-reactions",
  "typing",
  "buttons",
  "polls",
  "media-in",
  "media-out",
  "voice-in",
  "location",
  "contacts",
  "commands",
  "history",
  "search",
  "directory",
  "read-receipts",
  "login",
  "webhook",
] as const;
export type ChannelCapability = (typeof channelCapabilities)[number];

export interface ChannelProbe {
  ok: boolean;
  /** `connected` or `disconnected` (OUT-021). */
  state: "connected" | "disconnected";
  error?: string;
  elapsedMs: number;
  /** Who we are there, e.g. `@my_bot`. */
  identity?: string;
}

export interface HistoryMessage {
  messageId: string;
  senderId: string;
  senderName?: string;
  text: string;
  sentAt: number;
}

export interface DirectoryEntry {
  kind: "user" | "group" | "thread";
  id: string;
  name: string;
}

/** One request of the platform to our port. */
export interface WebhookRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface RunningChannel {
  send(message: Outbound, signal: AbortSignal): Promise<SendResult>;
  /**
   * Receipt of the message with this key, or null when the platform does not have it; only where "queryable". Rejects
   * when the platform's answer leaves it open: then it is asked again.
   */
  query?(key: string, to: string, signal: AbortSignal, threadId?: string): Promise<JsonObject | null>;
  /** Asks the platform, now. */
  probe(signal: AbortSignal): Promise<ChannelProbe>;
  /** Stops taking events; resolves when none is in flight and the connection is closed. Idempotent. */
  stop(): Promise<void>;
  /** Shows or hides that the assistant is writing; a failure is nobody's concern. */
  typing?(to: string, on: boolean, threadId?: string): Promise<void>;
  markRead?(to: string, messageId: string): Promise<void>;
  /** Newest last. */
  history?(
    query: { to: string; threadId?: string; before?: string; limit: number },
    signal: AbortSignal,
  ): Promise<HistoryMessage[]>;
  search?(
    query: { to?: string; text: string; limit: number },
    signal: AbortSignal,
  ): Promise<HistoryMessage[]>;
  directory?(query: { text?: string; limit: number }, signal: AbortSignal): Promise<DirectoryEntry[]>;
  /** Starts a thread, at a message where given; its id is the `threadId` of later sends. */
  createThread?(
    thread: { to: string; name: string; messageId?: string },
    signal: AbortSignal,
  ): Promise<{ threadId: string }>;
  /** Handles a webhook request of this account; absent where the platform is polled. */
  handleWebhook?(request: WebhookRequest): Promise<{ status: number; body: string }>;
}

/** What a login shows while it goes on. */
export type LoginStep =
  | { kind: "qr"; data: string; expiresAt: number }
  | { kind: "code"; code: string }
  | { kind: "note"; text: string };

export interface LoginContext extends Pick<
  ChannelContext,
  "account" | "config" | "dir" | "clock" | "logger" | "signal"
> {
  show(step: LoginStep): void;
  /** E.g. the phone number to pair by code instead of by QR. */
  phoneNumber?: string;
  /** Log in anew although there is a login. */
  force?: boolean;
}

/** A platform. Its module may load heavy libraries; `capabilities` and `identity` come from light modules. */
export interface Channel {
  id: string;
  label: string;
  start(context: ChannelContext): Promise<RunningChannel>;
  /** Resolves when the account is logged in; the host starts it afterwards. */
  login?(context: LoginContext): Promise<{ identity: string }>;
  /** Tells the platform, where it wants to know, and removes what the login left in `dir`. */
  logout?(context: Omit<LoginContext, "show">): Promise<{ cleared: boolean }>;
}

/** What is known of a channel without loading its library: `src/channels/<id>/manifest.ts`. */
export interface ChannelManifest {
  id: string;
  label: string;
  capabilities: ChannelCapabilities;
  /** Keys of the account that hold its credential, for `channels add` and for errors. Empty when it logs in by QR. */
  credentials: ReadonlyArray<{
    key: string;
    flag: string;
    title: string;
    /** The title in other languages, for the wizard and the page. Our own channels have all of them. */
    titles?: Readonly<Partial<Record<Language, string>>>;
    optional?: boolean;
  }>;
  /**
   * What may be used by one process at a time, e.g. the bot token; null when several may. The host takes a lease on
   * its digest, across processes and state directories of this user.
   */
  exclusive(config: JsonObject, dir: string): string | null;
  /** Problems of the configuration as people read them, before anything is loaded. */
  check(config: JsonObject): Array<{ key: string; message: string }>;
  load(): Promise<Channel>;
}
