import type { Clock } from "../../core/clock.ts";

/** What was fetched a while ago; the oldest goes when `maxEntries` are held. */
export interface TtlCache<T> {
  get(key: string): T | undefined;
  /** `ttlMs` of 0 keeps nothing. */
  set(key: string, value: T, ttlMs: number): void;
}

export function createTtlCache<T>(options: { clock: Clock; maxEntries: number }): TtlCache<T> {
  const { clock, maxEntries } = options;
  const entries = new Map<string, { value: T; until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry && entry.until > clock.monotonic()) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, ttlMs) {
      entries.delete(key);
      if (ttlMs <= 0) return;
      entries.set(key, { value, until: clock.monotonic() + ttlMs });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
    },
  };
}
