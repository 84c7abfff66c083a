import { messageOf } from "../../core/errors.ts";
import type { Clock } from "../../core/clock.ts";
import type { ChannelProbe } from "../contract.ts";

/** Times `ask`, which resolves with who we are there, where that can be known, or rejects with why the platform does not serve us. */
export async function probe(clock: Clock, ask: () => Promise<string | undefined>): Promise<ChannelProbe> {
  const started = clock.monotonic();
  const elapsed = () => Math.round(clock.monotonic() - started);
  try {
    const identity = await ask();
    return {
      ok: true,
      state: "connected",
      elapsedMs: elapsed(),
      ...(identity === undefined ? {} : { identity }),
    };
  } catch (error) {
    return { ok: false, state: "disconnected", error: messageOf(error), elapsedMs: elapsed() };
  }
}
