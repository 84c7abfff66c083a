import type { LanePolicy } from "./contract.ts";
import { policyDefaults } from "./context.ts";
import type { SqlValue, SqlWriter } from "./database.ts";

const day = 86_400_000;
/** A platform may redeliver after weeks; below this a repeat could be answered twice. */
const minOutcomeDays = 30;
/** Rows per table and commit, so that pruning never holds the event loop for long. */
const batch = 200;

/**
 * Forgets one batch of old finished work; returns how many rows went, 0 when there is nothing left to do. Queued,
 * running and unsettled rows are never touched.
 */
export function pruneBatch(sql: SqlWriter, policy: LanePolicy, now: number): number {
  const detailBefore = now - (policy.detailDays ?? policyDefaults.detailDays) * day;
  const outcomeBefore =
    now - Math.max(minOutcomeDays, policy.outcomeDays ?? policyDefaults.outcomeDays) * day;
  const remove = (text: string, ...values: SqlValue[]): number => sql.run(text, ...values, batch).changes;
  return (
    remove(
      `DELETE FROM steps WHERE rowid IN (SELECT s.rowid FROM steps s WHERE s.started_at < ? AND NOT EXISTS
       (SELECT 1 FROM runs r WHERE r.run_id = s.run_id AND r.state = 'running') LIMIT ?)`,
      detailBefore,
    ) +
    remove("DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE at < ? LIMIT ?)", detailBefore) +
    remove(
      "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE settled_at < ? LIMIT ?)",
      // The key keeps a repeat from being sent again, so it lives as long as a dedupe key.
      Math.min(detailBefore, now - minOutcomeDays * day),
    ) +
    remove(
      "DELETE FROM inbox WHERE seq IN (SELECT seq FROM inbox WHERE done_at < ? LIMIT ?)",
      outcomeBefore,
    ) +
    remove(
      "DELETE FROM runs WHERE run_id IN (SELECT run_id FROM runs WHERE ended_at < ? LIMIT ?)",
      outcomeBefore,
    )
  );
}
