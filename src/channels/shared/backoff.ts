/** Growing waits between tries: doubled each time up to a cap, and up to a half shorter so that nobody marches in step. */
export function createBackoff(options: { firstMs: number; capMs: number; random?: () => number }) {
  const random = options.random ?? Math.random;
  let failures = 0;
  return {
    /** Milliseconds to wait after one more failure, and at least `atLeastMs`. */
    next(atLeastMs = 0): number {
      const full = Math.min(options.capMs, options.firstMs * 2 ** Math.min(failures, 20));
      failures += 1;
      return Math.max(atLeastMs, Math.round(full * (1 - random() / 2)));
    },
    reset(): void {
      failures = 0;
    },
  };
}
