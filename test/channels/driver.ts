import type { Clock } from "../../src/core/clock.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { ChannelManifest, WebhookRequest } from "../../src/channels/contract.ts";
import type { CaseId } from "./cases.ts";

// What a platform provides so that the conformance suite (conformance.ts) can be run on its adapter. The double speaks
// the platform's real wire format on 127.0.0.1; the driver is how the suite plays the people and the faults of it.

/** A platform's double, not yet started: `test/fakes/<platform>/driver.ts` exports one. */
export interface ChannelDouble {
  manifest: ChannelManifest;
  /**
   * Starts an empty platform with the people and chats of {@link DoubleWorld} in it. Each case has one of its own.
   * Time is `clock` in the adapter, the host and here alike: a long poll, a delayed answer, a redelivery wait by it.
   */
  start(options: DoubleOptions): Promise<RunningDouble>;
  /**
   * Cases this platform cannot play, each with the reason as the matrix shows it, e.g. a fault its protocol does not
   * know. For a missing capability the manifest's own reason is used and nothing is needed here.
   */
  gaps?: Partial<Record<CaseId, string>>;
  /**
   * The platform's library keeps timers of its own: during the cases `setTimeout`, `setInterval`, `Date.now` and
   * `AbortSignal.timeout` of this process follow the simulated clock too.
   */
  ownTimers?: boolean;
  /** Turns of the event loop without activity that count as "nothing is going on"; default 12. More for worker threads. */
  quietTurns?: number;
  /** The adapter is not in this process and keeps its own time: cases run in real time, and the simulated day is a gap. */
  realTime?: boolean;
}

export interface DoubleOptions {
  clock: Clock;
  /** For platforms that call our port: hands a request of the platform to the account; the double calls again later on 5xx. */
  deliver: (account: string, request: WebhookRequest) => Promise<{ status: number; body: string }>;
}

/** Who and what is there. Ids are exactly those the adapter must report. */
export interface DoubleWorld {
  /** Two people, another program, and our own account. */
  alice: { id: string; name: string };
  bob: { id: string; name: string };
  robot: { id: string; name: string };
  us: { id: string; name: string };
  /** Chat ids; `thread` is the thread id inside `group`, where there are threads. */
  direct: string;
  bobsDirect: string;
  group: string;
  thread?: string;
}

export type Speaker = "alice" | "bob" | "robot" | "us";
/** `direct` is the speaker's direct chat with us (of `us` and `robot`: alice's, or where it can exist). */
export type Place = "direct" | "group" | "thread";

export interface SaidAttachment {
  kind: "image" | "audio" | "voice" | "video" | "document" | "sticker";
  mimeType: string;
  fileName: string;
  content: Uint8Array;
  durationMs?: number;
  /** The platform states no size, or a false one: the download must be capped all the same. */
  statedBytes?: number | "none";
}

/** Something a person does in a chat. Absent fields mean "not part of it". */
export interface Said {
  by: Speaker;
  place: Place;
  text?: string;
  /** Addresses us in the platform's own way (an entity, not mere text). */
  mention?: boolean;
  /** Message it replies to: an id that {@link RunningDouble.say} or a {@link Seen} gave. */
  quoting?: string;
  attachments?: SaidAttachment[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  contact?: { name: string; phones: string[] };
  poll?: { question: string; options: string[] };
  /** As a slash command of the platform, e.g. `/status`; `text` is its text form. */
  command?: boolean;
}

/** One message of ours as people in the chat see it now, oldest first. */
export interface Seen {
  messageId: string;
  chatId: string;
  threadId?: string;
  /** What went over the wire, markup included. */
  raw: string;
  /** What a person reads: the platform's markup interpreted (test/channels/readers.ts helps). */
  plain: string;
  /** Styled stretches of `plain`; empty where the platform has no styles. */
  spans: SeenSpan[];
  /** Names or ids this message would ring: a mention the platform acts on. */
  rings: string[];
  replyTo?: string;
  /** Earlier texts as people read them; empty when never edited. */
  before: string[];
  deleted: boolean;
  /** Emoji we put on it are in {@link RunningDouble.reactions}; these are files it carries. */
  media: Array<{ kind: string; mimeType: string; fileName: string; content: Uint8Array }>;
  /** Values of its buttons. */
  buttons: string[];
  poll?: { question: string; options: string[]; maxSelections: number };
  /** Simulated time at which it first became visible. */
  at: number;
}

export interface SeenSpan {
  style:
    | "bold"
    | "italic"
    | "strike"
    | "code"
    | "pre"
    | "link"
    | "quote"
    | "heading"
    | "spoiler"
    | "underline";
  text: string;
  /** Of a link. */
  url?: string;
  /** Of a code block, where the platform keeps it. */
  language?: string;
}

export interface RunningDouble {
  world: DoubleWorld;
  /** Configuration of an account of this platform: address and credential. Another name is another login of the same platform. */
  account(name: string): JsonObject;
  /** Leaves in `dir` what a login would have left; absent where a credential in the configuration is all. */
  login?(name: string, dir: string): Promise<void>;

  /** Resolves with the message's id once the platform has it (not once it was delivered to us). */
  say(said: Said): Promise<string>;
  /** The person who said it changes, or takes back, a message. */
  edit?(messageId: string, text: string): Promise<void>;
  remove?(messageId: string): Promise<void>;
  /** Somebody reacts to a message (ours or another's), or takes the reaction back. */
  react?(reaction: { by: Speaker; messageId: string; emoji: string; removed?: boolean }): Promise<void>;
  /** Somebody presses a button of ours; resolves with what the platform showed the presser, if anything. */
  press?(press: { by: Speaker; messageId: string; value: string }): Promise<string | undefined>;
  vote?(vote: { by: Speaker; messageId: string; options: string[] }): Promise<void>;

  /** Everything of ours that people see, in the order in which it appeared, deleted ones included. */
  seen(): Seen[];
  /** Reactions of ours, as they stand. */
  reactions?(): Array<{ messageId: string; emoji: string }>;
  /** Whether people of that chat see us writing now. */
  typing?(chatId: string): boolean;
  /** Ids of messages we marked as read. */
  read?(): string[];

  faults: Faults;
  /** True while the double works on something that does not wait for the clock; only needed beside sockets and files. */
  busy?(): boolean;
  /** Ends every connection and the server. */
  stop(): Promise<void>;
}

/**
 * Faults; each stays until it is used up or ended. What a platform cannot have is left out, and the cases that need it
 * stand in {@link ChannelDouble.gaps}.
 */
export interface Faults {
  /** The next `times` sends of ours are answered "too many requests, try again in `retryAfterMs`", and not done. */
  rateLimit?(times: number, retryAfterMs: number): void;
  /** The next `times` sends of ours fail inside the platform (5xx), and are not done. */
  failSends?(times: number): void;
  /** Every request of ours fails inside the platform (5xx) until `false`. */
  down?(on: boolean): void;
  /** Our credential stops being valid, now and for open connections; `false` makes it valid again. */
  revoke?(on: boolean): void;
  /** The network is gone: open connections are reset, new ones refused, until `false`. */
  cut?(on: boolean): void;
  /** Every answer and event takes `ms` of the clock longer; 0 ends it. */
  slow?(ms: number): void;
  /** Connections open now stay open and carry nothing more, in either direction; new ones work. */
  halfOpen?(): void;
  /** The next `times` sends are done, and the connection dies before the answer. */
  loseAnswer?(times: number): void;
  /** The connection dies during the next `times` sends before anything was done. */
  loseRequest?(times: number): void;
  /** The next `times` events come twice, with the same id. */
  duplicate?(times: number): void;
  /** The platform's clock is wrong by `ms` (also in signatures and times it states). */
  skew?(ms: number): void;
  /** Somebody else takes events with our credential, until `false`. */
  conflict?(on: boolean): void;
  /** A request that was not made by the platform (wrong secret or signature) reaches our port; resolves with the status. */
  forge?(): Promise<number>;
}
