import type { Clock } from "../../core/clock.ts";
import type { OutcomeReason } from "../../core/outcome.ts";
import type { InboundMessage, InboxRow, Ledger } from "../../ledger/contract.ts";
import {
  isSampled,
  spanIdOf,
  traceIdOf,
  type Attributes,
  type Span,
  type SpanLink,
} from "../../observability/index.ts";

/** A span of the trace of one message; its ids follow from what it stands for. */
export interface MessageSpan {
  runId: string;
  /** What it stands for within the trace, e.g. `["tool", callId]`. */
  what: readonly string[];
  /** The span it is part of; the root when absent. */
  within?: readonly string[];
  name: string;
  kind?: Span["kind"];
  startMs: number;
  endMs: number;
  attributes?: Attributes;
  error?: string | null;
  links?: readonly SpanLink[];
  events?: Span["events"];
}

export interface MessageSpans {
  /** Whether this message is one of the share that is traced. */
  isTraced(runId: string): boolean;
  emit(span: MessageSpan): void;
  /** The message came in, before it was stored: the trace begins there. */
  arrived(runId: string, at: number): void;
  /** Ends the trace of a message with its outcome. */
  root(ledger: Ledger, row: InboxRow, reason: OutcomeReason, links?: readonly SpanLink[]): void;
  /** Ends the trace of a run's own message once none of its deliveries is open. */
  rootIfSettled(ledger: Ledger, runId: string): void;
  /** The span of the run itself, for links from other traces. */
  linkTo(runId: string): SpanLink;
}

/** Arrivals that are remembered at most; a message that waits longer starts its trace where it was stored. */
const maxArrivals = 4096;

const failures = new Set<OutcomeReason>(["failed_model", "failed_internal", "deadline"]);

/** Turns what happens to messages into spans. Remembers only when unfinished messages arrived. */
export function createMessageSpans(options: {
  clock: Clock;
  sampleRate: number;
  add: (span: Span) => void;
}): MessageSpans {
  const { clock, sampleRate, add } = options;
  const arrivals = new Map<string, number>();

  const isTraced = (runId: string) => isSampled(traceIdOf(runId), sampleRate);

  function emit(span: MessageSpan): void {
    const { runId, what, within } = span;
    const traceId = traceIdOf(runId);
    if (!isTraced(runId)) return;
    const isRoot = what.length === 0;
    add({
      traceId,
      spanId: spanIdOf(runId, ...what),
      parentSpanId: isRoot ? null : spanIdOf(runId, ...(within ?? [])),
      name: span.name,
      kind: span.kind ?? "internal",
      startMs: span.startMs,
      endMs: span.endMs,
      attributes: span.attributes ?? {},
      error: span.error ?? null,
      ...(span.links === undefined ? {} : { links: span.links }),
      ...(span.events === undefined ? {} : { events: span.events }),
    });
  }

  function root(ledger: Ledger, row: InboxRow, reason: OutcomeReason, links: readonly SpanLink[] = []): void {
    if (!isTraced(row.runId)) return;
    const arrivedAt = arrivals.get(row.runId) ?? notedArrival(ledger, row.runId) ?? row.receivedAt;
    const startMs = Math.min(arrivedAt, row.receivedAt);
    arrivals.delete(row.runId);
    emit({
      runId: row.runId,
      what: [],
      name: "message",
      kind: "server",
      startMs,
      endMs: clock.now(),
      attributes: { ...messageAttributes(row), "openclaw.outcome": reason },
      error: failures.has(reason) ? reason : null,
      links,
    });
  }

  return {
    isTraced,
    emit,
    root,
    arrived(runId, at) {
      const [oldest] = arrivals.keys();
      if (arrivals.size >= maxArrivals && oldest !== undefined) arrivals.delete(oldest);
      arrivals.set(runId, at);
    },
    rootIfSettled(ledger, runId) {
      if (!isTraced(runId)) return;
      const open = ledger
        .deliveries({ runId })
        .some(({ state }) => state === "pending" || state === "sending");
      if (open) return;
      const row = ledger.why(runId).messages.find((message) => message.runId === runId);
      if (row?.state === "done") root(ledger, row, row.outcome ?? "answered");
    },
    linkTo: (runId) => ({ traceId: traceIdOf(runId), spanId: spanIdOf(runId, "run") }),
  };
}

const arrivalStage = "arrival";

/** When a message came in, as a row of the ledger: `openclaw why` shows it too. */
export const arrivalNote = (runId: string, at: number) => ({
  subject: runId,
  stage: arrivalStage,
  rule: "tracing",
  detail: new Date(at).toISOString(),
});

function notedArrival(ledger: Ledger, runId: string): number | null {
  const times = ledger
    .why(runId)
    .trace.filter(({ stage, subject }) => stage === arrivalStage && subject === runId)
    .map(({ detail }) => Date.parse(detail));
  return times.length === 0 ? null : Math.min(...times);
}

/** Who and what, as identifiers: neither the text nor the sender nor the conversation is told. */
export function messageAttributes(message: InboundMessage): Attributes {
  return {
    "openclaw.run.id": message.runId,
    "openclaw.agent.id": message.agentId,
    "openclaw.door": message.door,
    "openclaw.channel": message.deliverTo?.channel,
    "openclaw.sender.trust": message.origin.trust,
  };
}
