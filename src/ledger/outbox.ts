import type { JsonObject } from "../core/json.ts";
import type { DeliveryResult, DeliveryRow, DeliveryTarget, NewDelivery } from "./contract.ts";
import { policyDefaults, type LedgerContext } from "./context.ts";
import type { SqlReader, SqlValue, SqlWriter } from "./database.ts";
import { targetKey } from "./lane-rules.ts";
import { note } from "./trace.ts";

interface DeliveryRecord {
  id: number;
  key: string;
  run_id: string | null;
  target_key: string;
  state: DeliveryRow["state"];
  ambiguous: number;
  attempts: number;
  next_at: number;
  last_error: string | null;
  receipt: string | null;
  created_at: number;
  settled_at: number | null;
  /** JSON of target, text, mediaUrls and content. */
  message: string;
}

function toDelivery(record: DeliveryRecord): DeliveryRow {
  return {
    ...(JSON.parse(record.message) as Pick<NewDelivery, "target" | "text" | "mediaUrls" | "content">),
    id: record.id,
    key: record.key,
    runId: record.run_id,
    state: record.state,
    attempts: record.attempts,
    nextAttemptAt: record.next_at,
    lastError: record.last_error,
    receipt: record.receipt === null ? null : (JSON.parse(record.receipt) as JsonObject),
    createdAt: record.created_at,
    settledAt: record.settled_at,
  };
}

/** Stores a delivery unless its key is known; the earlier one stands. */
export function enqueue(
  sql: SqlWriter,
  delivery: NewDelivery,
  now: number,
): { row: DeliveryRow; duplicate: boolean } {
  const { key, runId, target, text, mediaUrls, content } = delivery;
  const { changes } = sql.run(
    `INSERT INTO deliveries (key, run_id, target_key, state, next_at, created_at, message)
     VALUES (?, ?, ?, 'pending', ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    key,
    runId,
    targetKey(target),
    now,
    now,
    JSON.stringify({ target, text, ...(mediaUrls && { mediaUrls }), ...(content && { content }) }),
  );
  const record = sql.get<DeliveryRecord>("SELECT * FROM deliveries WHERE key = ?", key);
  if (!record) throw new Error(`delivery ${key} vanished in its own transaction`);
  if (changes > 0)
    note(sql, {
      at: now,
      subject: runId ?? key,
      stage: "deliver",
      rule: "outbox.enqueue",
      detail: `${key} to ${target.channel}:${target.to}`,
    });
  return { row: toDelivery(record), duplicate: changes === 0 };
}

/** See {@link Ledger.claimDelivery}: the oldest open delivery of a target goes first and holds up the others of that target. */
export function claimDue(
  sql: SqlWriter,
  now: number,
  accepts: Accepts = acceptAll,
): { row: DeliveryRow; ambiguous: boolean } | null {
  const head = heads(sql).find(
    (one) =>
      (one.state === "pending" ? one.next_at <= now : one.ambiguous === 1) &&
      accepts(targetOf(one.target_key)),
  );
  const due = head && sql.get<DeliveryRecord>("SELECT * FROM deliveries WHERE id = ?", head.id);
  if (!due) return null;
  const attempts = due.attempts + 1;
  sql.run(
    "UPDATE deliveries SET state = 'sending', ambiguous = 0, attempts = ? WHERE id = ?",
    attempts,
    due.id,
  );
  return { row: toDelivery({ ...due, state: "sending", attempts }), ambiguous: due.ambiguous === 1 };
}

type Accepts = (target: DeliveryTarget) => boolean;
const acceptAll: Accepts = () => true;

type Head = Pick<DeliveryRecord, "id" | "target_key" | "state" | "ambiguous" | "next_at">;

/** The oldest open delivery of every target, oldest first. Their contents may be large and are left where they are. */
const heads = (sql: SqlReader): Head[] =>
  sql.all<Head>(
    `SELECT id, target_key, state, ambiguous, next_at FROM deliveries WHERE id IN
       (SELECT min(id) FROM deliveries WHERE state IN ('pending', 'sending') GROUP BY target_key) ORDER BY id`,
  );

/** The place a {@link targetKey} names. */
function targetOf(key: string): DeliveryTarget {
  const [channel, account, to, threadId] = JSON.parse(key) as [string, string, string, string | null];
  return { channel, account, to, ...(threadId === null ? {} : { threadId }) };
}

/** See {@link Ledger.nextDeliveryAt}. What is being sent has no time: its end is told. */
export function nextDue(sql: SqlReader, accepts: Accepts = acceptAll): number | null {
  const times = heads(sql).flatMap((one) =>
    one.state === "pending" && accepts(targetOf(one.target_key)) ? [one.next_at] : [],
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** See {@link Ledger.decideDelivery}. What is being sent right now ends by itself. */
export function decide(
  sql: SqlWriter,
  wish: { key: string; decision: "retry" | "drop"; now: number },
): DeliveryRow | null {
  const { key, decision, now } = wish;
  const { changes } =
    decision === "retry"
      ? sql.run(
          `UPDATE deliveries SET state = 'pending', ambiguous = 0, attempts = 0, next_at = ?, settled_at = NULL
           WHERE key = ? AND state IN ('dead', 'unknown')`,
          now,
          key,
        )
      : sql.run(
          `UPDATE deliveries SET state = 'dead', last_error = 'dropped by the operator', settled_at = ?
           WHERE key = ? AND state IN ('pending', 'unknown', 'dead') AND last_error IS NOT 'dropped by the operator'`,
          now,
          key,
        );
  const record = sql.get<DeliveryRecord>("SELECT * FROM deliveries WHERE key = ?", key);
  if (changes === 0 || !record) return null;
  note(sql, {
    at: now,
    subject: record.run_id ?? key,
    stage: "deliver",
    rule: `outbox.${decision}`,
    detail: `${key}: the operator decided`,
  });
  return toDelivery(record);
}

/** Marks deliveries that another process was sending: nobody knows whether they arrived. */
export function markAmbiguous(sql: SqlWriter): number {
  return sql.run("UPDATE deliveries SET ambiguous = 1 WHERE state = 'sending'").changes;
}

/** Milliseconds before the next try: 1 s, 2 s, 4 s, … at most 10 minutes. */
const backoffMs = (attempts: number): number => Math.min(600_000, 1000 * 2 ** Math.min(attempts - 1, 20));

/** See {@link Ledger.settleDelivery}. A delivery that is not being sent stays as it is. */
export function settle(
  context: LedgerContext,
  sql: SqlWriter,
  settlement: { id: number; result: DeliveryResult; now: number },
): void {
  const { id, result, now } = settlement;
  const record = sql.get<DeliveryRecord>("SELECT * FROM deliveries WHERE id = ? AND state = 'sending'", id);
  if (!record) return;
  const limit = context.policy().maxDeliveryAttempts ?? policyDefaults.maxDeliveryAttempts;
  const mayRetry = result.kind === "retry" && record.attempts < limit;
  const state = mayRetry ? "pending" : result.kind === "retry" ? "dead" : result.kind;
  const error = result.kind === "sent" ? null : result.error;
  const nextAt =
    result.kind === "retry"
      ? now + Math.max(0, result.afterMs ?? backoffMs(record.attempts))
      : record.next_at;
  sql.run(
    `UPDATE deliveries SET state = ?, ambiguous = ?, next_at = ?, last_error = ?, receipt = ?, settled_at = ?
     WHERE id = ?`,
    state,
    mayRetry && result.kind === "retry" && result.ambiguous ? 1 : 0,
    nextAt,
    error,
    result.kind === "sent" ? JSON.stringify(result.receipt) : null,
    mayRetry ? null : now,
    id,
  );
  note(sql, {
    at: now,
    subject: record.run_id ?? record.key,
    stage: "deliver",
    rule: `outbox.${mayRetry ? "retry" : state}`,
    detail: `${record.key} after attempt ${record.attempts}${error === null ? "" : `: ${error}`}`,
  });
}

/** Deliveries a filter names, oldest first; at most `limit` (default 200) of the newest. */
export function deliveriesWhere(
  sql: SqlReader,
  filter: { runId?: string; state?: DeliveryRow["state"]; key?: string; limit?: number },
): DeliveryRow[] {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const [column, value] of [
    ["run_id", filter.runId],
    ["state", filter.state],
    ["key", filter.key],
  ] as const) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  return sql
    .all<DeliveryRecord>(
      `SELECT * FROM deliveries ${where} ORDER BY id DESC LIMIT ?`,
      ...values,
      filter.limit ?? 200,
    )
    .map(toDelivery)
    .toReversed();
}
