import type { Clock } from "../core/clock.ts";
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
}

export function createLiveConfig(store: ConfigStore, clock: Clock): LiveConfig {
  let snapshot = store.read();
  let readAt = clock.monotonic();
  let listener: (snapshot: ConfigSnapshot) => void = () => {};
  const current = () => {
    if (clock.monotonic() - readAt < freshMs) return snapshot;
    readAt = clock.monotonic();
    const next = store.read();
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
  };
}
