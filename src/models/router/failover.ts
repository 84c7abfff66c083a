import type { ModelFailure } from "../contract.ts";
import type { ModelSettings } from "../settings.ts";
import type { Pause, ProfileHealth } from "./health.ts";

/** What to do after a failure: tell the caller, ask again, or go on with the next login or the next model. */
export interface Step {
  next: "surface" | "retry" | "profile" | "model";
  pause?: Pause;
}

export interface StepContext {
  settings: Pick<ModelSettings, "pauses">;
  /** What was known about the login before this failure. */
  health: ProfileHealth | undefined;
  model: string;
  /** How often this login and model were asked in this request, this time included. */
  attempts: number;
}

const hour = 3_600_000;
const longestRateLimitMs = hour;
const longestOverloadMs = 10 * 60_000;
/** Refused logins are asked again after a day even if unchanged: providers have bad days too. */
const refusedMs = 24 * hour;

/** The rule table of failover (issue, section 5). Pure. */
export function stepAfter(failure: ModelFailure, context: StepContext): Step {
  const { pauses } = context.settings;
  const modelErrors = context.health?.models?.[context.model]?.errorCount ?? 0;
  const doubled = (ms: number, times: number, most: number) => Math.min(ms * 2 ** Math.min(times, 16), most);
  switch (failure.kind) {
    case "aborted":
    case "context_overflow": // the agent compacts and asks again
    case "content_filter": // asking others until one agrees is not ours to do
      return { next: "surface" };
    case "auth":
      return { next: "profile", pause: { scope: "disable", ms: refusedMs, reason: "auth" } };
    case "billing": {
      const ms = doubled(pauses.billingMs, context.health?.errorCount ?? 0, pauses.billingMaxMs);
      return { next: "profile", pause: { scope: "profile", ms, reason: "billing" } };
    }
    case "rate_limit": {
      const ms = failure.retryAfterMs ?? doubled(pauses.rateLimitMs, modelErrors, longestRateLimitMs);
      return { next: "profile", pause: { scope: "model", ms, reason: "rate_limit" } };
    }
    case "overloaded": {
      // The provider is full, not this login: its other logins would find it just as full.
      const ms = failure.retryAfterMs ?? doubled(pauses.overloadedMs, modelErrors, longestOverloadMs);
      return { next: "model", pause: { scope: "model", ms, reason: "overloaded" } };
    }
    case "network":
    case "unknown":
      return { next: context.attempts < 2 ? "retry" : "model" };
    case "not_configured":
      return { next: "profile" };
    case "invalid_request":
      return { next: "model" };
  }
}
