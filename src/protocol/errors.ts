/** Codes an error frame may carry (protocol.md, "Error codes"; AUTH_FAILED after RPC-008). */
export type WireErrorCode =
  | "INVALID_REQUEST"
  | "AUTH_FAILED"
  | "NOT_PAIRED"
  | "NOT_LINKED"
  | "UNAVAILABLE"
  | "AGENT_TIMEOUT";

export const wireErrorCodes: ReadonlySet<string> = new Set<WireErrorCode>([
  "INVALID_REQUEST",
  "AUTH_FAILED",
  "NOT_PAIRED",
  "NOT_LINKED",
  "UNAVAILABLE",
  "AGENT_TIMEOUT",
]);

/** The `error` member of a response. Absent members are left out, never null: real clients drop such frames. */
export interface WireError {
  code: WireErrorCode;
  message: string;
  details?: Record<string, unknown>;
  retryable?: boolean;
  retryAfterMs?: number;
}
