import type { Clock } from "../../core/clock.ts";
import type { TranscriptEntry } from "../../core/conversation.ts";
import type { DeliveryResult, DeliveryRow, InboundMessage, InboxRow, Ledger } from "../../ledger/contract.ts";
import type { Span, SpanLink } from "../../observability/index.ts";
import { arrivalNote, messageAttributes, type MessageSpans } from "./message-spans.ts";
import type { TraceScopes } from "./scope.ts";

/**
 * The same ledger, watched: every stage of a message is a write to it, so that spans are what was recorded and not what
 * somebody meant to do. Reads of its own happen only where a message ends.
 */
export function traceLedger(
  ledger: Ledger,
  deps: { spans: MessageSpans; scopes: TraceScopes; clock: Clock },
): Ledger {
  const { spans, scopes, clock } = deps;
  const tools = createToolSpans(deps);
  const runs = new Map<string, NonNullable<Span["events"]>[number][]>();
  const sending = new Map<number, { row: DeliveryRow; startMs: number; ambiguous: boolean }>();

  function arrival(message: InboundMessage, from: number, refused: boolean): void {
    const arrivedAt = scopes.getStore()?.arrivedAt ?? from;
    spans.arrived(message.runId, arrivedAt);
    spans.emit({
      runId: message.runId,
      what: ["access"],
      name: "access",
      startMs: arrivedAt,
      endMs: from,
      attributes: { ...messageAttributes(message), "openclaw.access.admitted": !refused },
    });
  }

  function stored(message: InboundMessage, startMs: number): void {
    const by = scopes.getStore()?.run;
    spans.emit({
      runId: message.runId,
      what: ["inbox"],
      name: "inbox commit",
      startMs,
      endMs: clock.now(),
      ...(by === undefined ? {} : { links: [spans.linkTo(by.runId)] }),
    });
  }

  function waited(row: InboxRow, until: number, links: readonly SpanLink[] = []): void {
    spans.emit({
      runId: row.runId,
      what: ["lane"],
      name: "lane wait",
      startMs: row.receivedAt,
      endMs: Math.max(row.receivedAt, until),
      attributes: { "openclaw.queue.mode": row.mode },
      links,
    });
  }

  ledger.onSettled(({ rows, outcomes, runId }) => {
    for (const [index, row] of rows.entries()) {
      const outcome = outcomes[index];
      if (!outcome) continue;
      if (row.runId === runId) {
        const { startedAt, endedAt, reason } = outcome;
        spans.emit({ runId, what: ["run"], name: "run", startMs: startedAt, endMs: endedAt, error: reason });
      }
      spans.root(
        ledger,
        row,
        outcome.reason,
        row.runId === runId || runId === null ? [] : [spans.linkTo(runId)],
      );
    }
    if (runId !== null) forget(runId);
  });

  function forget(runId: string): void {
    runs.delete(runId);
    tools.forget(runId);
  }

  return {
    ...ledger,
    async accept(message) {
      const startMs = clock.now();
      const accepted = ledger.accept(message);
      // In the same commit, so that whoever ends the message after a crash knows where its trace begins.
      const arrivedAt = scopes.getStore()?.arrivedAt ?? startMs;
      const noted = spans.isTraced(message.runId)
        ? ledger.trace(arrivalNote(message.runId, arrivedAt))
        : null;
      const [result] = await Promise.all([accepted, noted?.catch(() => undefined)]);
      if (result.duplicate) return result;
      const { row } = result;
      arrival(message, startMs, false);
      stored(message, startMs);
      if (row.state === "done") spans.root(ledger, row, row.outcome ?? "refused_limit");
      return result;
    },
    async refuse(message, reason, detail) {
      const startMs = clock.now();
      const result = await ledger.refuse(message, reason, detail);
      if (result.duplicate) return result;
      arrival(message, startMs, true);
      stored(message, startMs);
      spans.root(ledger, result.row, reason);
      return result;
    },
    async claim(now) {
      const lease = await ledger.claim(now);
      if (!lease) return null;
      if (lease.resumed) {
        const attributes = { "openclaw.run.attempt": lease.attempt };
        runs.set(lease.runId, [{ name: "resumed", atMs: clock.now(), attributes }]);
      } else
        for (const row of lease.messages)
          waited(row, now, row.runId === lease.runId ? [] : [spans.linkTo(lease.runId)]);
      return lease;
    },
    async takeSteering(lease) {
      const rows = await ledger.takeSteering(lease);
      for (const row of rows) waited(row, clock.now(), [spans.linkTo(lease.runId)]);
      return rows;
    },
    async beginTool(lease, step) {
      await ledger.beginTool(lease, step);
      tools.begin(lease.runId, { ...step, startedAt: clock.now() });
    },
    async openTools(runId) {
      const steps = await ledger.openTools(runId);
      for (const step of steps) tools.begin(runId, step);
      return steps;
    },
    async recordEntries(lease, entries) {
      await ledger.recordEntries(lease, entries);
      for (const entry of entries) tools.recorded(lease.runId, entry);
    },
    async finishTool(lease, callId, entry) {
      await ledger.finishTool(lease, callId, entry);
      const failed = entry.content.some((block) => block.type === "tool_result" && block.is_error === true);
      tools.end(lease.runId, callId, failed);
    },
    async complete(lease, end) {
      await ledger.complete(lease, end);
      const { outcome } = end;
      const { runId } = lease;
      const events = runs.get(runId);
      spans.emit({
        runId,
        what: ["run"],
        name: "run",
        startMs: outcome.startedAt,
        endMs: clock.now(),
        attributes: {
          "openclaw.run.id": runId,
          "openclaw.agent.id": lease.agentId,
          "openclaw.run.attempt": lease.attempt,
          "openclaw.outcome": outcome.reason,
        },
        error: outcome.error?.code ?? null,
        ...(events === undefined ? {} : { events }),
      });
      forget(runId);
      for (const row of lease.messages)
        if (row.runId !== runId) spans.root(ledger, row, "answered_with_others", [spans.linkTo(runId)]);
      spans.rootIfSettled(ledger, runId);
    },
    async settleQueued(filter, reason, detail) {
      const rows = await ledger.settleQueued(filter, reason, detail);
      for (const row of rows) {
        waited(row, clock.now());
        spans.root(ledger, row, reason);
      }
      return rows;
    },
    async claimDelivery(now) {
      const claimed = await ledger.claimDelivery(now);
      if (claimed) sending.set(claimed.row.id, { ...claimed, startMs: clock.now() });
      return claimed;
    },
    async settleDelivery(id, result, now) {
      const begun = sending.get(id);
      sending.delete(id);
      try {
        await ledger.settleDelivery(id, result, now);
      } finally {
        if (begun) sent(spans, { ...begun, endMs: clock.now(), result });
      }
      if (begun && result.kind !== "retry") settledDelivery(spans, ledger, begun.row, clock.now());
    },
  };
}

/** One try to send. */
function sent(
  spans: MessageSpans,
  one: { row: DeliveryRow; ambiguous: boolean; startMs: number; endMs: number; result: DeliveryResult },
): void {
  const { row, ambiguous, result } = one;
  spans.emit({
    runId: row.runId ?? row.key,
    what: ["send", row.key, String(row.attempts)],
    within: deliveryOf(row),
    name: "send",
    kind: "client",
    startMs: one.startMs,
    endMs: one.endMs,
    attributes: {
      "openclaw.channel": row.target.channel,
      "openclaw.delivery.attempt": row.attempts,
      "openclaw.delivery.ambiguous": ambiguous,
      "openclaw.delivery.result": result.kind,
    },
    error: result.kind === "sent" ? null : result.kind,
  });
}

/** A delivery from its commit to its receipt. One that belongs to no run has a trace of its own. */
function settledDelivery(spans: MessageSpans, ledger: Ledger, before: DeliveryRow, endMs: number): void {
  const [row = before] = ledger.deliveries({ key: before.key });
  spans.emit({
    runId: row.runId ?? row.key,
    what: deliveryOf(row),
    name: "delivery",
    kind: "producer",
    startMs: row.createdAt,
    endMs,
    attributes: {
      "openclaw.channel": row.target.channel,
      "openclaw.delivery.key": row.key,
      "openclaw.delivery.state": row.state,
      "openclaw.delivery.attempts": row.attempts,
    },
    error: row.state === "sent" ? null : row.state,
  });
  if (row.runId !== null) spans.rootIfSettled(ledger, row.runId);
}

const deliveryOf = (row: DeliveryRow): readonly string[] => (row.runId === null ? [] : ["delivery", row.key]);

/** Calls of tools that were begun, by run. */
function createToolSpans(deps: { spans: MessageSpans; clock: Clock }) {
  const open = new Map<string, Map<string, { name: string; effect: string; startedAt: number }>>();
  const names = new Map<string, Map<string, string>>();
  return {
    /** Learns what calls are called, and shows those that ended before they began: a policy or a person refused them. */
    recorded(runId: string, entry: TranscriptEntry): void {
      const known = names.get(runId) ?? new Map<string, string>();
      names.set(runId, known);
      for (const block of entry.content) {
        if (block.type === "tool_use") known.set(block.id, block.name);
        if (block.type !== "tool_result" || open.get(runId)?.has(block.tool_use_id)) continue;
        deps.spans.emit({
          runId,
          what: ["tool", block.tool_use_id],
          within: ["run"],
          name: "tool",
          startMs: entry.ts,
          endMs: deps.clock.now(),
          attributes: { "gen_ai.tool.name": known.get(block.tool_use_id) ?? "unknown" },
          error: block.outcome ?? (block.is_error === true ? "tool_error" : null),
        });
      }
    },
    begin(runId: string, step: { callId: string; name: string; effect: string; startedAt: number }): void {
      const calls = open.get(runId) ?? new Map<string, { name: string; effect: string; startedAt: number }>();
      open.set(runId, calls);
      if (!calls.has(step.callId)) calls.set(step.callId, step);
    },
    end(runId: string, callId: string, failed: boolean): void {
      const step = open.get(runId)?.get(callId);
      if (!step) return;
      open.get(runId)?.delete(callId);
      deps.spans.emit({
        runId,
        what: ["tool", callId],
        within: ["run"],
        name: "tool",
        startMs: step.startedAt,
        endMs: deps.clock.now(),
        attributes: { "gen_ai.tool.name": step.name, "openclaw.tool.effect": step.effect },
        error: failed ? "tool_error" : null,
      });
    },
    forget(runId: string): void {
      open.delete(runId);
      names.delete(runId);
    },
  };
}
