import type { DeliveryTarget } from "../../ledger/contract.ts";

/** What the configuration says about one agent's heartbeat; only agents that beat have any. */
export interface HeartbeatSettings {
  agentId: string;
  /** As it is written, e.g. `30m`. */
  every: string;
  everyMs: number;
  prompt: string;
  /** Somebody wrote this heartbeat down, so that it also beats where there is no HEARTBEAT.md. */
  isAskedFor: boolean;
  /** `last`, `none` or a channel. */
  target: string;
  to?: string;
  accountId?: string;
  /** Key of the session it beats in, as configured. */
  session: string;
  model?: string;
  ackMaxChars: number;
  includeReasoning: boolean;
  /** Minutes after midnight; `end` before `start` reaches over midnight. */
  activeHours: { start: number; end: number; timezone?: string } | null;
  workspaceDir: string;
}

/** Why nothing was asked of the model, or how it ended. Closed: `openclaw why` and the page explain each. */
export const heartbeatReasons = {
  "empty-heartbeat-file": "HEARTBEAT.md holds no task and nothing else waits",
  "no-heartbeat-file": "there is no HEARTBEAT.md and nothing else waits",
  "requests-in-flight": "its session is busy; it is tried again in half a minute",
  "no-model": "no model is usable",
  "no-target": "there is no chat to tell it to; it stands in the session",
  stopped: "the run was stopped",
  failed: "the run failed",
} as const;
export type HeartbeatReason = keyof typeof heartbeatReasons;

/** Payload of the `heartbeat` event and of `last-heartbeat` (protocol.md 4); what follows `indicatorType` is ours. */
export interface HeartbeatEvent {
  /** Epoch milliseconds. */
  ts: number;
  status: "sent" | "ok-empty" | "ok-token" | "skipped" | "failed";
  to?: string;
  /** The first words of what was said. */
  preview?: string;
  durationMs?: number;
  hasMedia?: boolean;
  reason?: string;
  channel?: string;
  accountId?: string;
  silent?: boolean;
  indicatorType?: "ok" | "alert" | "error";
  agentId: string;
  /** Its run, for `openclaw why`; of a skipped one what would have been. */
  runId: string;
  /** `reason` as a sentence. */
  detail?: string;
}

/** How one agent's heartbeat stands. */
export interface AgentHeartbeat {
  agentId: string;
  /** Whether it beats by itself: configured, and not switched off. */
  enabled: boolean;
  /** As configured; `disabled` for an agent that does not beat. */
  every: string;
  everyMs: number | null;
  prompt: string;
  target: string;
  ackMaxChars: number;
  activeHours: string | null;
  /** Epoch milliseconds; null while it does not beat by itself. */
  nextAt: number | null;
  /** Since when it is at work; null when it is not. */
  runningSince: number | null;
  last: HeartbeatEvent | null;
}

/** The agents' looking around by themselves, and what the gateway's methods need of it. */
export interface HeartbeatService {
  /** Whether the switch of `set-heartbeats` is on; it outlives restarts. */
  isOn(): boolean;
  setEnabled(enabled: boolean): Promise<void>;
  /** Whether texts for this agent's main session will be taken up by a beat. */
  takes(agentId: string): boolean;
  agents(): AgentHeartbeat[];
  /** Where an agent tells what it has to say by itself; null for nowhere but its main session. */
  target(agentId: string): DeliveryTarget | null;
  /** The newest first; of all agents unless one is named. */
  history(limit: number, agentId?: string): HeartbeatEvent[];
  last(): HeartbeatEvent | null;
  /**
   * Looks around now, whatever the hour, the switch and the file say. `runId` is null when it is at work already.
   * @throws UserError HEARTBEAT_NONE for an agent without a heartbeat, HEARTBEAT_NO_MODEL
   */
  beatNow(agentId: string): Promise<{ runId: string | null }>;
  subscribe(listener: (event: HeartbeatEvent) => void): () => void;
  /** After the configuration changed: what is due is reckoned anew. */
  reconsider(): void;
  start(): void;
  stop(): void;
}
