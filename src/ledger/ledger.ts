import { uuid } from "../core/ids.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { LanePolicy, Ledger, SettledByLedger } from "./contract.ts";
import type { LedgerContext } from "./context.ts";
import type { LedgerDb } from "./database.ts";
import {
  acceptMessage,
  amend,
  endQueued,
  findByDedupeKey,
  matchQueued,
  messagesOfRun,
  queuedOf,
  refuseMessage,
} from "./inbox.ts";
import { maySteer } from "./lane-rules.ts";
import { claimDue, decide, deliveriesWhere, enqueue, markAmbiguous, nextDue, settle } from "./outbox.ts";
import { findRun, outcomeOf, whyOf } from "./outcomes.ts";
import { pruneBatch } from "./retention.ts";
import { findRunRecord, type RunRecord } from "./run-record.ts";
import { checkLease, claimNext, endRun, freeLeft, joinRun, parkRun, prolong } from "./runs.ts";
import { ledgerMigrations } from "./schema.ts";
import type { TranscriptSink } from "./sink.ts";
import { runsOfSession, usageOf } from "./usage.ts";
import { beginStep, endStep, stepsOf } from "./steps.ts";
import { note } from "./trace.ts";

const pruneEveryMs = 3_600_000;

/**
 * The ledger over an open database. `sink` is where transcripts live; `owner` names this process (default: a random
 * id). Finished work older than the policy allows is forgotten hourly, a little at a time.
 */
export function createLedger(options: {
  db: LedgerDb;
  sink: TranscriptSink;
  clock: Clock;
  logger: Logger;
  policy: () => LanePolicy;
  owner?: string;
}): Ledger {
  const { db, sink, clock, logger, policy } = options;
  const listeners = new Set<(settled: SettledByLedger) => void>();
  const context: LedgerContext = {
    db,
    sink,
    clock,
    logger,
    policy,
    owner: options.owner ?? uuid(),
    held: new Map(),
    announce: (settled) => listeners.forEach((listener) => listener(settled)),
  };
  db.migrate("ledger", ledgerMigrations);
  const stopPruning = keepPruning(context);

  return {
    accept: (message) => db.write((sql) => acceptMessage(context, sql, message)),
    refuse: (message, reason, detail) =>
      db.write((sql) => refuseMessage(context, sql, { message, reason, detail })),
    settleQueued: (filter, reason, detail) =>
      db.write((sql) =>
        endQueued(sql, {
          rows: matchQueued(sql, filter),
          reason,
          detail,
          rule: `settle.${reason}`,
          now: clock.now(),
        }),
      ),

    claim: (now) => db.write((sql) => claimNext(context, sql, now)),
    heartbeat: (now) =>
      context.held.size === 0 ? Promise.resolve([]) : db.write((sql) => prolong(context, sql, now)),
    park: (lease, why) =>
      db.write((sql) => {
        checkLease(context, sql, lease);
        parkRun(context, sql, { lease, why, now: clock.now() });
      }),
    async takeSteering(lease) {
      // Asked at every step of every run; nearly always nothing waits.
      const waits = db.read((sql) => queuedOf(sql, lease.sessionKey)).some((row) => row.mode === "steer");
      if (!waits) return [];
      return db.write((sql) => {
        checkLease(context, sql, lease);
        const lead = lease.messages[0];
        const rows = queuedOf(sql, lease.sessionKey).filter((row) => !lead || maySteer(lead, row));
        const joined = joinRun(sql, rows, lease.runId);
        for (const row of joined)
          note(sql, {
            at: clock.now(),
            subject: row.dedupeKey,
            stage: "steer",
            rule: "queue.steer",
            detail: `joined run ${lease.runId}`,
          });
        sql.afterCommit(() => void lease.messages.push(...joined));
        return joined;
      });
    },

    recordEntries: (lease, entries) =>
      db.write((sql) => {
        checkLease(context, sql, lease);
        const now = clock.now();
        sink.append(sql, { key: lease.sessionKey, sessionId: lease.sessionId, now }, entries);
        for (const { id, replaces } of entries)
          if (replaces)
            note(sql, {
              at: now,
              subject: lease.runId,
              stage: "rewind",
              rule: "rewind.done",
              detail: `entry ${id} took the place of ${replaces.id} and what came after it; what tools did stays done`,
            });
      }),
    beginTool: (lease, step) =>
      db.write((sql) => {
        checkLease(context, sql, lease);
        beginStep(sql, lease, { ...step, now: clock.now() });
      }),
    finishTool: (lease, callId, entry) =>
      db.write((sql) => {
        checkLease(context, sql, lease);
        const now = clock.now();
        endStep(sql, lease, { callId, now });
        // Denied, stopped or of unknown outcome: "done" alone would tell the wrong story to `why`.
        for (const block of entry.content) {
          if (block.type !== "tool_result" || block.outcome === undefined) continue;
          note(sql, {
            at: now,
            subject: lease.runId,
            stage: "tool",
            rule: `tool.outcome_${block.outcome}`,
            detail: `call ${callId}`,
          });
        }
        sink.append(sql, { key: lease.sessionKey, sessionId: lease.sessionId, now }, [entry]);
      }),
    openTools: (runId) =>
      Promise.resolve(db.read((sql) => stepsOf(sql, runId).filter((step) => step.state === "started"))),

    complete: (lease, end) =>
      db.write((sql) => {
        const record = findRunRecord(sql, lease.runId);
        const isRepeat =
          record?.state === "done" && record.fence === lease.fence && record.owner === context.owner;
        // After STORAGE_FAILED the caller cannot know whether the commit happened, so saying it again is harmless.
        if (isRepeat) return;
        checkLease(context, sql, lease);
        const now = clock.now();
        const outcome = { ...end.outcome, runId: lease.runId };
        sink.append(sql, { key: lease.sessionKey, sessionId: lease.sessionId, now }, end.entries);
        endRun(context, sql, { outcome, now, messageReason: end.messageReason });
        for (const delivery of end.deliveries) enqueue(sql, delivery, now);
        const ms = now - (record?.started_at ?? now);
        note(sql, {
          at: now,
          subject: lease.runId,
          stage: "complete",
          rule: outcome.reason,
          detail: `${outcome.status} after ${ms} ms${outcome.error ? `: ${outcome.error.message}` : ""}`,
        });
        sql.afterCommit(() => context.held.delete(lease.runId));
      }),

    outcome: (runId) => db.read((sql) => outcomeOf(sql, runId)),
    findRun: (runId) => db.read((sql) => findRun(sql, runId)),
    activity: () => db.read((sql) => activityOf(sql, context.owner)),
    queued: (sessionKey) => db.read((sql) => queuedOf(sql, sessionKey)),
    replyTarget: (runId) =>
      db.read((sql) => messagesOfRun(sql, runId)).findLast((row) => row.deliverTo !== null)?.deliverTo ??
      null,
    message: (dedupeKey) => db.read((sql) => findByDedupeKey(sql, dedupeKey)),
    amendQueued: (dedupeKey, text) => db.write((sql) => amend(sql, { dedupeKey, text, now: clock.now() })),

    enqueueDelivery: (delivery) => db.write((sql) => enqueue(sql, delivery, clock.now())),
    enqueueWhileRunning: (delivery) =>
      db.write((sql) =>
        findRunRecord(sql, delivery.runId)?.state === "running"
          ? enqueue(sql, delivery, clock.now()).row
          : null,
      ),
    claimDelivery: (now, accepts) => db.write((sql) => claimDue(sql, now, accepts)),
    nextDeliveryAt: (accepts) => db.read((sql) => nextDue(sql, accepts)),
    decideDelivery: (key, decision, now) => db.write((sql) => decide(sql, { key, decision, now })),
    settleDelivery: (id, result, now) => db.write((sql) => settle(context, sql, { id, result, now })),
    deliveries: (filter) => db.read((sql) => deliveriesWhere(sql, filter)),

    trace: (row) => db.write((sql) => note(sql, { ...row, at: clock.now() })),
    why: (subject) => db.read((sql) => whyOf(sql, subject)),
    runsOf: (sessionKey, limit) => db.read((sql) => runsOfSession(sql, sessionKey, limit)),
    usage: (from, until) => db.read((sql) => usageOf(sql, from, until)),
    onSettled(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    async recover() {
      const counts = await db.write((sql) => ({
        ...freeLeft(context, sql),
        ambiguousDeliveries: markAmbiguous(sql),
      }));
      return { ...counts, healedTranscripts: await sink.recover() };
    },
    close() {
      stopPruning();
      listeners.clear();
      return Promise.resolve();
    },
  };
}

function activityOf(
  sql: Parameters<Parameters<LedgerDb["read"]>[0]>[0],
  owner: string,
): ReturnType<Ledger["activity"]> {
  return {
    running: sql
      .all<RunRecord>("SELECT * FROM runs WHERE state = 'running' AND owner = ? ORDER BY started_at", owner)
      .map((record) => ({
        runId: record.run_id,
        sessionKey: record.session_key,
        agentId: record.agent_id,
        startedAt: record.started_at,
        deadlineAt: record.deadline_at,
      })),
    queued: sql.get<{ n: number }>("SELECT count(*) AS n FROM inbox WHERE state = 'queued'")?.n ?? 0,
  };
}

/** Forgets old work now and then: one small commit per timer tick until nothing is left, then again in an hour. */
function keepPruning({ db, clock, logger, policy }: LedgerContext): () => void {
  let cancel = clock.after(pruneEveryMs, tick);
  let isStopped = false;
  function tick(): void {
    db.write((sql) => pruneBatch(sql, policy(), clock.now()))
      .then(
        (removed) => (removed > 0 ? 100 : pruneEveryMs),
        (error: unknown) => {
          logger.warn("old ledger rows could not be pruned", { error });
          return pruneEveryMs;
        },
      )
      .then((delayMs) => {
        if (!isStopped) cancel = clock.after(delayMs, tick);
      })
      .catch((error: unknown) => logger.error("pruning stopped", { error }));
  }
  return () => {
    isStopped = true;
    cancel();
  };
}
