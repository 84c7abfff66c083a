import { language, type Language } from "../../i18n/index.ts";

/** What `channels.status` says (docs/protocol.md). */
export interface ChannelsStatus {
  channelOrder: string[];
  channelLabels: Record<string, string>;
  channelMeta: Array<{ id: string; label: string; login?: boolean }>;
  channelAccounts: Record<string, Account[]>;
  channelsAvailable?: AvailableChannel[];
}

/** A channel of this build that is not configured. */
export interface AvailableChannel {
  id: string;
  label: string;
  credentials: Array<{
    key: string;
    title: string;
    titles?: Partial<Record<Language, string>>;
    optional: boolean;
  }>;
}

/** One account; times are epoch milliseconds. */
export interface Account {
  accountId: string;
  name?: string;
  enabled: boolean;
  configured: boolean;
  running: boolean;
  connected: boolean;
  lastStartAt: number | null;
  lastError: string | null;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
  lastProbeAt: number | null;
  reconnectAttempts?: number;
  lastProvedReceiveAt?: number | null;
  lastProvedSendAt?: number | null;
  trouble?: {
    code: string;
    message: string;
    hint?: string;
    fatal?: boolean;
    retryAt?: number;
    since: number;
  } | null;
  dmPolicy?: string;
  mode?: string;
  probe?: { ok: boolean; error?: string; elapsedMs: number; identity?: string };
}

/** How far a login is. */
export interface LoginView {
  version: number;
  step:
    | { kind: "qr"; data: string; expiresAt: number }
    | { kind: "code"; code: string }
    | { kind: "note"; text: string }
    | null;
  result: { connected: boolean; message: string } | null;
}

export interface PairingList {
  pending: Array<{
    channel: string;
    account: string;
    id: string;
    name: string | null;
    code: string;
    createdAt: number;
  }>;
  approved: Array<{ channel: string; account: string; id: string; owner: boolean }>;
  hasOwner: boolean;
}

/** What a credential is called in the language of the page. */
export function titleOf({ title, titles }: AvailableChannel["credentials"][number]): string {
  return titles?.[language.value] ?? title;
}
