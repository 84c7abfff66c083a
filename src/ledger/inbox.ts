import { OpenClawError } from "../core/errors.ts";
import type { OutcomeReason } from "../core/outcome.ts";
import type { AcceptResult, InboundMessage, InboxRow } from "./contract.ts";
import type { LedgerContext } from "./context.ts";
import type { SqlReader, SqlWriter } from "./database.ts";
import { note } from "./trace.ts";

export interface InboxRecord {
  seq: number;
  dedupe_key: string;
  run_id: string;
  session_key: string;
  agent_id: string;
  mode: InboxRow["mode"];
  state: InboxRow["state"];
  taken_by: string | null;
  received_at: number;
  done_at: number | null;
  outcome: OutcomeReason | null;
  outcome_detail: string | null;
  /** JSON of the members that no query asks for. */
  message: string;
}

export function toInboxRow(record: InboxRecord): InboxRow {
  const rest = JSON.parse(record.message) as Omit<
    InboundMessage,
    "dedupeKey" | "runId" | "sessionKey" | "agentId" | "mode"
  >;
  return {
    ...rest,
    seq: record.seq,
    dedupeKey: record.dedupe_key,
    runId: record.run_id,
    sessionKey: record.session_key,
    agentId: record.agent_id,
    mode: record.mode,
    state: record.state,
    takenByRunId: record.taken_by,
    receivedAt: record.received_at,
    doneAt: record.done_at,
    outcome: record.outcome,
    outcomeDetail: record.outcome_detail,
  };
}

export const findByDedupeKey = (sql: SqlReader, key: string): InboxRow | null => {
  const record = sql.get<InboxRecord>("SELECT * FROM inbox WHERE dedupe_key = ?", key);
  return record ? toInboxRow(record) : null;
};

/** The newest message clients know under this run id. */
export const findByRunId = (sql: SqlReader, runId: string): InboxRow | null => {
  const record = sql.get<InboxRecord>(
    "SELECT * FROM inbox WHERE run_id = ? ORDER BY seq DESC LIMIT 1",
    runId,
  );
  return record ? toInboxRow(record) : null;
};

/** Named, since the planner would rather walk through everything the session ever said. */
export const queuedOf = (sql: SqlReader, sessionKey: string): InboxRow[] =>
  sql
    .all<InboxRecord>(
      "SELECT * FROM inbox INDEXED BY inbox_lane WHERE session_key = ? AND state = 'queued' ORDER BY seq",
      sessionKey,
    )
    .map(toInboxRow);

export const messagesOfRun = (sql: SqlReader, runId: string): InboxRow[] =>
  sql.all<InboxRecord>("SELECT * FROM inbox WHERE taken_by = ? ORDER BY seq", runId).map(toInboxRow);

interface Ending {
  reason: OutcomeReason;
  detail: string | null;
}

function insert(
  sql: SqlWriter,
  options: { message: InboundMessage; now: number; end: Ending | null },
): InboxRow {
  const { message, now, end } = options;
  const { dedupeKey, runId, sessionKey, agentId, mode, ...rest } = message;
  const record: Omit<InboxRecord, "seq"> = {
    dedupe_key: dedupeKey,
    run_id: runId,
    session_key: sessionKey,
    agent_id: agentId,
    mode,
    state: end ? "done" : "queued",
    taken_by: null,
    received_at: now,
    done_at: end ? now : null,
    outcome: end?.reason ?? null,
    outcome_detail: end?.detail ?? null,
    message: JSON.stringify(rest),
  };
  const { lastId } = sql.run(
    `INSERT INTO inbox (dedupe_key, run_id, session_key, agent_id, mode, state, received_at, done_at, outcome,
       outcome_detail, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.dedupe_key,
    record.run_id,
    record.session_key,
    record.agent_id,
    record.mode,
    record.state,
    record.received_at,
    record.done_at,
    record.outcome,
    record.outcome_detail,
    record.message,
  );
  return toInboxRow({ ...record, seq: lastId });
}

/**
 * Stores a message for its lane, or as refused when its session already has too many waiting. The same message sent
 * again is the first one, unless that was refused for want of room.
 */
export function acceptMessage(context: LedgerContext, sql: SqlWriter, message: InboundMessage): AcceptResult {
  const now = context.clock.now();
  const earlier = findByDedupeKey(sql, message.dedupeKey);
  // For want of room nothing was decided about the message: sent again, it is taken as if for the first time.
  if (earlier?.outcome === "refused_limit") sql.run("DELETE FROM inbox WHERE seq = ?", earlier.seq);
  else if (earlier) return repeated(sql, earlier, now);
  const limit = context.policy().maxQueuedPerSession;
  const waiting =
    sql.get<{ n: number }>(
      "SELECT count(*) AS n FROM inbox WHERE session_key = ? AND state = 'queued'",
      message.sessionKey,
    )?.n ?? 0;
  if (waiting >= limit) {
    const detail = `${waiting} messages already wait in ${message.sessionKey}; the limit is ${limit}`;
    return refuseMessage(context, sql, { message, reason: "refused_limit", detail });
  }
  if (message.replaces) refuseUnlessIdle(sql, message.sessionKey, waiting);
  context.sink.open(sql, { key: message.sessionKey, agentId: message.agentId, now });
  const row = insert(sql, { message, now, end: null });
  note(sql, {
    at: now,
    subject: row.dedupeKey,
    stage: "accept",
    rule: `queue.${row.mode}`,
    detail: `message ${row.seq} by ${row.door} for ${row.sessionKey}, ${waiting} waiting before it`,
  });
  if (message.replaces)
    note(sql, {
      at: now,
      subject: row.dedupeKey,
      stage: "rewind",
      rule: "rewind.accepted",
      detail: `version ${message.replaces.version}, to take the place of entry ${message.replaces.id}`,
    });
  return { row, duplicate: false };
}

/** What is said or waits to be said would stand on the ground that is taken away. */
function refuseUnlessIdle(sql: SqlReader, sessionKey: string, waiting: number): void {
  const isRunning =
    sql.get("SELECT 1 FROM runs WHERE session_key = ? AND state = 'running'", sessionKey) !== undefined;
  if (!isRunning && waiting === 0) return;
  throw new OpenClawError(
    "SESSION_BUSY",
    `session ${JSON.stringify(sessionKey)} is at work, so no earlier message of it can be changed now`,
    { retryable: true, hint: "stop it first (/stop), or send with stopFirst" },
  );
}

/** Stores a message together with the reason why it will not be answered. */
export function refuseMessage(
  context: LedgerContext,
  sql: SqlWriter,
  refusal: { message: InboundMessage; reason: OutcomeReason; detail: string },
): AcceptResult {
  const now = context.clock.now();
  const { message, reason, detail } = refusal;
  const earlier = findByDedupeKey(sql, message.dedupeKey);
  if (earlier) return repeated(sql, earlier, now);
  const row = insert(sql, { message, now, end: { reason, detail } });
  const stage = reason === "command" ? "command" : "refuse";
  note(sql, { at: now, subject: row.dedupeKey, stage, rule: reason, detail });
  return { row, duplicate: false };
}

function repeated(sql: SqlWriter, row: InboxRow, now: number): AcceptResult {
  note(sql, {
    at: now,
    subject: row.dedupeKey,
    stage: "duplicate",
    rule: "inbox.dedupe",
    detail: `the same message came again; message ${row.seq} stands`,
  });
  return { row, duplicate: true };
}

/** Ends messages that no run has taken. */
export function endQueued(
  sql: SqlWriter,
  end: { rows: readonly InboxRow[]; reason: OutcomeReason; detail: string; rule: string; now: number },
): InboxRow[] {
  return end.rows.map((row) => {
    sql.run(
      "UPDATE inbox SET state = 'done', done_at = ?, outcome = ?, outcome_detail = ? WHERE seq = ? AND state = 'queued'",
      end.now,
      end.reason,
      end.detail,
      row.seq,
    );
    note(sql, { at: end.now, subject: row.dedupeKey, stage: "settle", rule: end.rule, detail: end.detail });
    return { ...row, state: "done", doneAt: end.now, outcome: end.reason, outcomeDetail: end.detail };
  });
}

/** See {@link Ledger.amendQueued}. */
export function amend(
  sql: SqlWriter,
  change: { dedupeKey: string; text: string; now: number },
): InboxRow | null {
  const { dedupeKey, text, now } = change;
  const record = sql.get<InboxRecord>(
    "SELECT * FROM inbox WHERE dedupe_key = ? AND state = 'queued'",
    dedupeKey,
  );
  if (!record) return null;
  // Not by json_set: a text may hold what SQLite ends a string at.
  const message = JSON.stringify({ ...(JSON.parse(record.message) as object), text });
  sql.run("UPDATE inbox SET message = ? WHERE seq = ?", message, record.seq);
  note(sql, {
    at: now,
    subject: dedupeKey,
    stage: "amend",
    rule: "inbox.edited",
    detail: "the sender changed the text before a run took it",
  });
  return toInboxRow({ ...record, message });
}

/** Queued messages a filter names; an empty filter names none. */
export function matchQueued(sql: SqlReader, filter: { sessionKey?: string; runId?: string }): InboxRow[] {
  if (filter.sessionKey !== undefined) {
    const rows = queuedOf(sql, filter.sessionKey);
    return filter.runId === undefined ? rows : rows.filter((row) => row.runId === filter.runId);
  }
  if (filter.runId === undefined) return [];
  return sql
    .all<InboxRecord>("SELECT * FROM inbox WHERE run_id = ? AND state = 'queued' ORDER BY seq", filter.runId)
    .map(toInboxRow);
}
