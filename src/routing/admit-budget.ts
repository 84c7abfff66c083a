import type { Clock } from "../core/clock.ts";

export type RefusalCharge =
  | {
      allowed: true;
      /** Refusals of this sender that got no row since the last one that did. */ unrecorded: number;
    }
  | { allowed: false };

interface Count {
  until: number;
  rows: number;
  unrecorded: number;
}

const windowMs = 60 * 60_000;
const rowsPerSender = 20;
const rowsPerAccount = 500;
const maxSenders = 5000;

/** How many refusals become rows of the ledger: a stranger who writes all day must not fill the disk. */
export function createRefusalBudget(clock: Clock): {
  charge(account: string, sender: string): RefusalCharge;
} {
  const senders = new Map<string, Count>();
  const accounts = new Map<string, Count>();
  const countOf = (counts: Map<string, Count>, key: string): Count => {
    const now = clock.monotonic();
    const known = counts.get(key);
    const count =
      known && known.until > now
        ? known
        : { until: now + windowMs, rows: 0, unrecorded: known?.unrecorded ?? 0 };
    // Re-inserted: the map's order is the order of use.
    counts.delete(key);
    counts.set(key, count);
    const oldest = counts.keys().next();
    if (counts.size > maxSenders && !oldest.done) counts.delete(oldest.value);
    return count;
  };
  return {
    charge(account, sender) {
      const own = countOf(senders, `${account}\0${sender}`);
      const all = countOf(accounts, account);
      if (own.rows >= rowsPerSender || all.rows >= rowsPerAccount) {
        own.unrecorded += 1;
        return { allowed: false };
      }
      own.rows += 1;
      all.rows += 1;
      const { unrecorded } = own;
      own.unrecorded = 0;
      return { allowed: true, unrecorded };
    },
  };
}
