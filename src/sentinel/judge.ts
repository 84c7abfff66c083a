import type { Condition, Look, Notice } from "./contract.ts";

/** What the sentinel remembers between two looks. */
export interface Memory {
  /** The condition the operator was told of last and that is not over; null when all is well. */
  told: Condition | null;
  /** Epoch milliseconds of the first look that found it so. */
  since: number;
}

export const nothingTold: Memory = { told: null, since: 0 };

export function isBad(condition: Condition): condition is "dead" | "hung" | "looping" {
  return condition === "dead" || condition === "hung" || condition === "looping";
}

/**
 * What the operator has to be told after a look: a condition once, and once that it is over. `next` is what to
 * remember when the notice went out; when it did not, the next look tries again.
 */
export function judge(
  memory: Memory,
  look: Look,
  place: { host: string; profile: string; now: number; since: number },
): { notice: Notice | null; next: Memory } {
  const { host, profile, now } = place;
  const which = profile === "default" ? host : `${host} (profile ${profile})`;
  const make = (event: Notice["event"], text: string, since: number): Notice => ({
    event,
    text,
    detail: look.detail,
    host,
    profile,
    pid: look.pid,
    port: look.port,
    at: now,
    since,
  });
  if (isBad(look.condition)) {
    if (memory.told === look.condition) return { notice: null, next: memory };
    const text = `OpenClaw gateway on ${which} is ${look.condition}: ${look.detail}. To see more: openclaw gateway status`;
    return {
      notice: make(`gateway.${look.condition}`, text, place.since),
      next: { told: look.condition, since: place.since },
    };
  }
  if (memory.told === null) return { notice: null, next: nothingTold };
  const minutes = Math.max(1, Math.round((now - memory.since) / 60_000));
  const how = look.condition === "ok" ? "works again" : "was stopped";
  const text = `OpenClaw gateway on ${which} ${how}: ${look.detail}. It was ${memory.told} for about ${minutes} min.`;
  return { notice: make("gateway.recovered", text, memory.since), next: nothingTold };
}
