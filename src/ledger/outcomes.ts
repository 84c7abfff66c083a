import { noUsage } from "../core/conversation.ts";
import type { OutcomeReason, RunOutcome } from "../core/outcome.ts";
import { outcomeReasons } from "../core/outcome.ts";
import type { InboxRow, Ledger } from "./contract.ts";
import type { SqlReader } from "./database.ts";
import { findByDedupeKey, findByRunId, messagesOfRun, toInboxRow, type InboxRecord } from "./inbox.ts";
import { deliveriesWhere } from "./outbox.ts";
import { findRunRecord } from "./run-record.ts";
import { stepsOf } from "./steps.ts";
import { traceOf } from "./trace.ts";

const abortedReasons = new Set<OutcomeReason>(["aborted", "superseded", "session_reset"]);

/** The outcome of a message that ended without a run, in the shape of a run's. */
export function settledRowOutcome(row: InboxRow, sessionId: string): RunOutcome {
  const reason = row.outcome ?? "failed_internal";
  const end = row.doneAt ?? row.receivedAt;
  const about = { runId: row.runId, sessionId, sessionKey: row.sessionKey, reason, usage: noUsage };
  // A command answered on arrival: its detail is what it answered.
  if (reason === "command")
    return {
      ...about,
      status: "ok",
      payloads: [{ text: row.outcomeDetail ?? "", mediaUrl: null }],
      startedAt: row.receivedAt,
      endedAt: end,
    };
  return {
    ...about,
    status: abortedReasons.has(reason) ? "aborted" : reason === "deadline" ? "timeout" : "error",
    payloads: [],
    startedAt: row.receivedAt,
    endedAt: end,
    error: { code: reason.toUpperCase(), message: row.outcomeDetail ?? outcomeReasons[reason] },
  };
}

const parseOutcome = (json: string | null | undefined): RunOutcome | null =>
  json ? (JSON.parse(json) as RunOutcome) : null;

/** See {@link Ledger.outcome}. */
export function outcomeOf(sql: SqlReader, runId: string): RunOutcome | null {
  const row = findByRunId(sql, runId);
  if (!row) return parseOutcome(findRunRecord(sql, runId)?.outcome);
  if (row.state !== "done") return null;
  if (row.takenByRunId === null) return settledRowOutcome(row, "");
  return parseOutcome(findRunRecord(sql, row.takenByRunId)?.outcome);
}

/** See {@link Ledger.findRun}. */
export function findRun(sql: SqlReader, runId: string): ReturnType<Ledger["findRun"]> {
  const row = findByRunId(sql, runId);
  const record = findRunRecord(sql, row?.takenByRunId ?? runId);
  if (row) {
    return {
      state: row.state,
      sessionKey: row.sessionKey,
      runId: row.takenByRunId ?? row.runId,
      startedAt: row.takenByRunId === null ? null : (record?.started_at ?? null),
    };
  }
  if (!record) return null;
  return {
    state: record.state,
    sessionKey: record.session_key,
    runId: record.run_id,
    startedAt: record.started_at,
  };
}

const maxMessages = 50;
const maxTrace = 500;

/** See {@link Ledger.why}. Bounded: the newest 50 messages and 500 facts. */
export function whyOf(sql: SqlReader, subject: string): ReturnType<Ledger["why"]> {
  const messages = messagesAbout(sql, subject);
  const runIds = [...new Set([subject, ...messages.flatMap((row) => row.takenByRunId ?? [])])];
  const runId = runIds.toReversed().find((id) => findRunRecord(sql, id)) ?? null;
  const subjects = [...new Set([...runIds, ...messages.flatMap((row) => [row.dedupeKey, row.runId])])];
  const deliveries = [
    ...new Map(
      [
        ...runIds.flatMap((id) => deliveriesWhere(sql, { runId: id })),
        ...deliveriesWhere(sql, { key: subject }),
      ].map((row) => [row.id, row]),
    ).values(),
  ];
  return {
    messages,
    run: runId === null ? outcomeOf(sql, subject) : parseOutcome(findRunRecord(sql, runId)?.outcome),
    steps: runIds.flatMap((id) => stepsOf(sql, id)),
    deliveries,
    trace: traceOf(sql, [...subjects, ...deliveries.map((row) => row.key)], maxTrace),
  };
}

function messagesAbout(sql: SqlReader, subject: string): InboxRow[] {
  const exact = findByDedupeKey(sql, subject);
  if (exact) return [exact];
  const taken = messagesOfRun(sql, subject);
  if (taken.length > 0) return taken.slice(-maxMessages);
  const named = sql.all<InboxRecord>(
    `SELECT * FROM inbox WHERE run_id = ? OR session_key = ? OR seq = ? ORDER BY seq DESC LIMIT ${maxMessages}`,
    subject,
    subject,
    /^\d{1,15}$/.test(subject) ? Number(subject) : -1,
  );
  // A message id as the platform shows it is the last part of the dedupe key.
  const found =
    named.length > 0
      ? named
      : sql.all<InboxRecord>(
          `SELECT * FROM inbox WHERE substr(dedupe_key, -length(?)) = ? ORDER BY seq DESC LIMIT ${maxMessages}`,
          `:${subject}`,
          `:${subject}`,
        );
  return found.map(toInboxRow).toReversed();
}
