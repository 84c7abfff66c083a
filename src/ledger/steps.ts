import type { Lease, ToolStep } from "./contract.ts";
import type { SqlReader, SqlWriter } from "./database.ts";

interface StepRecord {
  call_id: string;
  name: string;
  input: string;
  effect: ToolStep["effect"];
  state: ToolStep["state"];
  started_at: number;
}

export function beginStep(
  sql: SqlWriter,
  lease: Lease,
  step: Omit<ToolStep, "state" | "startedAt"> & { now: number },
): void {
  // A read-only call is begun again by a resumed run; its first start is overwritten on purpose.
  sql.run(
    `INSERT INTO steps (run_id, call_id, name, input, effect, state, started_at) VALUES (?, ?, ?, ?, ?, 'started', ?)
     ON CONFLICT (run_id, call_id) DO UPDATE SET state = 'started', started_at = excluded.started_at, ended_at = NULL`,
    lease.runId,
    step.callId,
    step.name,
    JSON.stringify(step.input),
    step.effect,
    step.now,
  );
}

export function endStep(sql: SqlWriter, lease: Lease, step: { callId: string; now: number }): void {
  sql.run(
    "UPDATE steps SET state = 'done', ended_at = ? WHERE run_id = ? AND call_id = ?",
    step.now,
    lease.runId,
    step.callId,
  );
}

/** Steps of a run in the order they were begun. */
export function stepsOf(sql: SqlReader, runId: string): ToolStep[] {
  return sql
    .all<StepRecord>("SELECT * FROM steps WHERE run_id = ? ORDER BY started_at, rowid", runId)
    .map((record) => ({
      callId: record.call_id,
      name: record.name,
      input: JSON.parse(record.input) as ToolStep["input"],
      effect: record.effect,
      state: record.state,
      startedAt: record.started_at,
    }));
}
