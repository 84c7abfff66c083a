import type { Clock } from "../core/clock.ts";

/**
 * Runs `task` with a signal that aborts after `ms` of `clock`, or with one of `signals`.
 * Rejects with the signal's reason, also when the task does not listen.
 */
export async function within<T>(
  options: { clock: Clock; ms: number; signals?: readonly AbortSignal[] },
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const cancel = options.clock.after(options.ms, () =>
    late.abort(new Error(`no answer within ${Math.round(options.ms / 1000)} s`)),
  );
  const signal = AbortSignal.any([late.signal, ...(options.signals ?? [])]);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([task(signal), aborted.promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
