import type { SqlReader } from "./database.ts";

export interface RunRecord {
  run_id: string;
  session_key: string;
  session_id: string;
  agent_id: string;
  state: "running" | "done";
  owner: string;
  fence: number;
  attempt: number;
  lease_until: number;
  deadline_at: number;
  started_at: number;
  ended_at: number | null;
  /** JSON of a RunOutcome. */
  outcome: string | null;
}

export const findRunRecord = (sql: SqlReader, runId: string): RunRecord | undefined =>
  sql.get<RunRecord>("SELECT * FROM runs WHERE run_id = ?", runId);
