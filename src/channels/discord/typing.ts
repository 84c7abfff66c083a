import type { Clock } from "../../core/clock.ts";

/** Discord shows it for ten seconds. */
const repeatMs = 8000;
/** Nobody writes for longer; whoever forgot to say so does not keep it up for ever. */
const longestMs = 5 * 60_000;

/** Keeps "is typing…" shown in the channels it was switched on for. */
export function createTyping(clock: Clock, show: (channel: string) => Promise<void>) {
  const active = new Map<string, () => void>();
  const stop = (channel: string) => {
    active.get(channel)?.();
    active.delete(channel);
  };
  return {
    async set(channel: string, on: boolean): Promise<void> {
      stop(channel);
      if (!on) return;
      const endsAt = clock.monotonic() + longestMs;
      const again = () => {
        if (clock.monotonic() >= endsAt) return stop(channel);
        // A failure is nobody's concern: the next one follows soon.
        show(channel).catch(() => undefined);
        active.set(channel, clock.after(repeatMs, again));
      };
      active.set(channel, clock.after(repeatMs, again));
      await show(channel);
    },
    stopAll(): void {
      for (const cancel of active.values()) cancel();
      active.clear();
    },
  };
}
