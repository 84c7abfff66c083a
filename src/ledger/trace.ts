import type { TraceRow } from "./contract.ts";
import type { SqlReader, SqlWriter } from "./database.ts";

const maxPerStage = 50;
const maxText = 2000;

/** Remembers one fact. A stage that repeats for the same subject is kept only so often: a retry loop must not fill the disk. */
export function note(sql: SqlWriter, row: TraceRow): void {
  sql.run(
    `INSERT INTO trace (at, subject, stage, rule, detail) SELECT ?, ?, ?, ?, ?
     WHERE (SELECT count(*) FROM trace WHERE subject = ? AND stage = ?) < ${maxPerStage}`,
    row.at,
    row.subject,
    row.stage.slice(0, maxText),
    row.rule.slice(0, maxText),
    row.detail.slice(0, maxText),
    row.subject,
    row.stage.slice(0, maxText),
  );
}

/** The newest facts about any of the subjects, oldest first. */
export function traceOf(sql: SqlReader, subjects: readonly string[], limit: number): TraceRow[] {
  return sql
    .all<TraceRow & { id: number }>(
      `SELECT id, at, subject, stage, rule, detail FROM trace
       WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?`,
      JSON.stringify(subjects),
      limit,
    )
    .map(({ at, subject, stage, rule, detail }) => ({ at, subject, stage, rule, detail }))
    .toReversed();
}
