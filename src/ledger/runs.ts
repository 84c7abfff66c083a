import { OpenClawError } from "../core/errors.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { InboxRow, LanePolicy, Lease } from "./contract.ts";
import { policyDefaults, type LedgerContext } from "./context.ts";
import type { SqlReader, SqlWriter } from "./database.ts";
import { endQueued, messagesOfRun, queuedOf } from "./inbox.ts";
import { planLane } from "./lane-rules.ts";
import { settledRowOutcome } from "./outcomes.ts";
import { findRunRecord, type RunRecord } from "./run-record.ts";
import { note } from "./trace.ts";

/** @throws OpenClawError LEASE_LOST unless this process holds the newest fence of a run that is still running. */
export function checkLease(context: LedgerContext, sql: SqlReader, lease: Lease): RunRecord {
  const record = findRunRecord(sql, lease.runId);
  if (record?.state === "running" && record.fence === lease.fence && record.owner === context.owner)
    return record;
  context.held.delete(lease.runId);
  const why = record
    ? `it is ${record.state} with fence ${record.fence}, this holder has ${lease.fence}`
    : "it is unknown";
  throw new OpenClawError("LEASE_LOST", `run ${lease.runId} belongs to somebody else: ${why}`);
}

/** Owner of a run that nobody works on. */
const nobody = "";

/** How far a heartbeat prolongs: a run that is long past its deadline lapses although its process lives. */
const leaseEnd = (policy: LanePolicy, now: number, deadlineAt: number): number =>
  Math.min(now + policy.leaseMs, deadlineAt + policy.leaseMs);

/** Prolongs what this process holds; returns the run ids that were lost. */
export function prolong(context: LedgerContext, sql: SqlWriter, now: number): string[] {
  const policy = context.policy();
  const lost: string[] = [];
  for (const lease of context.held.values()) {
    const { changes } = sql.run(
      "UPDATE runs SET lease_until = ? WHERE run_id = ? AND fence = ? AND owner = ? AND state = 'running'",
      leaseEnd(policy, now, lease.deadlineAt),
      lease.runId,
      lease.fence,
      context.owner,
    );
    if (changes === 0) lost.push(lease.runId);
  }
  sql.afterCommit(() => lost.forEach((runId) => context.held.delete(runId)));
  return lost;
}

/** See {@link Ledger.park}. The lease has been checked by the caller. */
export function parkRun(
  context: LedgerContext,
  sql: SqlWriter,
  at: { lease: Lease; why: string; now: number },
): void {
  const { lease, why, now } = at;
  sql.run(
    "UPDATE runs SET lease_until = 0, owner = ?, attempt = attempt - 1 WHERE run_id = ?",
    nobody,
    lease.runId,
  );
  note(sql, { at: now, subject: lease.runId, stage: "claim", rule: "run.park", detail: why });
  sql.afterCommit(() => context.held.delete(lease.runId));
}

/** Makes what earlier processes left claimable at once. */
export function freeLeft(
  context: LedgerContext,
  sql: SqlWriter,
): { parkedRuns: number; interruptedRuns: number } {
  const parked = sql.get<{ n: number }>(
    "SELECT count(*) AS n FROM runs WHERE state = 'running' AND owner = ?",
    nobody,
  );
  const { changes } = sql.run(
    "UPDATE runs SET lease_until = 0, owner = ? WHERE state = 'running' AND owner NOT IN (?, ?)",
    nobody,
    context.owner,
    nobody,
  );
  return { parkedRuns: parked?.n ?? 0, interruptedRuns: changes };
}

/** See {@link Ledger.claim}. */
export function claimNext(context: LedgerContext, sql: SqlWriter, now: number): Lease | null {
  const policy = context.policy();
  const lapsed = sql
    .all<RunRecord>(
      "SELECT * FROM runs WHERE state = 'running' AND lease_until < ? ORDER BY started_at, run_id",
      now,
    )
    .filter((record) => !settleLapsed(context, sql, { record, now, policy }));
  const live = new Map<string, number>();
  let total = 0;
  const busy = new Set<string>();
  for (const run of sql.all<RunRecord>("SELECT * FROM runs WHERE state = 'running'")) {
    busy.add(run.session_key);
    if (run.lease_until < now) continue;
    live.set(run.agent_id, (live.get(run.agent_id) ?? 0) + 1);
    total++;
  }
  if (total >= policy.maxConcurrent) return null;
  const hasRoom = (agentId: string): boolean =>
    (live.get(agentId) ?? 0) < policy.maxConcurrentPerAgent(agentId);

  const resumable = lapsed.find((record) => hasRoom(record.agent_id));
  if (resumable) return resume(context, sql, { record: resumable, now });

  let sessionKey: string | null = null;
  for (const waiting of sql.iterate<{ session_key: string; agent_id: string }>(
    "SELECT session_key, agent_id FROM inbox WHERE state = 'queued' ORDER BY seq",
  )) {
    if (busy.has(waiting.session_key) || !hasRoom(waiting.agent_id)) continue;
    sessionKey = waiting.session_key;
    break;
  }
  return sessionKey === null ? null : start(context, sql, { sessionKey, now });
}

/**
 * Deals with a lapsed run that is not to be resumed: prolongs one that this living process still works on, ends one
 * that is past its deadline or has been tried too often. True when dealt with.
 */
function settleLapsed(
  context: LedgerContext,
  sql: SqlWriter,
  lapse: { record: RunRecord; now: number; policy: LanePolicy },
): boolean {
  const { record, now, policy } = lapse;
  const isMine = record.owner === context.owner && context.held.get(record.run_id)?.fence === record.fence;
  if (isMine && now <= record.deadline_at + policy.leaseMs) {
    // Late, not dead: the process was suspended, or its heartbeat has not come round yet.
    sql.run(
      "UPDATE runs SET lease_until = ? WHERE run_id = ?",
      leaseEnd(policy, now, record.deadline_at),
      record.run_id,
    );
    return true;
  }
  if (isMine) {
    giveUp(context, sql, { record, now, reason: "deadline", detail: "the run did not end at its deadline" });
    return true;
  }
  const limit = policy.maxAttempts ?? policyDefaults.maxAttempts;
  if (record.attempt < limit) return false;
  const detail = `the gateway died ${record.attempt} times while answering this`;
  giveUp(context, sql, { record, now, reason: "failed_internal", detail });
  return true;
}

function start(
  context: LedgerContext,
  sql: SqlWriter,
  at: { sessionKey: string; now: number },
): Lease | null {
  const { sessionKey, now } = at;
  const policy = context.policy();
  const plan = planLane(queuedOf(sql, sessionKey));
  if (plan.superseded.length > 0) {
    const detail = "a newer message of the same session interrupts";
    const rows = endQueued(sql, {
      rows: plan.superseded,
      reason: "superseded",
      detail,
      rule: "queue.interrupt",
      now,
    });
    const sessionId = context.sink.open(sql, { key: sessionKey, agentId: rows[0]?.agentId ?? "main", now });
    const outcomes = rows.map((row) => settledRowOutcome(row, sessionId));
    sql.afterCommit(() => context.announce({ rows, outcomes, runId: null }));
  }
  const first = plan.take[0];
  if (!first) return null;
  // Two doors may have used the same id for different messages; the run that exists keeps it.
  const runId = findRunRecord(sql, first.runId) ? `${first.runId}#${first.seq}` : first.runId;
  const timeoutMs = Math.max(...plan.take.map((row) => row.options.timeoutMs ?? policy.defaultTimeoutMs));
  const deadlineAt = now + timeoutMs;
  const sessionId = context.sink.open(sql, { key: sessionKey, agentId: first.agentId, now });
  sql.run(
    `INSERT INTO runs (run_id, session_key, session_id, agent_id, state, owner, fence, attempt, lease_until, deadline_at,
       started_at) VALUES (?, ?, ?, ?, 'running', ?, 1, 1, ?, ?, ?)`,
    runId,
    sessionKey,
    sessionId,
    first.agentId,
    context.owner,
    leaseEnd(policy, now, deadlineAt),
    deadlineAt,
    now,
  );
  note(sql, {
    at: now,
    subject: runId,
    stage: "claim",
    rule: `queue.${first.mode}`,
    detail: `answers message ${plan.take.map((row) => row.seq).join(", ")}; deadline in ${timeoutMs} ms`,
  });
  const lease: Lease = {
    runId,
    sessionKey,
    agentId: first.agentId,
    sessionId,
    fence: 1,
    deadlineAt,
    messages: joinRun(sql, plan.take, runId),
    resumed: false,
    attempt: 1,
  };
  sql.afterCommit(() => context.held.set(runId, lease));
  return lease;
}

/** Marks messages as taken by a run. */
export function joinRun(sql: SqlWriter, rows: readonly InboxRow[], runId: string): InboxRow[] {
  return rows.map((row) => {
    sql.run("UPDATE inbox SET state = 'running', taken_by = ? WHERE seq = ?", runId, row.seq);
    return { ...row, state: "running", takenByRunId: runId };
  });
}

function resume(context: LedgerContext, sql: SqlWriter, at: { record: RunRecord; now: number }): Lease {
  const { record, now } = at;
  const policy = context.policy();
  const messages = messagesOfRun(sql, record.run_id);
  // A new attempt gets its whole time again: the gateway may have been down for longer than the run was allowed.
  const timeoutMs = Math.max(...messages.map((row) => row.options.timeoutMs ?? policy.defaultTimeoutMs), 1);
  const lease: Lease = {
    runId: record.run_id,
    sessionKey: record.session_key,
    agentId: record.agent_id,
    sessionId: record.session_id,
    fence: record.fence + 1,
    deadlineAt: now + timeoutMs,
    messages,
    resumed: true,
    attempt: record.attempt + 1,
  };
  sql.run(
    "UPDATE runs SET owner = ?, fence = ?, attempt = ?, lease_until = ?, deadline_at = ? WHERE run_id = ?",
    context.owner,
    lease.fence,
    lease.attempt,
    leaseEnd(policy, now, lease.deadlineAt),
    lease.deadlineAt,
    lease.runId,
  );
  note(sql, {
    at: now,
    subject: lease.runId,
    stage: "claim",
    rule: "run.resume",
    detail: `attempt ${lease.attempt} after an earlier holder stopped`,
  });
  sql.afterCommit(() => context.held.set(lease.runId, lease));
  return lease;
}

function giveUp(
  context: LedgerContext,
  sql: SqlWriter,
  end: { record: RunRecord; now: number; reason: "deadline" | "failed_internal"; detail: string },
): void {
  const { record, now, reason, detail } = end;
  const rows = messagesOfRun(sql, record.run_id);
  const outcome: RunOutcome = {
    runId: record.run_id,
    status: reason === "deadline" ? "timeout" : "error",
    reason,
    payloads: [],
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    sessionId: record.session_id,
    sessionKey: record.session_key,
    startedAt: record.started_at,
    endedAt: now,
    error: {
      code: reason === "deadline" ? "DEADLINE" : "RUN_GIVEN_UP",
      message: detail,
      hint: `see what happened with: openclaw why ${record.run_id}`,
    },
  };
  // Fences the holder off, should it still be alive: its completion is not this outcome said twice.
  sql.run("UPDATE runs SET fence = fence + 1 WHERE run_id = ?", record.run_id);
  endRun(context, sql, { outcome, now });
  note(sql, { at: now, subject: record.run_id, stage: "give up", rule: `run.${reason}`, detail });
  context.logger.error("a run was given up", { runId: record.run_id, reason, attempt: record.attempt });
  const done = rows.map((row) => ({
    ...row,
    state: "done" as const,
    doneAt: now,
    outcome: reason,
    outcomeDetail: detail,
  }));
  sql.afterCommit(() => {
    context.held.delete(record.run_id);
    context.announce({ rows: done, outcomes: done.map(() => outcome), runId: record.run_id });
  });
}

/** Writes the end of a run, of its messages and of the totals. The lease has been checked by the caller. */
export function endRun(
  context: LedgerContext,
  sql: SqlWriter,
  end: { outcome: RunOutcome; now: number; messageReason?: RunOutcome["reason"] | undefined },
): void {
  const { outcome, now, messageReason } = end;
  sql.run(
    "UPDATE runs SET state = 'done', ended_at = ?, lease_until = 0, outcome = ? WHERE run_id = ?",
    now,
    JSON.stringify(outcome),
    outcome.runId,
  );
  const first = messageReason ?? outcome.reason;
  const others = first === "answered" ? "answered_with_others" : first;
  const detail = outcome.error?.message ?? null;
  const lead = sql.get<{ seq: number | null }>(
    "SELECT min(seq) AS seq FROM inbox WHERE taken_by = ?",
    outcome.runId,
  )?.seq;
  sql.run(
    `UPDATE inbox SET state = 'done', done_at = ?, outcome = CASE seq WHEN ? THEN ? ELSE ? END, outcome_detail = ?
     WHERE taken_by = ?`,
    now,
    lead ?? null,
    first,
    others,
    detail,
    outcome.runId,
  );
  context.sink.finish(sql, outcome);
}
