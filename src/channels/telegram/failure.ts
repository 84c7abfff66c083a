import type { ChannelTrouble, SendResult } from "../contract.ts";

/** Why a call of the Bot API did not succeed. Holds no token and no payload: safe to log. */
export class TelegramFailure extends Error {
  /** HTTP-like code of the platform's answer; 0 when there was none. */
  readonly status: number;
  /** Whether the call may have taken effect all the same. */
  readonly ambiguous: boolean;
  /** As long as the platform asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** The chat is now this one (a group became a supergroup). */
  readonly migratedTo: number | undefined;

  constructor(
    message: string,
    facts: {
      status: number;
      ambiguous: boolean;
      retryAfterMs?: number;
      migratedTo?: number;
      cause?: unknown;
    },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "TelegramFailure";
    this.status = facts.status;
    this.ambiguous = facts.ambiguous;
    this.retryAfterMs = facts.retryAfterMs;
    this.migratedTo = facts.migratedTo;
  }
}

/** Whether the platform does not know the token: 401, and 404 for what was never one. */
function isRefusedToken(failure: TelegramFailure): boolean {
  return failure.status === 401 || (failure.status === 404 && /^Not Found$/i.test(failure.message));
}

/** How a failed send is settled. A call that does the same when repeated is never in doubt. */
export function settle(failure: TelegramFailure, repeatable: boolean): Exclude<SendResult, { kind: "sent" }> {
  const error = failure.message;
  if (failure.ambiguous) return repeatable ? { kind: "retry", error } : { kind: "unknown", error };
  if (failure.status === 429)
    return {
      kind: "retry",
      error,
      ...(failure.retryAfterMs === undefined ? {} : { afterMs: failure.retryAfterMs }),
    };
  // A refused token may be replaced by a good one; the message need not be lost.
  if (failure.status === 0 || failure.status >= 500 || isRefusedToken(failure))
    return { kind: "retry", error };
  return { kind: "dead", error };
}

/** What the operator is told; null for a refusal that concerns one message only. */
export function troubleOf(
  failure: TelegramFailure,
  at: { account: string; now: number },
): ChannelTrouble | null {
  if (isRefusedToken(failure))
    return {
      code: "TOKEN_REVOKED",
      message: `Telegram does not know this bot token (${failure.status}: ${failure.message})`,
      hint: `get a token from @BotFather, then: openclaw channels add --channel telegram${
        at.account === "default" ? "" : ` --account ${at.account}`
      } --token <token>`,
      fatal: true,
    };
  if (failure.status === 409)
    return {
      code: "CONFLICT",
      message: /webhook/i.test(failure.message)
        ? "another program has set a webhook for this bot, so updates cannot be polled"
        : "another program polls with this bot token",
      hint: "stop the other program, or give this gateway a bot of its own: openclaw channels add --channel telegram --token <token>",
    };
  if (failure.status === 429)
    return {
      code: "RATE_LIMITED",
      message: failure.message,
      ...(failure.retryAfterMs === undefined ? {} : { retryAt: at.now + failure.retryAfterMs }),
    };
  if (failure.status === 0) return { code: "NETWORK", message: failure.message };
  if (failure.status >= 500)
    return {
      code: "PLATFORM_ERROR",
      message: `Telegram answered ${failure.status}: ${failure.message}`,
    };
  return null;
}
