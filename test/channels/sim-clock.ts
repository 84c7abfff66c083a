import { setTimeout as realDelay } from "node:timers/promises";
import type { Clock } from "../../src/core/clock.ts";

/** Time that goes on only when nothing else does: a day of waiting takes the seconds its work takes. */
export interface SimClock extends Clock {
  /**
   * Lets time pass until `done`, jumping from timer to timer whenever sockets, files and code are quiet. Throws with
   * `what` when `limitMs` of simulated time pass first (default ten minutes) or nothing is left to wait for.
   */
  until(what: string, done: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** Lets exactly `ms` pass, doing all that becomes due. */
  pass(ms: number): Promise<void>;
  /** Resolves with the promise's value, letting time pass meanwhile. */
  during<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Real timers and `Date` of this process again, where they were replaced. */
  release(): void;
}

export interface SimClockOptions {
  /** Epoch milliseconds at the beginning. */
  start?: number;
  /** Turns of the event loop without activity that count as quiet. */
  quietTurns?: number;
  /** Something is going on that this process cannot see. */
  busy?: () => boolean;
  /** Also drive `setTimeout`, `setInterval`, `Date` and `AbortSignal.timeout` of this process. */
  replaceTimers?: boolean;
}

interface Timer {
  at: number;
  order: number;
  task: () => void;
}

const midday = Date.UTC(2026, 10, 21, 12);
const tenMinutes = 600_000;
/** Requests of this process to its own machinery that end by themselves in a moment. */
const working =
  /^(?:FSReq|CloseReq|FileHandleClose|GetAddrInfo|TCPConnect|PipeConnect|Zlib|RandomBytes|PBKDF2|Scrypt|SignRequest|KeyPair)/;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createSimClock(options: SimClockOptions = {}): SimClock {
  const start = options.start ?? midday;
  const quietTurns = options.quietTurns ?? 12;
  let now = start;
  let order = 0;
  let activity = 0;
  const timers = new Set<Timer>();

  function after(ms: number, task: () => void): () => void {
    const timer = { at: now + Math.max(0, Number.isFinite(ms) ? ms : 2 ** 45), order: order++, task };
    timers.add(timer);
    activity++;
    return () => void (timers.delete(timer) && activity++);
  }

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers)
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    return first;
  }

  async function quiet(): Promise<void> {
    let seen = activity;
    const began = process.hrtime.bigint();
    for (let idle = 0, turns = 0; idle < quietTurns; turns++) {
      // A disk takes its time: no need to ask it a thousand times a second. Once it has answered, turns count again.
      if (turns > 500 && idle === 0) {
        await realDelay(1);
        // For what never becomes quiet, e.g. a file watched for ever.
        if (process.hrtime.bigint() - began > 5_000_000_000n) return;
      } else await turn();
      const going =
        seen !== activity ||
        options.busy?.() ||
        process.getActiveResourcesInfo().some((name) => working.test(name));
      idle = going ? 0 : idle + 1;
      seen = activity;
    }
  }

  async function until(
    what: string,
    done: () => boolean | Promise<boolean>,
    limitMs = tenMinutes,
  ): Promise<void> {
    const end = now + limitMs;
    for (let waited = 0; ;) {
      await quiet();
      if (await done()) return;
      const timer = next();
      // Work that cannot be seen from here, e.g. of a thread: it ends by itself.
      if (!timer && waited++ < 1000) {
        await realDelay(5);
        continue;
      }
      waited = 0;
      if (!timer) throw new Error(`nothing is left to wait for, and still not: ${what}`);
      if (timer.at > end) throw new Error(`after ${limitMs / 1000} simulated seconds still not: ${what}`);
      timers.delete(timer);
      now = Math.max(now, timer.at);
      activity++;
      timer.task();
    }
  }

  const clock: SimClock = {
    now: () => now,
    monotonic: () => now - start,
    after,
    until,
    async pass(ms) {
      let over = false;
      after(ms, () => (over = true));
      await until(`${ms} ms to pass`, () => over, ms);
    },
    async during(what, promise, limitMs) {
      let ended = false;
      const end = () => void (ended = true);
      promise.then(end, end);
      await until(what, () => ended, limitMs);
      return promise;
    },
    release: () => {},
  };
  if (options.replaceTimers) clock.release = replaceTimers(clock);
  return clock;
}

/** Puts the clock in the place of the timers of this process; returns the function that takes it out again. */
function replaceTimers(clock: Clock): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval, Date: RealDate } = globalThis;
  const realAbort = AbortSignal.timeout.bind(AbortSignal);
  class Handle {
    cancel: () => void = () => {};
    readonly again: (() => void) | undefined;
    constructor(again?: () => void) {
      this.again = again;
    }
    ref(): this {
      return this;
    }
    unref(): this {
      return this;
    }
    hasRef(): boolean {
      return false;
    }
    refresh(): this {
      this.cancel();
      this.again?.();
      return this;
    }
    close(): this {
      this.cancel();
      return this;
    }
    [Symbol.dispose](): void {
      this.cancel();
    }
  }
  const later = (task: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle: Handle = new Handle(() => (handle.cancel = clock.after(ms, () => task(...args))));
    return handle.refresh();
  };
  const every = (task: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle: Handle = new Handle(() => {
      handle.cancel = clock.after(Math.max(1, ms), () => {
        handle.refresh();
        task(...args);
      });
    });
    return handle.refresh();
  };
  const cancel = (real: (id: never) => void) => (handle: unknown) =>
    handle instanceof Handle ? handle.cancel() : real(handle as never);
  class SimDate extends RealDate {
    constructor(...args: [] | [number | string | Date]) {
      super(...((args.length === 0 ? [clock.now()] : args) as [number]));
    }
    static override now(): number {
      return clock.now();
    }
  }
  Object.assign(globalThis, {
    setTimeout: later,
    setInterval: every,
    clearTimeout: cancel(clearTimeout),
    clearInterval: cancel(clearInterval),
    Date: SimDate,
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    clock.after(ms, () => controller.abort(new DOMException("The operation timed out", "TimeoutError")));
    return controller.signal;
  };
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, Date: RealDate });
    AbortSignal.timeout = realAbort;
  };
}

/** The same waiting in real time, for what has a clock of its own. */
export function createRealClock(): SimClock {
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const after = (ms: number, task: () => void) => {
    const timer = setTimeout(task, Math.min(ms, 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  };
  const clock: SimClock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after,
    async until(what, done, limitMs = 15_000) {
      const end = performance.now() + Math.min(limitMs, 15_000);
      while (!(await done())) {
        if (performance.now() > end) throw new Error(`after 15 seconds still not: ${what}`);
        await pause(5);
      }
    },
    pass: (ms) => pause(Math.min(ms, 200)),
    async during(what, promise) {
      let ended = false;
      const end = () => void (ended = true);
      promise.then(end, end);
      await clock.until(what, () => ended);
      return promise;
    },
    release: () => {},
  };
  return clock;
}
