import type { Clock } from "../core/clock.ts";

const everyMs = 1000;
const keep = 60;

export interface LoopDelay {
  /** Longest delay of a timer within the last minute, in milliseconds. */
  worstMs(): number;
  /** Delay at the last look. */
  lastMs(): number;
  stop(): void;
}

/** Measures how late timers fire: one timer a second, so that an idle gateway stays idle. */
export function watchLoopDelay(clock: Clock): LoopDelay {
  const delays: number[] = [];
  let cancel = () => {};
  const next = () => {
    const due = clock.monotonic() + everyMs;
    cancel = clock.after(everyMs, () => {
      delays.push(Math.max(0, clock.monotonic() - due));
      if (delays.length > keep) delays.shift();
      next();
    });
  };
  next();
  return {
    worstMs: () => Math.round(Math.max(0, ...delays)),
    lastMs: () => Math.round(delays.at(-1) ?? 0),
    stop: () => cancel(),
  };
}
