import type { RunRow } from "../../../../src/ledger/contract.ts";
import type { OutcomeReason, RunOutcome } from "../../../../src/core/outcome.ts";
import { format } from "../../i18n/index.ts";

/** A row of `sessions.list` (docs/protocol.md). */
export interface SessionRow {
  key: string;
  kind: string;
  sessionId?: string;
  label?: string;
  displayName?: string;
  derivedTitle?: string;
  channel?: string;
  updatedAt?: number;
  thinkingLevel?: string;
  verboseLevel?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** Tokens of the last prompt, of `contextTokens` that fit. */
  totalTokens?: number;
  contextTokens?: number;
  modelProvider?: string;
  model?: string;
  /** How its sandbox appears to its tools; absent when they execute on the machine. */
  sandbox?: { access: "none" | "ro" | "rw"; network: string };
}

export type Run = RunRow;

/** What `why` remembers. */
export interface Why {
  messages: Array<{
    runId: string;
    door: string;
    text: string;
    receivedAt: number;
    state: string;
    outcome: OutcomeReason | null;
    outcomeDetail: string | null;
  }>;
  run: RunOutcome | null;
  steps: Array<{
    callId: string;
    name: string;
    effect: string;
    state: string;
    startedAt: number;
    input: unknown;
  }>;
  deliveries: Array<{
    key: string;
    target: { channel: string; to: string };
    state: string;
    attempts: number;
    lastError: string | null;
  }>;
  trace: Array<{ at: number; stage: string; rule: string; detail: string }>;
}

/** What people call it: its label, else its title, else the key without its agent. */
export function nameOf(row: SessionRow): string {
  return row.label || row.displayName || row.derivedTitle || row.key.replace(/^agent:[^:]+:/, "") || row.key;
}

export const agentOf = (key: string): string => /^agent:([^:]+):/.exec(key)?.[1] ?? "main";

/** `12.3k of 200k (6%)` */
export function contextUse({ totalTokens = 0, contextTokens }: SessionRow): string {
  if (!contextTokens) return format.compact(totalTokens);
  const percent = Math.round((totalTokens / contextTokens) * 100);
  return `${format.compact(totalTokens)} / ${format.compact(contextTokens)} (${percent}%)`;
}

export const money = (usd: number): string =>
  new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: usd > 0 && usd < 1 ? 4 : 2,
  }).format(usd);
