import type { JsonObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";

/** A normalised inbound message. Ids are the platform's immutable ones; names are for display only. */
export interface InboundEnvelope {
  channel: string;
  account: string;
  /** The platform's id of this message: the ledger de-duplicates on channel + account + this. */
  messageId: string;
  chat: { kind: "direct" | "group"; id: string; title?: string };
  sender: { id: string; name?: string };
  text: string;
  mentioned: boolean;
  /** Epoch milliseconds on the platform. */
  sentAt: number;
}

export type InboundVerdict = { accepted: true; duplicate: boolean } | { accepted: false; reason: string };

/** What a channel is given: it normalises and sends, nothing else. */
export interface ChannelContext {
  account: string;
  config: JsonObject;
  logger: Logger;
  /** Resolves after the message is committed to the ledger: only then acknowledge it to the platform. */
  deliver(message: InboundEnvelope): Promise<InboundVerdict>;
}

export interface OutboundMessage {
  /** Deterministic key of this part; pass it on where the platform de-duplicates. */
  key: string;
  to: string;
  threadId?: string;
  text: string;
  mediaUrls?: string[];
}

export type SendResult =
  | { kind: "sent"; receipt: JsonObject }
  | { kind: "retry"; error: string; afterMs?: number }
  | { kind: "dead"; error: string }
  | { kind: "unknown"; error: string };

export interface ChannelCapabilities {
  /** How a send whose answer was lost is settled: the platform drops repeats by key, it can be asked, or nobody knows. */
  ambiguousSend: "dedupes" | "queryable" | "unknown";
  maxTextLength: number;
}

export interface ChannelProbe {
  ok: boolean;
  /** `connected` or `disconnected` (OUT-021). */
  state: "connected" | "disconnected";
  error?: string;
  elapsedMs: number;
}

export interface RunningChannel {
  capabilities: ChannelCapabilities;
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult>;
  /** Asks the platform whether a message with this key exists; only where `ambiguousSend` is "queryable". */
  query?(key: string, to: string): Promise<boolean>;
  probe(signal: AbortSignal): Promise<ChannelProbe>;
  stop(): Promise<void>;
  /** Handles a webhook request of this account; absent where the platform is polled. */
  handleWebhook?(request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body: Uint8Array;
  }): Promise<{ status: number; body: string }>;
}

export interface Channel {
  id: string;
  label: string;
  start(context: ChannelContext): Promise<RunningChannel>;
}
