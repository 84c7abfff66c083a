import type { ChannelTrouble, SendResult } from "../contract.ts";

/** Why a call of Discord did not succeed. Holds no token and no payload: safe to log. */
export class DiscordFailure extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Discord's own number of the error; 0 where it gave none. */
  readonly code: number;
  /** Whether the call may have taken effect all the same. */
  readonly ambiguous: boolean;
  /** As long as the platform asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { status: number; ambiguous: boolean; code?: number; retryAfterMs?: number },
  ) {
    super(message);
    this.name = "DiscordFailure";
    this.status = facts.status;
    this.code = facts.code ?? 0;
    this.ambiguous = facts.ambiguous;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Whether waiting may help: no answer, too many requests, or a fault inside Discord. */
export function isPassing(failure: DiscordFailure): boolean {
  return failure.status === 0 || failure.status === 429 || failure.status >= 500;
}

/** How a failed send is settled. A call that does the same when repeated is never in doubt. */
export function settle(failure: DiscordFailure, repeatable: boolean): Exclude<SendResult, { kind: "sent" }> {
  const error = failure.message;
  if (failure.ambiguous) return repeatable ? { kind: "retry", error } : { kind: "unknown", error };
  // A refused token may be replaced by a good one; the message need not be lost.
  if (!isPassing(failure) && failure.status !== 401) return { kind: "dead", error };
  return {
    kind: "retry",
    error,
    ...(failure.retryAfterMs === undefined ? {} : { afterMs: failure.retryAfterMs }),
  };
}

/** What the operator is told; null for a refusal that concerns one message only. */
export function troubleOf(
  failure: DiscordFailure,
  at: { account: string; now: number },
): ChannelTrouble | null {
  if (failure.status === 401) return tokenRefused(at.account);
  if (failure.status === 429)
    return {
      code: "RATE_LIMITED",
      message: failure.message,
      ...(failure.retryAfterMs === undefined ? {} : { retryAt: at.now + failure.retryAfterMs }),
    };
  if (failure.status === 0) return { code: "NETWORK", message: failure.message };
  if (failure.status >= 500) return { code: "PLATFORM_ERROR", message: failure.message };
  return null;
}

export function tokenRefused(account: string): ChannelTrouble {
  return {
    code: "TOKEN_REVOKED",
    message: "Discord does not know this bot token",
    hint: `copy the token from discord.com/developers/applications (Bot > Reset Token), then: openclaw channels add --channel discord${
      account === "default" ? "" : ` --account ${account}`
    } --token <token>`,
    fatal: true,
  };
}
