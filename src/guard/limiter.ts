import type { Clock } from "../core/clock.ts";

export interface LimiterOptions {
  clock: Clock;
  /** Charges a key may hold at a time; the next one locks it. */
  maxCharges: number;
  /** Milliseconds after which a charge is forgotten. */
  windowMs: number;
  /** Milliseconds a locked key stays locked, from the moment it locked. */
  lockMs: number;
  /** Keys remembered at most; the one unused longest is forgotten first. Locked keys count. */
  maxKeys: number;
}

export type Charge =
  | { allowed: true; /** Takes the charge back; call it when the attempt proved good. */ refund(): void }
  | { allowed: false; retryAfterMs: number };

export interface Limiter {
  /** Charges an attempt before it is checked, so that parallel guesses count too. */
  charge(key: string): Charge;
  /** Keys locked now. */
  locked(): number;
}

interface Bucket {
  charges: number[];
  lockedUntil: number;
}

/**
 * Counts attempts per key (canonical client address and credential class) and locks the key out when there are too
 * many (threats.md section 3, HID-037). Memory is bounded by `maxKeys`.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { clock, maxCharges, windowMs, lockMs, maxKeys } = options;
  const buckets = new Map<string, Bucket>();

  const bucketOf = (key: string): Bucket => {
    const bucket = buckets.get(key) ?? { charges: [], lockedUntil: 0 };
    // Re-inserted so that the map's order is the order of use.
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > maxKeys) {
      const oldest = buckets.keys().next();
      if (!oldest.done) buckets.delete(oldest.value);
    }
    return bucket;
  };

  return {
    charge(key) {
      const now = clock.monotonic();
      const bucket = bucketOf(key);
      if (bucket.lockedUntil > now)
        return { allowed: false, retryAfterMs: Math.ceil(bucket.lockedUntil - now) };
      bucket.charges = bucket.charges.filter((at) => at > now - windowMs);
      if (bucket.charges.length >= maxCharges) {
        bucket.lockedUntil = now + lockMs;
        bucket.charges = [];
        return { allowed: false, retryAfterMs: lockMs };
      }
      bucket.charges.push(now);
      return {
        allowed: true,
        refund: () => {
          const at = bucket.charges.indexOf(now);
          if (at >= 0) bucket.charges.splice(at, 1);
          if (bucket.charges.length === 0 && bucket.lockedUntil <= now && buckets.get(key) === bucket)
            buckets.delete(key);
        },
      };
    },
    locked() {
      const now = clock.monotonic();
      let count = 0;
      for (const bucket of buckets.values()) if (bucket.lockedUntil > now) count++;
      return count;
    },
  };
}
