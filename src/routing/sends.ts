import type { Clock } from "../core/clock.ts";
import { OpenClawError } from "../core/errors.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import type { DeliveryResult, DeliveryRow, Ledger } from "../ledger/contract.ts";
import type { SendRequest, Sent } from "./contract.ts";

const sendWaitMs = 30_000;

/** Sends asked for from inside (RPC, tools, commands): committed first, then waited for. */
export function createSends(deps: { ledger: Ledger; clock: Clock; wake(): void }) {
  const { ledger, clock } = deps;
  const waiting = new Map<string, Set<(result: DeliveryResult) => void>>();

  return {
    /** The outbox has ended a try; who waits for the end is told. */
    settled(row: DeliveryRow, result: DeliveryResult): void {
      if (result.kind === "retry") return;
      for (const resolve of waiting.get(row.key) ?? []) resolve(result);
      waiting.delete(row.key);
    },
    /** @throws OpenClawError SEND_PENDING when it is not sent within 30 s; SEND_FAILED when it never will be. */
    async send(
      request: SendRequest & { channel: string; account: string },
      signal?: AbortSignal,
    ): Promise<Sent> {
      const { key, channel, account, to, threadId, text, mediaUrls, content } = request;
      const done = Promise.withResolvers<DeliveryResult | null>();
      const set = waiting.get(key) ?? new Set();
      set.add(done.resolve);
      waiting.set(key, set);
      const cancel = clock.after(sendWaitMs, () => done.resolve(null));
      const onAbort = () => done.resolve(null);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        const { row } = await ledger.enqueueDelivery({
          key,
          runId: null,
          target: { channel, account, to, ...(threadId === undefined ? {} : { threadId }) },
          text,
          ...(mediaUrls === undefined ? {} : { mediaUrls }),
          ...(content === undefined ? {} : { content }),
        });
        const known = endOf(row);
        deps.wake();
        const result = known ?? (await done.promise);
        return receiptOf(request, result ?? { kind: "retry", error: lastErrorOf(ledger, key) });
      } finally {
        cancel();
        signal?.removeEventListener("abort", onAbort);
        set.delete(done.resolve);
        if (set.size === 0) waiting.delete(key);
      }
    },
  };
}

/** How a delivery that was asked for before ended. */
function endOf(row: DeliveryRow): DeliveryResult | null {
  if (row.state === "sent") return { kind: "sent", receipt: row.receipt ?? {} };
  if (row.state === "dead" || row.state === "unknown")
    return { kind: row.state, error: row.lastError ?? row.state };
  return null;
}

const lastErrorOf = (ledger: Ledger, key: string): string =>
  ledger.deliveries({ key, limit: 1 })[0]?.lastError ?? "none";

function receiptOf({ key, channel, account }: SendRequest, result: DeliveryResult): Sent {
  if (result.kind === "sent")
    return {
      key,
      channel: channel ?? "",
      account: account ?? "",
      messageId: messageIdOf(result.receipt) ?? key,
      receipt: result.receipt,
    };
  const hint = `openclaw why ${key}`;
  if (result.kind === "retry")
    throw new OpenClawError(
      "SEND_PENDING",
      `the message is in the outbox and not yet sent (last error: ${result.error})`,
      { retryable: true, hint },
    );
  throw new OpenClawError("SEND_FAILED", result.error, {
    hint:
      result.kind === "unknown" ? `look whether it arrived, then: openclaw outbox retry|drop ${key}` : hint,
  });
}

function messageIdOf(receipt: JsonObject): string | null {
  const id = isObject(receipt) ? receipt["messageId"] : null;
  return typeof id === "string" ? id : null;
}
