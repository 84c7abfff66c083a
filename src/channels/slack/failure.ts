import type { ChannelTrouble, SendResult } from "../contract.ts";

/** Why a call of the Web API did not succeed. Holds no token and no payload: safe to log. */
export class SlackFailure extends Error {
  /** Slack's own word, e.g. `channel_not_found`; "" when there was no answer of Slack's. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Whether the call may have taken effect all the same. */
  readonly ambiguous: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { code?: string; status: number; ambiguous: boolean; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "SlackFailure";
    this.code = facts.code ?? "";
    this.status = facts.status;
    this.ambiguous = facts.ambiguous;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

const refusedTokens = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "not_allowed_token_type",
  "org_login_required",
  "team_access_not_granted",
]);
/** Slack did not do it, and may do it later. */
const passing = new Set([
  "ratelimited",
  "rate_limited",
  "service_unavailable",
  "team_added_to_org",
  "accesslimited",
]);
/** Slack says of these that part of the work may be done. */
export const doubtful = new Set(["fatal_error", "internal_error", "request_timeout"]);

export function isRefusedToken(failure: SlackFailure): boolean {
  return refusedTokens.has(failure.code);
}

/** How a failed send is settled. A call that does the same when repeated is never in doubt. */
export function settle(failure: SlackFailure, repeatable: boolean): Exclude<SendResult, { kind: "sent" }> {
  const error = failure.message;
  if (failure.ambiguous) return repeatable ? { kind: "retry", error } : { kind: "unknown", error };
  if (failure.status === 429 || passing.has(failure.code))
    return {
      kind: "retry",
      error,
      ...(failure.retryAfterMs === undefined ? {} : { afterMs: failure.retryAfterMs, everywhere: true }),
    };
  // A refused token may be replaced by a good one; the message need not be lost.
  if (failure.status === 0 || failure.status >= 500 || isRefusedToken(failure))
    return { kind: "retry", error };
  return { kind: "dead", error };
}

/** What the operator is told; null for a refusal that concerns one message only. */
export function troubleOf(
  failure: SlackFailure,
  at: { account: string; now: number },
): ChannelTrouble | null {
  if (isRefusedToken(failure))
    return {
      code: "TOKEN_REVOKED",
      message: `Slack does not accept the account's token (${failure.code})`,
      hint: `install the app again, then: openclaw config set channels.slack${
        at.account === "default" ? "" : `.accounts.${at.account}`
      }.botToken <token>`,
      fatal: true,
    };
  if (failure.code === "missing_scope")
    return {
      code: "MISSING_SCOPE",
      message: failure.message,
      hint: "add the scope under OAuth & Permissions of your app, install it again, then: openclaw gateway restart",
    };
  if (failure.status === 429 || failure.code === "ratelimited")
    return {
      code: "RATE_LIMITED",
      message: failure.message,
      ...(failure.retryAfterMs === undefined ? {} : { retryAt: at.now + failure.retryAfterMs }),
    };
  if (failure.status === 0) return { code: "NETWORK", message: failure.message };
  if (failure.status >= 500 || doubtful.has(failure.code) || passing.has(failure.code))
    return { code: "PLATFORM_ERROR", message: failure.message };
  return null;
}
