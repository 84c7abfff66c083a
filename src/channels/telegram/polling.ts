import type { Update } from "grammy/types";
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext } from "../contract.ts";
import { createBackoff } from "../shared/index.ts";
import type { TelegramApi } from "./api.ts";
import { troubleOf, TelegramFailure } from "./failure.ts";
import { updateKinds } from "./inbound.ts";
import { albumOf, endsInAlbum, unitsOf, type Unit } from "./intake.ts";

/** Long enough to be cheap, short enough that proxies on the way do not cut it. */
const waitSeconds = 25;
/** An answer that is this late will not come: the connection is half-open. */
const graceMs = 10_000;
const albumWaitMs = 600;
const batchSize = 100;

/**
 * Asks for updates until the signal aborts, or until asking is useless: then it resolves, having said so. An update is
 * confirmed (by asking for the next one) only after its events were committed; after a crash Telegram sends the others
 * again.
 */
export async function poll(options: {
  api: TelegramApi;
  context: Pick<ChannelContext, "account" | "clock" | "proved" | "trouble">;
  signal: AbortSignal;
  take: (unit: Unit) => Promise<void>;
}): Promise<void> {
  const { api, context, signal, take } = options;
  const { clock } = context;
  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  const conflictBackoff = createBackoff({ firstMs: 15_000, capMs: 60_000 });
  let offset: number | undefined;
  /** Handed in, but not confirmed yet, because an earlier one was not. */
  const taken = new Set<number>();
  let contested = false;

  async function ask(seconds: number): Promise<Update[]> {
    const updates = await api.call(
      (raw, callSignal) =>
        raw.getUpdates(
          {
            timeout: seconds,
            limit: batchSize,
            allowed_updates: updateKinds,
            ...(offset === undefined ? {} : { offset }),
          },
          callSignal,
        ),
      { signal, timeoutMs: seconds * 1000 + graceMs },
    );
    // An answer to a short poll says nothing of whether the other one is still there.
    if (!contested) context.proved("receive");
    return updates;
  }

  /** The parts of an album come one by one: what is not confirmed can be asked for again, until no more come. */
  async function whole(updates: Update[]): Promise<Update[]> {
    let seen = updates;
    while (endsInAlbum(seen) && seen.length < batchSize) {
      await sleep(clock, albumWaitMs, signal);
      const again = await ask(0);
      if (again.length <= seen.length) return again;
      seen = again;
    }
    const last = seen.at(-1);
    if (seen.length < batchSize || !last || !endsInAlbum(seen)) return seen;
    const cut = seen.findIndex((update) => albumOf(update) === albumOf(last));
    return cut > 0 ? seen.slice(0, cut) : seen;
  }

  async function round(): Promise<void> {
    // While somebody else polls too, a long poll of ours would only cut theirs off.
    const updates = await whole(await ask(contested ? 0 : waitSeconds));
    if (!contested) conflictBackoff.reset();
    contested = false;
    for (const unit of unitsOf(updates)) {
      if (unit.every((update) => taken.has(update.update_id))) continue;
      signal.throwIfAborted();
      await take(unit);
      for (const update of unit) taken.add(update.update_id);
    }
    const last = updates.at(-1);
    if (last) offset = Math.max(offset ?? 0, last.update_id + 1);
    taken.clear();
    backoff.reset();
  }

  while (!signal.aborted) {
    try {
      await round();
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof TelegramFailure ? error : null;
      const conflict = failure?.status === 409;
      const waitMs = conflict ? conflictBackoff.next() : backoff.next(failure?.retryAfterMs);
      const trouble = failure
        ? troubleOf(failure, { account: context.account, now: clock.now() })
        : { code: "NOT_STORED", message: `a message could not be stored: ${messageOf(error)}` };
      context.trouble({
        ...(trouble ?? { code: "PLATFORM_ERROR", message: failure?.message ?? "" }),
        ...(trouble?.fatal ? {} : { retryAt: clock.now() + waitMs }),
      });
      if (trouble?.fatal) return;
      contested = conflict;
      await pause(waitMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    await sleep(clock, ms, signal).catch(() => undefined);
  }
}
