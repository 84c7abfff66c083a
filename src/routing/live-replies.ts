import type {
  ChannelCapabilities,
  InboundMessageEvent,
  Outbound,
  RunningChannel,
} from "../channels/contract.ts";
import { splitMarkdown } from "../channels/split/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { DeliveryTarget, Ledger } from "../ledger/contract.ts";
import type { ChannelAccount } from "./account.ts";
import type { RunService } from "./contract.ts";
import { acknowledgement, type AckSettings } from "./ack-reaction.ts";
import { previewKey, type ReplyStyle } from "./reply-deliveries.ts";

export interface LiveReplySettings {
  ack: AckSettings;
  /** Milliseconds between two signs of writing; 0 sends none. */
  typingIntervalMs: number;
  styleOf(target: DeliveryTarget): ReplyStyle;
  /** Whether answers of this session are sent there at all. */
  mayAnswer?(sessionKey: string, target: DeliveryTarget): boolean;
}

interface Found {
  running: RunningChannel;
  capabilities: ChannelCapabilities;
}

interface LiveRun {
  target: DeliveryTarget;
  style: ReplyStyle;
  stopTyping(): void;
  /** What the preview shall say; null until there is enough. */
  wanted: string | null;
  shown: string | null;
  busy: Promise<void> | null;
  cancelNext(): void;
  over: boolean;
}

/**
 * Before a preview appears and between two edits of it, where the style does not say: an answer that is there by then
 * needs none, and platforms limit edits to about one a second.
 */
const previewEveryMs = 1500;
const editTimeoutMs = 15_000;

/**
 * What people see of an answer before it is there: the acknowledging reaction, the sign of writing, the preview that
 * grows. All of it is worth nothing by itself: it is neither retried nor kept, except the one message the preview
 * stands in, which is a delivery like any other so that the answer can take its place.
 */
export function createLiveReplies(deps: {
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
  find(target: { channel: string; account: string }): Found | null;
  settings: () => LiveReplySettings;
}) {
  const { ledger, clock, logger } = deps;
  /** Null for a run whose answer goes to no channel: every word of it must not ask the ledger again. */
  const live = new Map<string, LiveRun | null>();
  let wake = () => {};

  /** Best effort: a failure is nobody's concern. */
  async function attempt(target: { channel: string; account: string }, message: Outbound): Promise<boolean> {
    const found = deps.find(target);
    if (!found) return false;
    const late = new AbortController();
    const cancel = clock.after(editTimeoutMs, () => late.abort(new Error("no answer")));
    try {
      return (await found.running.send(message, late.signal)).kind === "sent";
    } catch (error) {
      logger.debug("a passing sign could not be sent", { kind: message.kind, error: messageOf(error) });
      return false;
    } finally {
      cancel();
    }
  }

  function keepTyping(target: DeliveryTarget): () => void {
    const everyMs = deps.settings().typingIntervalMs;
    if (everyMs <= 0) return () => {};
    const sign = (on: boolean) => {
      deps
        .find(target)
        ?.running.typing?.(target.to, on, target.threadId)
        .catch((error: unknown) => logger.debug("typing was not shown", { error: messageOf(error) }));
    };
    let cancel = () => {};
    const again = () => {
      sign(true);
      cancel = clock.after(everyMs, again);
    };
    again();
    return () => {
      cancel();
      sign(false);
    };
  }

  function begin({ runId, sessionKey }: RunEvent): LiveRun | null {
    const known = live.get(runId);
    if (known !== undefined) return known;
    const target = ledger.replyTarget(runId);
    if (!target || deps.settings().mayAnswer?.(sessionKey, target) === false) {
      live.set(runId, null);
      return null;
    }
    const found = deps.find(target);
    const style = deps.settings().styleOf(target);
    const run: LiveRun = {
      target,
      style:
        found?.capabilities.can.includes("edit") && !found.capabilities.fewEdits
          ? style
          : { ...style, preview: false },
      stopTyping: keepTyping(target),
      wanted: null,
      shown: null,
      busy: null,
      cancelNext: () => {},
      over: false,
    };
    live.set(runId, run);
    return run;
  }

  function grow(runId: string, run: LiveRun, text: string): void {
    if (!run.style.preview || run.over || text.trim() === "") return;
    run.wanted = splitMarkdown(text, run.style.limit)[0] ?? null;
    if (!run.busy && run.shown !== run.wanted) run.busy = show(runId, run);
  }

  /** Resolves after the interval of the preview, or at once when the run is over. */
  function pause(run: LiveRun): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(run.style.previewEveryMs ?? previewEveryMs, resolve);
      run.cancelNext = () => {
        cancel();
        resolve();
      };
      if (run.over) run.cancelNext();
    });
  }

  /** One change of the preview at a time, and not more than one per interval. */
  async function show(runId: string, run: LiveRun): Promise<void> {
    if (run.shown === null) await pause(run);
    if (!run.over) {
      const text = run.wanted ?? "";
      try {
        await (run.shown === null ? first(runId, run, text) : change(runId, run, text));
        run.shown = text;
      } catch (error) {
        logger.debug("a preview could not be shown", { runId, error: messageOf(error) });
      }
      await pause(run);
    }
    run.busy = null;
    if (!run.over && run.wanted !== run.shown) run.busy = show(runId, run);
  }

  async function first(runId: string, run: LiveRun, text: string): Promise<void> {
    await ledger.enqueueWhileRunning({ key: previewKey(runId), runId, target: run.target, text });
    wake();
  }

  async function change(runId: string, run: LiveRun, text: string): Promise<void> {
    const [preview] = ledger.deliveries({ key: previewKey(runId), limit: 1 });
    const messageId = isObject(preview?.receipt) ? preview.receipt["messageId"] : undefined;
    if (preview?.state !== "sent" || typeof messageId !== "string") return;
    const { to, threadId } = run.target;
    await attempt(run.target, {
      kind: "edit",
      key: `${previewKey(runId)}:${clock.now()}`,
      to,
      messageId,
      text,
      ...(threadId === undefined ? {} : { threadId }),
    });
  }

  async function end(event: Extract<RunEvent, { type: "finished" }>): Promise<void> {
    const run = live.get(event.runId);
    if (!run) return void live.delete(event.runId);
    run.over = true;
    run.stopTyping();
    run.cancelNext();
    await run.busy;
    live.delete(event.runId);
    const { outcome } = event;
    const isSilent = outcome.status === "ok" && outcome.payloads.length === 0;
    if (isSilent) await withdraw(event.runId, run.target);
  }

  /** The agent chose to say nothing: what the preview had said goes too. */
  async function withdraw(runId: string, target: DeliveryTarget): Promise<void> {
    const [preview] = ledger.deliveries({ key: previewKey(runId), limit: 1 });
    const messageId = isObject(preview?.receipt) ? preview.receipt["messageId"] : undefined;
    if (!preview) return;
    if (preview.state === "pending") await ledger.decideDelivery(preview.key, "drop", clock.now());
    if (typeof messageId === "string")
      await attempt(target, { kind: "delete", key: `${preview.key}:gone`, to: target.to, messageId });
  }

  function onEvent(event: RunEvent): void {
    switch (event.type) {
      case "started":
        if (event.unasked) live.set(event.runId, null);
        else begin(event);
        return;
      case "text": {
        const run = begin(event);
        if (run) grow(event.runId, run, event.text);
        return;
      }
      case "finished": {
        acks.ended(event.runId);
        end(event).catch((error: unknown) =>
          logger.warn("the end of a live answer failed", { error: messageOf(error) }),
        );
        return;
      }
      default:
    }
  }

  const acks = acknowledgement({ attempt, settings: () => deps.settings().ack });

  return {
    /** Follows the runs until the returned function is called. */
    follow(runs: RunService, onPreview: () => void): () => void {
      wake = onPreview;
      const stop = runs.subscribe((event) => onEvent(event));
      return () => {
        stop();
        for (const run of live.values()) {
          if (!run) continue;
          run.over = true;
          run.stopTyping();
          run.cancelNext();
        }
        live.clear();
      };
    },
    accepted: (account: ChannelAccount, event: InboundMessageEvent) => acks.accepted(account, event),
    /** Resolves when no edit of this preview is under way. */
    async quiet(key: string): Promise<void> {
      for (const [runId, run] of live) {
        if (!run || previewKey(runId) !== key) continue;
        run.over = true;
        run.cancelNext();
        await run.busy;
      }
    },
  };
}
