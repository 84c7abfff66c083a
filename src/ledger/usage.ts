import type { RunOutcome } from "../core/outcome.ts";
import type { Ledger, RunRow, UsageRow } from "./contract.ts";
import type { SqlReader } from "./database.ts";
import type { RunRecord } from "./run-record.ts";

interface UsageColumns {
  date: string;
  agent_id: string;
  provider: string | null;
  model: string | null;
  door: string | null;
  runs: number;
  failed: number;
  input: number | null;
  output: number | null;
  total: number | null;
  cost: number | null;
  unpriced: number;
}

/** See {@link Ledger.usage}. Added up by the database, so that what crosses over is one row per combination. */
export function usageOf(sql: SqlReader, from: number, until: number): UsageRow[] {
  return sql
    .all<UsageColumns>(
      `SELECT date(ended_at / 1000, 'unixepoch') AS date, agent_id,
         outcome ->> '$.provider' AS provider, outcome ->> '$.model' AS model,
         (SELECT message ->> '$.door' FROM inbox WHERE taken_by = runs.run_id ORDER BY seq LIMIT 1) AS door,
         count(*) AS runs, sum(outcome ->> '$.status' <> 'ok') AS failed,
         sum(outcome ->> '$.usage.input') AS input, sum(outcome ->> '$.usage.output') AS output,
         sum(outcome ->> '$.usage.total') AS total, sum(outcome ->> '$.usage.cost') AS cost,
         sum(outcome ->> '$.usage.cost' IS NULL) AS unpriced
       FROM runs WHERE ended_at >= ? AND ended_at < ? AND outcome IS NOT NULL
       GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
      from,
      until,
    )
    .map((row) => ({
      date: row.date,
      agentId: row.agent_id,
      provider: row.provider,
      model: row.model,
      door: row.door,
      runs: row.runs,
      failed: row.failed,
      input: row.input ?? 0,
      output: row.output ?? 0,
      total: row.total ?? 0,
      cost: row.cost ?? 0,
      unpriced: row.unpriced,
    }));
}

/** See {@link Ledger.runsOf}. */
export function runsOfSession(
  sql: SqlReader,
  sessionKey: string,
  limit: number,
): ReturnType<Ledger["runsOf"]> {
  return sql
    .all<RunRecord & { steps: number }>(
      `SELECT runs.*, (SELECT count(*) FROM steps WHERE steps.run_id = runs.run_id) AS steps FROM runs
       WHERE run_id IN (SELECT taken_by FROM inbox WHERE session_key = ? AND taken_by IS NOT NULL
         GROUP BY taken_by ORDER BY max(seq) DESC LIMIT ?)
       ORDER BY started_at DESC`,
      sessionKey,
      limit,
    )
    .map(toRunRow);
}

function toRunRow(record: RunRecord & { steps: number }): RunRow {
  const outcome = record.outcome === null ? null : (JSON.parse(record.outcome) as RunOutcome);
  return {
    runId: record.run_id,
    sessionId: record.session_id,
    agentId: record.agent_id,
    state: record.state,
    startedAt: record.started_at,
    endedAt: record.ended_at,
    attempt: record.attempt,
    steps: record.steps,
    status: outcome?.status ?? null,
    reason: outcome?.reason ?? null,
    provider: outcome?.provider ?? null,
    model: outcome?.model ?? null,
    usage: outcome?.usage ?? null,
    error: outcome?.error ?? null,
  };
}
