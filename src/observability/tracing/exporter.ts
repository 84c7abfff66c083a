import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Finding, HealthSource } from "../health.ts";
import { otlpJson } from "./otlp-json.ts";
import type { Attributes, Span } from "./span.ts";

/** What the collector said to one batch. */
export interface SendAnswer {
  /** HTTP status. */
  status: number;
  /** Milliseconds it asked to wait (`Retry-After`). */
  retryAfterMs?: number;
  /** Spans it refused although it took the batch (`partialSuccess.rejectedSpans`). */
  rejected?: number;
}

export interface ExporterOptions {
  clock: Clock;
  logger: Logger;
  /** Says who tells: `service.name` and the like. */
  resource: Attributes;
  /** Posts one body; rejects when nobody answered. */
  send: (body: string, signal: AbortSignal) => Promise<SendAnswer>;
  /** Milliseconds a span waits for company. */
  flushMs: number;
  /** Where it goes, for messages. Without credentials. */
  endpoint: string;
}

export interface ExporterStats {
  exported: number;
  dropped: number;
  queued: number;
}

/** Takes finished spans and posts them in the background; never blocks and never throws. */
export interface SpanExporter {
  add(span: Span): void;
  stats(): ExporterStats;
  /** Says `traces-not-exported` while the collector does not take them. */
  health: HealthSource;
  /** Sends what waits for at most `graceMs`; what is left then is counted as dropped. */
  close(graceMs: number): Promise<void>;
}

const maxQueue = 2048;
const maxBatch = 256;
const firstRetryMs = 1000;
const lastRetryMs = 60_000;
/** Statuses that OTLP calls retryable; with any other the batch would be refused again. */
const retryable = new Set([429, 502, 503, 504]);

/** A bounded queue of spans in front of a collector. When it is full the newest are dropped and counted. */
export function createSpanExporter(options: ExporterOptions): SpanExporter {
  const { clock, logger, endpoint } = options;
  const queue: Span[] = [];
  const closing = new AbortController();
  let exported = 0;
  let dropped = 0;
  let failing: { since: number; why: string; tries: number } | null = null;
  let sending: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;
  let closed = false;

  function plan(ms: number): void {
    if (closed || cancelTimer !== null) return;
    cancelTimer = clock.after(ms, () => {
      cancelTimer = null;
      void flush();
    });
  }

  function flush(): Promise<void> {
    sending ??= sendBatch().then((waitMs) => {
      sending = null;
      if (queue.length > 0) plan(waitMs);
      return undefined;
    });
    return sending;
  }

  /** @returns milliseconds until the next batch may go. */
  async function sendBatch(): Promise<number> {
    const batch = queue.slice(0, maxBatch);
    if (batch.length === 0) return options.flushMs;
    const taken = (count: number) => void queue.splice(0, count);
    let waitMs: number | undefined;
    try {
      const answer = await options.send(otlpJson(batch, options.resource), closing.signal);
      if (answer.status >= 200 && answer.status < 300) {
        const rejected = Math.min(batch.length, answer.rejected ?? 0);
        taken(batch.length);
        exported += batch.length - rejected;
        dropped += rejected;
        if (rejected > 0) fails(`it refused ${rejected} of ${batch.length} spans`);
        else recovers();
        return queue.length >= maxBatch ? 0 : options.flushMs;
      }
      if (!retryable.has(answer.status)) {
        taken(batch.length);
        dropped += batch.length;
      } else waitMs = answer.retryAfterMs;
      fails(`it answered HTTP ${answer.status}`);
    } catch (error) {
      if (!closing.signal.aborted) fails(messageOf(error));
    }
    const backoff = firstRetryMs * 2 ** Math.min(10, (failing?.tries ?? 1) - 1);
    return Math.min(lastRetryMs, Math.max(waitMs ?? 0, backoff));
  }

  function fails(why: string): void {
    if (failing === null)
      logger.warn("traces cannot be exported; the gateway works on without them", { endpoint, error: why });
    failing = { since: failing?.since ?? clock.now(), why, tries: (failing?.tries ?? 0) + 1 };
  }

  function recovers(): void {
    if (failing !== null) logger.info("traces are exported again", { endpoint, dropped });
    failing = null;
  }

  return {
    add(span) {
      if (closed || queue.length >= maxQueue) {
        dropped += 1;
        return;
      }
      queue.push(span);
      if (queue.length === maxBatch && failing === null) {
        cancelTimer?.();
        cancelTimer = null;
        plan(0);
      } else plan(options.flushMs);
    },
    stats: () => ({ exported, dropped, queued: queue.length }),
    health() {
      if (failing === null) return [];
      const finding: Finding = {
        code: "traces-not-exported",
        text: `the collector at ${endpoint} does not take traces: ${failing.why}`,
        hint: "openclaw config get diagnostics.otel",
        evidence: { endpoint, error: failing.why, queued: queue.length, dropped, tries: failing.tries },
        since: failing.since,
      };
      return [finding];
    },
    async close(graceMs) {
      if (closed) return;
      closed = true;
      cancelTimer?.();
      const cut = clock.after(graceMs, () => closing.abort(new Error("the gateway stopped")));
      await sending;
      while (queue.length > 0 && !closing.signal.aborted && failing === null) await flush();
      cut();
      dropped += queue.length;
      if (queue.length > 0) logger.warn("traces were dropped at the end", { endpoint, spans: queue.length });
      queue.length = 0;
    },
  };
}
