import type { Clock } from "../../src/core/clock.ts";

/** A clock that moves only when told. */
export interface ManualClock extends Clock {
  /** Moves on by `ms` and runs what became due, in order. */
  advance(ms: number): void;
}

export function manualClock(start = Date.UTC(2026, 10, 21, 12)): ManualClock {
  let now = start;
  let timers: Array<{ at: number; task: () => void }> = [];
  return {
    now: () => now,
    monotonic: () => now - start,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers = timers.filter((timer) => timer !== due);
        now = Math.max(now, due.at);
        due.task();
      }
      now = end;
    },
  };
}
