import type { ChannelCapabilities, OutboundMedia, RunningChannel } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { DeliveryResult, DeliveryRow, DeliveryTarget, Ledger } from "../ledger/contract.ts";
import { within } from "./deadline.ts";
import type { MediaDesk } from "./outbox-media.ts";
import { createHolds } from "./outbox-holds.ts";
import { isRepeatable, outboundOf } from "./outbound.ts";

export interface OutboxDeps {
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
  media: MediaDesk;
  /** The running account a target names; null when it is not running now. */
  find(target: DeliveryTarget): { running: RunningChannel; capabilities: ChannelCapabilities } | null;
  onSettled(row: DeliveryRow, result: DeliveryResult): void;
  /** Milliseconds until the next message may follow one of an answer there; 0 for none. */
  pauseAfter?(target: DeliveryTarget): number;
  /** Resolves when nothing else changes the message of this delivery any more. */
  quiet(previewKey: string): Promise<void>;
}

export interface Outbox {
  /** Looks whether something is due: after a commit, when an account came up. */
  wake(): void;
  /** No new sends; those in flight may settle for `graceMs`, then they are cut off and settled at the next start. */
  stop(graceMs: number): Promise<void>;
}

const firstRetryMs = 1000;
const lastRetryMs = 5 * 60_000;
const sendTimeoutMs = 60_000;
const idleMs = 60_000;
/** After so many tries a file that cannot be had no longer holds up the text it belongs to. */
const mediaTries = 3;
/** Sends at a time per account, each to another chat: one slow chat must not hold up the others. */
const maxAtOnce = 8;

/** Milliseconds before try number `attempt` + 1: doubles from one second to five minutes, or what the platform asked. */
function retryDelay(attempt: number, asked?: number): number {
  return Math.max(
    asked ?? 0,
    Math.min(lastRetryMs, firstRetryMs * 2 ** Math.max(0, Math.min(attempt, 12) - 1)),
  );
}

/** Sends what is committed in the ledger, in order per chat, and records how each ended. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { ledger, clock, logger } = deps;
  const stopping = new AbortController();
  let stopped = false;
  const inFlight = new Map<Promise<void>, string>();
  let looking: Promise<void> | null = null;
  let again = false;
  let cancelTimer = () => {};
  const holds = createHolds(clock);

  const accountOf = ({ channel, account }: DeliveryTarget) => `${channel}\0${account}`;
  /** What cannot be served now stays pending and uses up no try. */
  function accepts(target: DeliveryTarget): boolean {
    if (!deps.find(target) || holds.isHeld(target)) return false;
    const account = accountOf(target);
    let busy = 0;
    for (const other of inFlight.values()) if (other === account) busy += 1;
    return busy < maxAtOnce;
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    if (looking) return;
    looking = look()
      .catch((error: unknown) => logger.error("looking for deliveries failed", { error: messageOf(error) }))
      .finally(() => {
        looking = null;
        if (stopped) return;
        if (again) return wake();
        cancelTimer();
        const due = Math.min(ledger.nextDeliveryAt(accepts) ?? Infinity, holds.nextAt() ?? Infinity);
        const wait = Math.min(idleMs, Math.max(20, due - clock.now()));
        cancelTimer = clock.after(wait, wake);
      });
  }

  async function look(): Promise<void> {
    again = false;
    while (!stopped) {
      const claimed = await ledger.claimDelivery(clock.now(), accepts);
      if (!claimed) return;
      const sending: Promise<void> = deliver(claimed.row, claimed.ambiguous).finally(() => {
        inFlight.delete(sending);
        wake();
      });
      inFlight.set(sending, accountOf(claimed.row.target));
    }
  }

  async function deliver(row: DeliveryRow, ambiguous: boolean): Promise<void> {
    const result = await attempt(row, ambiguous);
    const isMessage = (row.content?.kind ?? "message") === "message";
    if (result.kind === "sent" && row.runId !== null && isMessage)
      holds.chat(row.target, deps.pauseAfter?.(row.target) ?? 0);
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
    const found = deps.find(row.target);
    // It went away between claim and now. Not a try of the platform's.
    if (!found) return { kind: "retry", error: `${row.target.channel} stopped`, afterMs: 1000, ambiguous };
    const { running, capabilities } = found;
    const { ambiguousSend } = capabilities;
    const options = { clock, ms: sendTimeoutMs, signals: [stopping.signal] };
    const mustSettle = ambiguous && !isRepeatable(row);
    if (mustSettle && ambiguousSend === "unknown")
      return {
        kind: "unknown",
        error: row.lastError ?? "the gateway died while sending this and the platform cannot be asked",
      };
    if (mustSettle && ambiguousSend === "queryable") {
      try {
        const receipt = await within(
          options,
          async (signal) =>
            (await running.query?.(row.key, row.target.to, signal, row.target.threadId)) ?? null,
        );
        if (receipt) return { kind: "sent", receipt: { ...receipt, settledBy: "query" } };
      } catch (error) {
        return { kind: "retry", error: `asking the platform: ${messageOf(error)}`, ambiguous: true };
      }
    }
    const prepared = await prepare(row, capabilities).catch((error: unknown) => messageOf(error));
    if (typeof prepared === "string") {
      // The words were sent already; a voice that stays away is given up.
      const isSpeech = row.content?.kind === "message" && row.content.speech !== undefined;
      return { kind: isSpeech && row.attempts >= mediaTries ? "dead" : "retry", error: prepared };
    }
    try {
      const replaced = await replace(row, found, prepared);
      if (replaced) return replaced;
      const { can } = capabilities;
      const result = await within(options, (signal) =>
        running.send(outboundOf(row, { can, ...prepared }), signal),
      );
      if (result.kind === "retry" && result.everywhere) holds.account(row.target, result.afterMs ?? 0);
      return settle(result, row, ambiguousSend);
    } catch (error) {
      // It may have arrived: neither the adapter nor we know.
      return settle({ kind: "unknown", error: messageOf(error) }, row, ambiguousSend);
    }
  }

  /** Of a send nobody knows the end of: again where a repeat does no harm or can be asked about, else a question. */
  function settle(
    result: DeliveryResult,
    row: DeliveryRow,
    ambiguousSend: ChannelCapabilities["ambiguousSend"],
  ): DeliveryResult {
    if (result.kind !== "unknown") return result;
    if (isRepeatable(row)) return { kind: "retry", error: result.error };
    return ambiguousSend === "unknown" ? result : { kind: "retry", error: result.error, ambiguous: true };
  }

  async function prepare(
    row: DeliveryRow,
    capabilities: ChannelCapabilities,
  ): Promise<{ media: OutboundMedia[]; addresses: string[] }> {
    const speech = row.content?.kind === "message" ? row.content.speech : undefined;
    if (speech !== undefined) return { media: [await deps.media.speech(speech)], addresses: [] };
    const stored = row.content?.kind === "message" ? (row.content.media ?? []) : [];
    if (stored.length === 0 && !row.mediaUrls) return { media: [], addresses: [] };
    const urls = row.mediaUrls ?? [];
    return deps.media.prepare({ stored, urls, capabilities, isLastTry: row.attempts >= mediaTries });
  }

  /**
   * Puts the text in the place of an earlier message of ours (the preview of a streamed answer); null when there is
   * none, so that it is sent as a new one.
   */
  async function replace(
    row: DeliveryRow,
    { running, capabilities }: { running: RunningChannel; capabilities: ChannelCapabilities },
    { media, addresses }: { media: readonly OutboundMedia[]; addresses: readonly string[] },
  ): Promise<DeliveryResult | null> {
    if (row.content?.kind !== "message" || row.content.replaces === undefined) return null;
    await deps.quiet(row.content.replaces);
    const [preview] = ledger.deliveries({ key: row.content.replaces, limit: 1 });
    const receipt = preview?.state === "sent" ? preview.receipt : null;
    const messageId = isObject(receipt) ? receipt["messageId"] : undefined;
    if (typeof messageId !== "string" || !capabilities.can.includes("edit")) return null;
    const { target, content } = row;
    const place = {
      key: row.key,
      to: target.to,
      messageId,
      ...(target.threadId === undefined ? {} : { threadId: target.threadId }),
    };
    const options = { clock, ms: sendTimeoutMs, signals: [stopping.signal] };
    if (media.length > 0) {
      // A message of words cannot become one with a file: the new one comes, the old one goes.
      if (capabilities.can.includes("delete"))
        await within(options, (signal) => running.send({ ...place, kind: "delete" }, signal)).catch(
          (error: unknown) => logger.debug("a preview could not be removed", { error: messageOf(error) }),
        );
      return null;
    }
    const { buttons } = content;
    const text = [row.text, ...addresses].filter((line) => line !== "").join("\n");
    const result = await within(options, (signal) =>
      running.send({ ...place, kind: "edit", text, ...(buttons === undefined ? {} : { buttons }) }, signal),
    ).catch((error: unknown): DeliveryResult => ({ kind: "unknown", error: messageOf(error) }));
    // An edit done twice is an edit; one the platform refuses (somebody deleted it) leaves the answer to be sent anew.
    if (result.kind === "dead" && !/not modified/i.test(result.error)) return null;
    if (result.kind === "dead") return { kind: "sent", receipt: { messageId } };
    if (result.kind === "unknown") return { kind: "retry", error: result.error };
    return result.kind === "sent" ? { kind: "sent", receipt: { ...result.receipt, messageId } } : result;
  }

  return {
    wake,
    async stop(graceMs) {
      stopped = true;
      cancelTimer();
      await looking;
      const cut = clock.after(graceMs, () => stopping.abort(new Error("the gateway stopped")));
      await Promise.all(inFlight.keys());
      cut();
    },
  };
}
