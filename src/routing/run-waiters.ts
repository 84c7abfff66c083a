import type { Clock } from "../core/clock.ts";
import type { RunOutcome } from "../core/outcome.ts";

/** Those who wait for the outcome of a run, by the id they know it by. */
export interface RunWaiters {
  /** Null when `timeoutMs` is over or `signal` aborts first. */
  wait(runId: string, timeoutMs: number, signal?: AbortSignal): Promise<RunOutcome | null>;
  tell(runId: string, outcome: RunOutcome): void;
}

export function createRunWaiters(clock: Clock): RunWaiters {
  const waiters = new Map<string, Set<(outcome: RunOutcome) => void>>();
  return {
    wait: (runId, timeoutMs, signal) =>
      new Promise((resolve) => {
        const done = (outcome: RunOutcome | null) => {
          cancel();
          signal?.removeEventListener("abort", onAbort);
          waiters.get(runId)?.delete(done);
          if (waiters.get(runId)?.size === 0) waiters.delete(runId);
          resolve(outcome);
        };
        const onAbort = () => done(null);
        const cancel = clock.after(timeoutMs, () => done(null));
        signal?.addEventListener("abort", onAbort, { once: true });
        const set = waiters.get(runId) ?? new Set();
        set.add(done);
        waiters.set(runId, set);
      }),
    tell(runId, outcome) {
      const waiting = waiters.get(runId);
      waiters.delete(runId);
      for (const resolve of waiting ?? []) resolve(outcome);
    },
  };
}
