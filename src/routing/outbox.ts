import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ChannelCapabilities, RunningChannel } from "../channels/contract.ts";
import type { DeliveryResult, DeliveryRow, Ledger } from "../ledger/contract.ts";

export interface OutboxDeps {
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
  /** The running account a target names; null when it is not running now. */
  find(
    channel: string,
    account: string,
  ): { running: RunningChannel; capabilities: ChannelCapabilities } | null;
  onSettled(row: DeliveryRow, result: DeliveryResult): void;
}

const firstRetryMs = 1000;
const lastRetryMs = 5 * 60_000;
const sendTimeoutMs = 60_000;

/** Milliseconds before try number `attempt` + 1: doubles from one second to five minutes, or what the platform asked. */
export function retryDelay(attempt: number, asked?: number): number {
  return Math.max(asked ?? 0, Math.min(lastRetryMs, firstRetryMs * 2 ** Math.max(0, attempt - 1)));
}

/** Sends what is committed in the ledger, in order per target, and records how each ended. */
export function createOutbox(deps: OutboxDeps): { wake(): void; stop(graceMs: number): Promise<void> } {
  const { ledger, clock, logger } = deps;
  const stopping = new AbortController();
  let stopped = false;
  const inFlight = new Set<Promise<void>>();
  let looking: Promise<void> | null = null;
  let again = false;
  let cancelTimer = () => {};

  function wake(): void {
    if (stopped) return;
    if (looking) {
      again = true;
      return;
    }
    looking = look()
      .catch((error: unknown) => logger.error("looking for deliveries failed", { error: messageOf(error) }))
      .finally(() => {
        looking = null;
        cancelTimer();
        if (again) {
          again = false;
          wake();
        } else {
          // Retries become due by time alone, so there is a look every second while anything is pending.
          cancelTimer = clock.after(
            ledger.deliveries({ state: "pending", limit: 1 }).length > 0 ? 1000 : 30_000,
            wake,
          );
        }
      });
  }

  async function look(): Promise<void> {
    while (!stopped) {
      const claimed = await ledger.claimDelivery(clock.now());
      if (!claimed) return;
      const sending: Promise<void> = deliver(claimed.row, claimed.ambiguous).finally(() => {
        inFlight.delete(sending);
        wake();
      });
      inFlight.add(sending);
    }
  }

  async function deliver(row: DeliveryRow, ambiguous: boolean): Promise<void> {
    const result = await attempt(row, ambiguous);
    try {
      await ledger.settleDelivery(
        row.id,
        result.kind === "retry" ? { ...result, afterMs: retryDelay(row.attempts, result.afterMs) } : result,
        clock.now(),
      );
      deps.onSettled(row, result);
    } catch (error) {
      logger.error("a delivery's end could not be recorded; it is settled at the next start", {
        key: row.key,
        error: messageOf(error),
      });
    }
  }

  async function attempt(row: DeliveryRow, ambiguous: boolean): Promise<DeliveryResult> {
    const found = deps.find(row.target.channel, row.target.account);
    if (!found)
      return {
        kind: "retry",
        error: `channel ${row.target.channel}/${row.target.account} is not running`,
        afterMs: 5000,
      };
    const { running: channel, capabilities } = found;
    if (ambiguous && capabilities.ambiguousSend === "unknown") {
      return {
        kind: "unknown",
        error: "the gateway died while sending this and the platform cannot be asked",
      };
    }
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(sendTimeoutMs)]);
    try {
      if (ambiguous && capabilities.ambiguousSend === "queryable") {
        const receipt = await channel.query?.(row.key, row.target.to, signal);
        if (receipt) return { kind: "sent", receipt: { ...receipt, settledBy: "query" } };
      }
      return await channel.send(
        {
          kind: "message",
          key: row.key,
          to: row.target.to,
          text: row.text,
          ...(row.target.threadId === undefined ? {} : { threadId: row.target.threadId }),
        },
        signal,
      );
    } catch (error) {
      // The platform may have it. Sending again is harmless only where it drops repeats or can be asked next time.
      if (capabilities.ambiguousSend === "unknown") return { kind: "unknown", error: messageOf(error) };
      return { kind: "retry", error: messageOf(error) };
    }
  }

  return {
    wake,
    /** No new sends; those in flight may settle for `graceMs`, then they are cut off and settled at the next start. */
    async stop(graceMs) {
      stopped = true;
      cancelTimer();
      await looking;
      const cut = clock.after(graceMs, () => stopping.abort(new Error("the gateway stopped")));
      await Promise.all(inFlight);
      cut();
    },
  };
}
