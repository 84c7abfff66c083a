import type { Clock } from "../core/clock.ts";
import { writeFileAtomicAsync } from "../state/index.ts";

const everyMs = 15_000;
const firstMs = 1000;

/** Keeps the last status on disk, for `openclaw status` while the gateway does not answer (issue section 7). */
export function keepStatusPage(options: { path: string; clock: Clock; make: () => object }): {
  stop(): Promise<void>;
} {
  const { path, clock, make } = options;
  let writing = Promise.resolve();
  const write = () =>
    // An idle machine's disk may sleep: the page is not synced, and a torn one counts as none.
    // A full disk must not hurt the gateway; the page then simply grows old, and says how old it is.
    (writing = writeFileAtomicAsync(path, `${JSON.stringify(make())}\n`, { durable: false }).catch(
      () => undefined,
    ));
  const loop = () => {
    void write().finally(() => (cancel = clock.after(everyMs, loop)));
  };
  let cancel = clock.after(firstMs, loop);
  return {
    async stop() {
      await writing;
      cancel();
      await write();
    },
  };
}
