import type { Secret } from "../core/secret.ts";

/** `stopped`: it ended as it was told to, or never ran; that is nobody's concern. */
export type Condition = "ok" | "stopped" | "dead" | "hung" | "looping";

/** What one look found. */
export interface Look {
  condition: Condition;
  /** One sentence for a person. */
  detail: string;
  pid: number | null;
  port: number | null;
}

export interface SentinelSettings {
  /** Milliseconds between two looks. */
  intervalMs: number;
  /** Milliseconds the gateway has to answer. */
  deadlineMs: number;
  /** Milliseconds until a bad look is repeated before it counts. */
  confirmMs: number;
  /** The gateway speaks TLS. */
  tls: boolean;
  /** Program and arguments; empty: none. */
  command: readonly string[];
  webhook: { url: string; secret: Secret | null } | null;
  telegram: { botToken: Secret; chatId: string; apiRoot: string } | null;
  discord: { botToken: Secret; channelId: string; apiRoot: string } | null;
}

/** What the operator is told; also the body of the webhook and the standard input of the command. */
export interface Notice {
  event: "gateway.dead" | "gateway.hung" | "gateway.looping" | "gateway.recovered";
  text: string;
  detail: string;
  host: string;
  profile: string;
  pid: number | null;
  port: number | null;
  /** Epoch milliseconds. */
  at: number;
  /** Epoch milliseconds: when the condition was first seen. */
  since: number;
}

export type Route = "command" | "webhook" | "telegram" | "discord";

export interface Delivery {
  route: Route;
  /** Null when it went out. */
  error: string | null;
}

/** One look with what came of it. */
export interface SentinelReport extends Look {
  /** Epoch milliseconds. */
  at: number;
  notice: Notice | null;
  deliveries: Delivery[];
}
