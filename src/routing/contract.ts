import type { Principal } from "../core/authority.ts";
import type { Replaced } from "../core/conversation.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type {
  ChannelManifest,
  ChannelTrouble,
  RunningChannel,
  WebhookRequest,
} from "../channels/contract.ts";
import type {
  DeliveryContent,
  DeliveryRow,
  DeliveryTarget,
  MediaRef,
  QueueMode,
  RunOptions,
} from "../ledger/contract.ts";
import type { AccountSettings } from "./accounts.ts";

/** A request for a run from inside the gateway (RPC, HTTP, cron, tools). Channels use `Inbound` instead. */
export interface Submission {
  door: string;
  /** Idempotency key: the same key of the same door is the same message, for ever. Also the run id clients see. */
  key: string;
  /** Key as the client sent it; canonicalised here. */
  sessionKey: string;
  principal: Principal;
  text: string;
  media?: MediaRef[];
  mode?: QueueMode;
  deliverTo?: DeliveryTarget | null;
  options?: RunOptions;
  /** The earlier message this one takes the place of; such a message is taken only while its session is idle. */
  replaces?: Replaced;
  connId?: string;
  sender?: string;
}

export interface Submitted {
  runId: string;
  /** "started" for a new message; "in_flight" or "done" when the key was seen before. */
  status: "started" | "in_flight" | "done";
  sessionKey: string;
  acceptedAt: number;
  outcome: RunOutcome | null;
}

/** The one way to get an answer from an agent. */
export interface RunService {
  /**
   * Resolves once the message is committed: from then on it will have exactly one outcome.
   * @throws OpenClawError SESSION_BUSY (see `Ledger.accept`)
   */
  submit(submission: Submission): Promise<Submitted>;
  /** The outcome of a run or of a message answered by another run; null when `timeoutMs` passes first. */
  wait(runId: string, timeoutMs: number, signal?: AbortSignal): Promise<RunOutcome | null>;
  /** Stops running and queued work; returns the run ids that were stopped. */
  abort(filter: { sessionKey?: string; runId?: string; reason: string }): Promise<string[]>;
  /** Every event of every run, in order. */
  subscribe(
    listener: (event: RunEvent, sessionKeyAsSent: string, connId: string | undefined) => void,
  ): () => void;
  /** Stops claiming; resolves when running runs have ended or `graceMs` passed (then they stay journaled). */
  drain(graceMs: number): Promise<void>;
}

/** Something to be sent: a message, or what its `content` says. */
export interface SendRequest {
  /** Idempotency key: the same key is sent once, for ever. */
  key: string;
  channel?: string;
  account?: string;
  to: string;
  threadId?: string;
  text: string;
  mediaUrls?: string[];
  content?: DeliveryContent;
}

export interface Sent {
  key: string;
  channel: string;
  account: string;
  /** The platform's id of what was sent, or the key where it gives none. */
  messageId: string;
  receipt: Record<string, unknown>;
}

/** One account as those see it who need more of the platform than sending. */
export interface FoundAccount {
  manifest: ChannelManifest | null;
  /** Folder for what a login leaves. */
  dir: string;
  settings: AccountSettings;
  running: RunningChannel | null;
}

/** The channels of this gateway and their accounts, as `channels.status` reports them (protocol.md 3.8). */
export interface ChannelHost {
  /** Channels of this build. */
  available(): readonly ChannelManifest[];
  /** Ids of the channels that are configured. */
  ids(): string[];
  label(channel: string): string;
  accounts(channel: string): ChannelAccountStatus[];
  probe(channel: string, account: string, timeoutMs: number): Promise<ChannelAccountStatus>;
  /** @throws UserError CHANNEL_UNKNOWN when there is no such account. */
  find(channel: string, account: string): FoundAccount;
  /** The account that is meant when not everything is said; of several the default one. @throws UserError CHANNEL_NOT_RUNNING */
  pick(wanted: { channel?: string; account?: string }): FoundAccount;
  /** Starts an account anew with its settings of now, e.g. after a login. */
  restartAccount(channel: string, account: string): Promise<void>;
  /** Stops an account until it is restarted or configured anew. */
  stopAccount(channel: string, account: string): Promise<void>;
  /** Sends through the outbox: committed before it is tried, settled exactly once per key. */
  send(message: SendRequest, signal?: AbortSignal): Promise<Sent>;
  /** What the operator decides about a delivery that is not sent; null when the key is unknown or it is too late. */
  decide(key: string, decision: "retry" | "drop"): Promise<DeliveryRow | null>;
  handleWebhook(
    channel: string,
    account: string,
    request: WebhookRequest,
  ): Promise<{ status: number; body: string } | null>;
}

export interface ChannelAccountStatus {
  accountId: string;
  name?: string;
  enabled: boolean;
  configured: boolean;
  running: boolean;
  connected: boolean;
  lastStartAt: number | null;
  lastStopAt: number | null;
  lastError: string | null;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
  lastProbeAt: number | null;
  /** Failed tries since receiving last worked. */
  reconnectAttempts?: number;
  lastConnectedAt?: number | null;
  /** When each direction last showed that it works, epoch milliseconds. */
  lastProvedReceiveAt?: number | null;
  lastProvedSendAt?: number | null;
  /** What is the matter now, what mends it, and when it is tried again. */
  trouble?: (ChannelTrouble & { since: number }) | null;
  dmPolicy?: string;
  mode?: string;
  probe?: { ok: boolean; error?: string; elapsedMs: number; identity?: string };
}
