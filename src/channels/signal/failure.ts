import type { ChannelTrouble, SendResult } from "../contract.ts";

/** Why a call of the daemon did not succeed. Holds no message text: safe to log. */
export class SignalFailure extends Error {
  /** JSON-RPC code of signal-cli; 0 when it did not answer with one. */
  readonly code: number;
  /** Whether the call may have taken effect all the same. */
  readonly ambiguous: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { code: number; ambiguous: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "SignalFailure";
    this.code = facts.code;
    this.ambiguous = facts.ambiguous;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Codes of signal-cli (man signal-cli-jsonrpc) and of JSON-RPC. */
export const codes = { user: -1, io: -3, untrustedKey: -4, rateLimit: -5, params: -32602, internal: -32603 };

/** Signal does not know this device any more, or never did. */
export function isLoggedOut(failure: SignalFailure): boolean {
  return (
    /account does not exist|is not registered\.?$|AuthorizationFailed|not authorized|NotRegistered/i.test(
      failure.message,
    ) && !failure.message.includes("The user ")
  );
}

/** How a failed send is settled. A call that does the same when repeated is never in doubt. */
export function settle(failure: SignalFailure, repeatable: boolean): Exclude<SendResult, { kind: "sent" }> {
  const error = failure.message;
  if (failure.ambiguous) return repeatable ? { kind: "retry", error } : { kind: "unknown", error };
  if (failure.code === codes.user || failure.code === codes.untrustedKey)
    // Who is logged out may log in again; the message need not be lost.
    return isLoggedOut(failure) ? { kind: "retry", error } : { kind: "dead", error };
  const { retryAfterMs } = failure;
  return {
    kind: "retry",
    error,
    ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs, everywhere: true }),
  };
}

/** What the operator is told; null for a refusal that concerns one message only. */
export function troubleOf(
  failure: SignalFailure,
  at: { account: string; now: number },
): ChannelTrouble | null {
  const login = `openclaw channels login --channel signal${at.account === "default" ? "" : ` --account ${at.account}`}`;
  if (isLoggedOut(failure))
    return {
      code: "LOGGED_OUT",
      message: `Signal does not know this device: ${failure.message}`,
      hint: login,
      fatal: true,
    };
  if (failure.code === codes.rateLimit)
    return {
      code: "RATE_LIMITED",
      message: failure.message,
      ...(failure.retryAfterMs === undefined ? {} : { retryAt: at.now + failure.retryAfterMs }),
    };
  if (failure.code === codes.io || failure.code === codes.internal)
    return { code: "PLATFORM_ERROR", message: failure.message };
  return failure.code === 0 ? { code: "NETWORK", message: failure.message } : null;
}
