import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { ConfigSnapshot, ConfigStore, OpenClawConfig } from "../config/index.ts";

const freshMs = 500;

/** The configuration as it is now, for code that asks many times a second. */
export interface LiveConfig {
  current: () => ConfigSnapshot;
  config: () => OpenClawConfig;
  /** Looks at the file at the next question, however fresh the last look was. */
  refresh(): void;
  /** Called when a look found another file. */
  onChange(listener: (snapshot: ConfigSnapshot) => void): void;
  /** Called once when the file cannot be read any more, with the reason. */
  onLost(listener: (reason: string) => void): void;
}

/**
 * Follows the file of a running gateway. A file that cannot be read, or is gone for the moment an editor needs, leaves
 * the last configuration in force: defaults in its place would loosen rules (HID-015).
 * @throws UserError when the file cannot be read the first time.
 */
export function createLiveConfig(store: ConfigStore, clock: Clock): LiveConfig {
  let snapshot = store.read();
  let readAt = clock.monotonic();
  let listener: (snapshot: ConfigSnapshot) => void = () => {};
  let lostListener: (reason: string) => void = () => {};
  let lost: string | null = null;
  const look = (): ConfigSnapshot | string => {
    try {
      const next = store.read();
      return snapshot.exists && !next.exists ? `${next.path} is gone` : next;
    } catch (error) {
      return messageOf(error);
    }
  };
  const current = () => {
    if (clock.monotonic() - readAt < freshMs) return snapshot;
    readAt = clock.monotonic();
    const next = look();
    const reason = typeof next === "string" ? next : null;
    if (reason !== null && reason !== lost) lostListener(reason);
    lost = reason;
    if (typeof next === "string") return snapshot;
    const changed = next.hash !== snapshot.hash;
    snapshot = next;
    if (changed) listener(next);
    return snapshot;
  };
  return {
    current,
    config: () => current().config,
    refresh: () => (readAt = Number.NEGATIVE_INFINITY),
    onChange: (next) => (listener = next),
    onLost: (next) => (lostListener = next),
  };
}
