import type { Principal } from "../core/authority.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { DeliveryTarget, MediaRef, QueueMode, RunOptions } from "../ledger/contract.ts";

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
  /** Resolves once the message is committed: from then on it will have exactly one outcome. */
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

/** The channels of this gateway and their accounts, as `channels.status` reports them (protocol.md 3.8). */
export interface ChannelHost {
  ids(): string[];
  label(channel: string): string;
  accounts(channel: string): ChannelAccountStatus[];
  probe(channel: string, account: string, timeoutMs: number): Promise<ChannelAccountStatus>;
  /** Sends through the outbox: committed before it is tried, settled exactly once per key. */
  send(
    message: {
      key: string;
      channel?: string;
      account?: string;
      to: string;
      threadId?: string;
      text: string;
      mediaUrls?: string[];
    },
    signal?: AbortSignal,
  ): Promise<{ channel: string; messageId: string; receipt: Record<string, unknown> }>;
  handleWebhook(
    channel: string,
    account: string,
    request: { method: string; path: string; headers: Record<string, string>; body: Uint8Array },
  ): Promise<{ status: number; body: string } | null>;
}

export interface ChannelAccountStatus {
  accountId: string;
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
  mode?: string;
  probe?: { ok: boolean; error?: string; elapsedMs: number };
}
