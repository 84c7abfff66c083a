import type { Clock } from "../core/clock.ts";
import { codeOf } from "../core/errors.ts";
import type { ProcessEnd, ProcessLimits } from "./run-process.ts";

/** How a process group of ours ends: by itself, at a limit, or because it was told to. */
export interface ProcessEnding {
  /** Asks the group to end, and ends it when it does not. */
  kill(): void;
  /** It printed more than it may. */
  tooMuch(): void;
  signalGroup(name: NodeJS.Signals): void;
  isOver(): boolean;
  /** It is gone: nothing is sent to its group any more. Null when that was known before. */
  finish(exit: Pick<ProcessEnd, "exitCode" | "signal">): ProcessEnd | null;
}

/** Watches the time limit and `signal` from now on. `gentle` is what asks the group first. */
export function watchEnding(options: {
  /** Also the id of its group. */
  pid: number;
  gentle: NodeJS.Signals;
  limits: ProcessLimits;
  clock: Clock;
  signal: AbortSignal | undefined;
  /** When it was begun, by the clock's monotonic time. */
  startedAt: number;
}): ProcessEnding {
  const { pid, limits, clock, signal } = options;
  const why = { timedOut: false, aborted: false, outputLimitHit: false };
  let over = false;
  let stopping = false;
  const cancels: Array<() => void> = [];
  const signalGroup = (name: NodeJS.Signals) => {
    if (over) return;
    try {
      process.kill(-pid, name);
    } catch (error) {
      // ESRCH: the group is gone already; EPERM: what is left belongs to somebody else by now.
      if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
    }
  };
  const kill = () => {
    if (stopping || over) return;
    stopping = true;
    signalGroup(options.gentle);
    cancels.push(clock.after(limits.killGraceMs ?? 2000, () => signalGroup("SIGKILL")));
  };
  const onAbort = () => {
    why.aborted = true;
    kill();
  };
  // Starting took its time.
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  if (limits.timeoutMs !== undefined) {
    cancels.push(
      clock.after(limits.timeoutMs, () => {
        why.timedOut = true;
        kill();
      }),
    );
  }
  return {
    kill,
    signalGroup,
    tooMuch() {
      why.outputLimitHit = true;
      kill();
    },
    isOver: () => over,
    finish(exit) {
      if (over) return null;
      over = true;
      for (const cancel of cancels) cancel();
      signal?.removeEventListener("abort", onAbort);
      return { ...exit, ...why, durationMs: Math.round(clock.monotonic() - options.startedAt) };
    },
  };
}
