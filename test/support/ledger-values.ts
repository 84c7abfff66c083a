import { noUsage, type TranscriptEntry } from "../../src/core/conversation.ts";
import type { StoredPrincipal } from "../../src/core/authority.ts";
import type { RunOutcome } from "../../src/core/outcome.ts";
import type { InboundMessage, LanePolicy, Lease } from "../../src/ledger/contract.ts";

export const owner: StoredPrincipal = {
  kind: "operator",
  id: "device-1",
  role: "operator",
  scopes: ["operator.admin"],
  owner: true,
};
export const member: StoredPrincipal = {
  kind: "sender",
  id: "webhook:a:7",
  role: "operator",
  scopes: [],
  owner: false,
};

export const policy = (change: Partial<LanePolicy> = {}): LanePolicy => ({
  maxConcurrent: 4,
  maxConcurrentPerAgent: () => 4,
  leaseMs: 30_000,
  defaultTimeoutMs: 600_000,
  maxQueuedPerSession: 100,
  ...change,
});

/** A message in session `agent:main:<session>`, named by one id everywhere. */
export function message(
  id: string,
  change: Partial<InboundMessage> & { session?: string } = {},
): InboundMessage {
  const { session = "main", ...rest } = change;
  return {
    dedupeKey: `chat.send:main:${id}`,
    runId: id,
    door: "chat.send",
    sessionKey: `agent:main:${session}`,
    agentId: "main",
    sessionKeyAsSent: session,
    principal: owner,
    origin: { door: "chat.send", trust: "owner" },
    text: `text of ${id}`,
    media: [],
    mode: "followup",
    deliverTo: null,
    options: {},
    ...rest,
  };
}

export function entry(id: string, change: Partial<TranscriptEntry> = {}): TranscriptEntry {
  return { id, ts: 1, role: "user", content: [{ type: "text", text: `text of ${id}` }], ...change };
}

export function outcome(lease: Lease, change: Partial<RunOutcome> = {}): RunOutcome {
  return {
    runId: lease.runId,
    status: "ok",
    reason: "answered",
    payloads: [{ text: `answer to ${lease.runId}`, mediaUrl: null }],
    usage: noUsage,
    sessionId: lease.sessionId,
    sessionKey: lease.sessionKey,
    startedAt: 1,
    endedAt: 2,
    ...change,
  };
}

/** A complete() argument that answers with one assistant entry. */
export const answer = (lease: Lease, change: Partial<RunOutcome> = {}) => ({
  outcome: outcome(lease, change),
  entries: [entry(`${lease.runId}:answer`, { role: "assistant", runId: lease.runId })],
  deliveries: [],
});
