import type { JsonValue } from "../core/json.ts";

export type ApprovalDecision = "allow-once" | "allow-always" | "deny";

/** What exactly was asked, so that what is approved is what runs (threats.md, invariant 6). */
export interface ApprovalRequest {
  id: string;
  /** Rendered for people: the exact command, escaped, never cut without saying so. */
  command: string;
  cwd: string | null;
  host: string | null;
  security: string | null;
  ask: string | null;
  agentId: string | null;
  resolvedPath: string | null;
  sessionKey: string | null;
  runId?: string | null;
  callId?: string | null;
  toolName?: string | null;
  /** SHA-256 over executable, argv, cwd, environment and requester: the approval holds for this plan only, once. */
  planDigest?: string | null;
  input?: JsonValue;
  createdAtMs: number;
  expiresAtMs: number;
}

export interface ApprovalRecord {
  request: ApprovalRequest;
  decision: ApprovalDecision | null;
  resolvedBy: string | null;
  resolvedAtMs: number | null;
  /** Consumed by the one execution it allowed. */
  usedAtMs: number | null;
}

/** Durable approvals: asked once, listable everywhere, alive across restarts until they expire. */
export interface ApprovalService {
  /** Stores the request (an existing one with the same id is returned as it is) and announces it. */
  request(
    request: Omit<ApprovalRequest, "createdAtMs" | "expiresAtMs">,
    timeoutMs: number,
  ): Promise<ApprovalRecord>;
  /** Resolves when decided or expired (decision null). */
  wait(id: string, signal?: AbortSignal): Promise<ApprovalRecord>;
  /** @throws OpenClawError APPROVAL_UNKNOWN, APPROVAL_SETTLED */
  resolve(id: string, decision: ApprovalDecision, by: string): Promise<ApprovalRecord>;
  get(id: string): ApprovalRecord | null;
  pending(): ApprovalRecord[];
  /** Every approval that expires or expired after `sinceMs` (epoch), decided or not, oldest first. */
  recent(sinceMs: number): ApprovalRecord[];
  /** Marks the approval used if it allows exactly this plan and was not used yet; false otherwise. */
  consume(id: string, planDigest: string): Promise<boolean>;
  subscribe(
    listener: (event: { type: "requested" | "resolved"; record: ApprovalRecord }) => void,
  ): () => void;
}
