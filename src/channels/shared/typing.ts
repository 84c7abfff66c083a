import type { Clock } from "../../core/clock.ts";

/** Nobody writes for longer; whoever forgot to say so does not keep it up for ever. */
const longestMs = 5 * 60_000;

/** Keeps "typing…" shown in the chats it was switched on for: told again every `repeatMs`, as the platform forgets it. */
export function createTyping(options: {
  clock: Clock;
  repeatMs: number;
  show: (to: string, threadId?: string) => Promise<void>;
}) {
  const { clock, repeatMs, show } = options;
  const active = new Map<string, () => void>();
  const stop = (key: string) => {
    active.get(key)?.();
    active.delete(key);
  };
  return {
    async set(to: string, on: boolean, threadId?: string): Promise<void> {
      const key = `${to} ${threadId ?? ""}`;
      stop(key);
      if (!on) return;
      const endsAt = clock.monotonic() + longestMs;
      const again = () => {
        if (clock.monotonic() >= endsAt) return stop(key);
        // A failure is nobody's concern: the next one follows soon.
        show(to, threadId).catch(() => undefined);
        active.set(key, clock.after(repeatMs, again));
      };
      active.set(key, clock.after(repeatMs, again));
      await show(to, threadId);
    },
    stopAll(): void {
      for (const cancel of active.values()) cancel();
      active.clear();
    },
  };
}
