import type { Clock } from "../../core/clock.ts";

interface Bucket {
  remaining: number;
  /** Monotonic milliseconds at which it is full again. */
  resetAt: number;
}

const most = 500;

/**
 * Discord's rate limits: each route belongs to a bucket that the answers name, per channel or server, and there is one
 * limit over everything. Keeping to them is asked for: a bot that runs into too many 429 is shut out.
 */
export function createRateLimits(clock: Clock) {
  const bucketOf = new Map<string, string>();
  const buckets = new Map<string, Bucket>();
  let everythingAt = 0;

  function prune(): void {
    const now = clock.monotonic();
    if (buckets.size > most)
      for (const [key, bucket] of buckets) if (bucket.resetAt <= now) buckets.delete(key);
    for (const key of bucketOf.keys()) {
      if (bucketOf.size <= most) return;
      bucketOf.delete(key);
    }
  }

  const find = (route: string) => buckets.get(bucketOf.get(route) ?? "");

  return {
    /** Milliseconds until a call of the route may be made; takes its place in the bucket when that is now. */
    take(route: string): number {
      const now = clock.monotonic();
      if (everythingAt > now) return everythingAt - now;
      const bucket = find(route);
      if (!bucket || bucket.resetAt <= now) return 0;
      if (bucket.remaining <= 0) return bucket.resetAt - now;
      bucket.remaining -= 1;
      return 0;
    },
    /** What an answer says about the route. */
    note(route: string, answer: { headers: Headers; retryAfterMs?: number }): void {
      const { headers, retryAfterMs } = answer;
      const now = clock.monotonic();
      if (retryAfterMs !== undefined && headers.get("x-ratelimit-scope") === "global")
        everythingAt = Math.max(everythingAt, now + retryAfterMs);
      const name = headers.get("x-ratelimit-bucket");
      if (name === null) return;
      const key = `${name} ${majorOf(route)}`;
      bucketOf.set(route, key);
      const resetAfter = Number(headers.get("x-ratelimit-reset-after") ?? 0) * 1000;
      const remaining = Number(headers.get("x-ratelimit-remaining") ?? 1);
      if (retryAfterMs !== undefined) buckets.set(key, { remaining: 0, resetAt: now + retryAfterMs });
      else if (Number.isFinite(resetAfter) && Number.isFinite(remaining)) {
        const known = buckets.get(key);
        // Answers can overtake each other: within one period the smaller number is the newer.
        const fresh = !known || known.resetAt <= now;
        buckets.set(key, {
          remaining: fresh ? remaining : Math.min(known.remaining, remaining),
          resetAt: now + resetAfter,
        });
      }
      prune();
    },
  };
}

/** Method and path with the ids that do not matter for limits taken out. */
export function routeOf(method: string, path: string): string {
  const [kind = "", major = "", ...rest] = path.split("/").filter((part) => part !== "");
  const general = rest.map((part, index) =>
    /^\d{5,}$/.test(part) ? ":id" : rest[index - 1] === "reactions" ? ":emoji" : part,
  );
  const own = kind === "interactions" ? ["", ""] : [major, ...general];
  return `${method} /${[kind, ...own].join("/")}`;
}

function majorOf(route: string): string {
  return /^\w+ \/(?:channels|guilds|webhooks)\/[^/]+/.exec(route)?.[0].replace(/^\w+ /, "") ?? "";
}
