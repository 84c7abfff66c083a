/** What is remembered about the failures of logins, per agent (STATE-007, legacy-state 1.6 `usageStats`). */
export interface ProfileHealth {
  lastUsed?: number;
  lastFailureAt?: number;
  errorCount?: number;
  /** Pause of the whole login. */
  cooldownUntil?: number;
  cooldownReason?: string;
  /** Switched off until the secret changes (then `disabledRevision` differs) or this time. */
  disabledUntil?: number;
  disabledReason?: string;
  disabledRevision?: string;
  /** Pauses that concern one model only. */
  models?: Record<string, ModelHealth>;
}
export interface ModelHealth {
  cooldownUntil: number;
  reason: string;
  errorCount: number;
}

/** Keyed by profile id. */
export type Health = Record<string, ProfileHealth>;

/** Keeps {@link Health}; `update` writes through. */
export interface HealthStore {
  read(agentId: string): Health;
  update(agentId: string, change: (health: Health) => void): void;
}

export interface Unavailable {
  /** Epoch milliseconds. */
  until: number;
  reason: string;
  /** Switched off rather than paused: waiting does not help. */
  disabled: boolean;
}

/** Whether a login may be used for a model now; null when it may. */
export function unavailable(
  health: ProfileHealth | undefined,
  query: { model: string; revision: string; now: number },
): Unavailable | null {
  if (!health) return null;
  const { model, revision, now } = query;
  if ((health.disabledUntil ?? 0) > now && (health.disabledRevision ?? revision) === revision) {
    return {
      until: health.disabledUntil ?? now,
      reason: health.disabledReason ?? "auth",
      disabled: true,
    };
  }
  const own = health.models?.[model];
  const whole = health.cooldownUntil ?? 0;
  if (whole > now && whole >= (own?.cooldownUntil ?? 0))
    return { until: whole, reason: health.cooldownReason ?? "cooldown", disabled: false };
  if (own && own.cooldownUntil > now)
    return { until: own.cooldownUntil, reason: own.reason, disabled: false };
  return null;
}

export interface Pause {
  /** What the failure concerned: one model of the login, the login, or the login until its secret changes. */
  scope: "model" | "profile" | "disable";
  ms: number;
  reason: string;
}

/** Records a failure and its pause. */
export function recordFailure(
  health: Health,
  failure: { profileId: string; model: string; revision: string; now: number; pause: Pause },
): void {
  const { profileId, model, revision, now, pause } = failure;
  const entry = (health[profileId] ??= {});
  entry.lastFailureAt = now;
  if (pause.scope === "model") {
    const models = (entry.models ??= {});
    const errorCount = (models[model]?.errorCount ?? 0) + 1;
    models[model] = { cooldownUntil: now + pause.ms, reason: pause.reason, errorCount };
    return;
  }
  entry.errorCount = (entry.errorCount ?? 0) + 1;
  if (pause.scope === "profile") {
    entry.cooldownUntil = now + pause.ms;
    entry.cooldownReason = pause.reason;
  } else {
    entry.disabledUntil = now + pause.ms;
    entry.disabledReason = pause.reason;
    entry.disabledRevision = revision;
  }
}

/** Whether a success has anything to clear; a healthy login costs no write. */
export function hasFailures(health: ProfileHealth | undefined, model: string): boolean {
  if (!health) return false;
  return (
    health.cooldownUntil !== undefined ||
    health.disabledUntil !== undefined ||
    (health.errorCount ?? 0) > 0 ||
    health.models?.[model] !== undefined
  );
}

export function recordSuccess(health: Health, success: { profileId: string; model: string; now: number }) {
  const entry = health[success.profileId];
  const models = { ...entry?.models };
  delete models[success.model];
  health[success.profileId] = {
    lastUsed: success.now,
    ...(Object.keys(models).length > 0 && { models }),
  };
}
