import type { LedgerDb, MigrationStep } from "../ledger/index.ts";
import type { CronJob, CronRunEntry } from "./contract.ts";

/** Finished runs kept per job. */
const keptRuns = 500;

const steps: MigrationStep[] = [
  `CREATE TABLE cron_jobs (
     id TEXT PRIMARY KEY,
     next_run_at INTEGER,
     enabled INTEGER NOT NULL,
     job TEXT NOT NULL
   ) STRICT;
   CREATE INDEX cron_jobs_due ON cron_jobs (next_run_at) WHERE enabled = 1;
   CREATE TABLE cron_runs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     job_id TEXT NOT NULL,
     entry TEXT NOT NULL
   ) STRICT;
   CREATE INDEX cron_runs_job ON cron_runs (job_id, seq);`,
];

/** Jobs and their runs in the ledger database. The row is the truth; two columns are there to be found by. */
export interface CronStore {
  all(): CronJob[];
  get(id: string): CronJob | null;
  put(job: CronJob): Promise<void>;
  /** False when there was none. Its runs stay readable. */
  remove(id: string): Promise<boolean>;
  /** Writes down a finished run together with what it means for the job; null removes the job. */
  finish(entry: CronRunEntry, job: CronJob | null): Promise<void>;
  /** Takes one finished run out again; whether it was there. */
  removeRun(entry: CronRunEntry): Promise<boolean>;
  /** Newest first. */
  runs(jobId: string, limit: number): CronRunEntry[];
  /** Earliest next run of all enabled jobs. */
  nextWakeAtMs(): number | null;
}

/** Opens the tables of cron in the ledger database. */
export function createCronStore(db: LedgerDb): CronStore {
  db.migrate("cron", steps);
  const read = (row: { job: string }) => JSON.parse(row.job) as CronJob;
  const putSql = `INSERT INTO cron_jobs (id, next_run_at, enabled, job) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET next_run_at = excluded.next_run_at, enabled = excluded.enabled, job = excluded.job`;
  const rowOf = (job: CronJob) =>
    [job.id, job.state.nextRunAtMs ?? null, job.enabled ? 1 : 0, JSON.stringify(job)] as const;
  return {
    all: () => db.read((sql) => sql.all<{ job: string }>("SELECT job FROM cron_jobs ORDER BY id")).map(read),
    get(id) {
      const row = db.read((sql) => sql.get<{ job: string }>("SELECT job FROM cron_jobs WHERE id = ?", id));
      return row === undefined ? null : read(row);
    },
    put: (job) => db.write((sql) => void sql.run(putSql, ...rowOf(job))),
    remove: (id) => db.write((sql) => sql.run("DELETE FROM cron_jobs WHERE id = ?", id).changes > 0),
    finish: (entry, job) =>
      db.write((sql) => {
        sql.run("INSERT INTO cron_runs (job_id, entry) VALUES (?, ?)", entry.jobId, JSON.stringify(entry));
        sql.run(
          `DELETE FROM cron_runs WHERE job_id = ? AND seq <=
             (SELECT seq FROM cron_runs WHERE job_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
          entry.jobId,
          entry.jobId,
          keptRuns,
        );
        if (job === null) sql.run("DELETE FROM cron_jobs WHERE id = ?", entry.jobId);
        else sql.run(putSql, ...rowOf(job));
      }),
    removeRun: (entry) =>
      db.write(
        (sql) =>
          sql.run(
            `DELETE FROM cron_runs WHERE seq = (SELECT max(seq) FROM cron_runs WHERE job_id = ? AND entry = ?)`,
            entry.jobId,
            JSON.stringify(entry),
          ).changes > 0,
      ),
    runs: (jobId, limit) =>
      db
        .read((sql) =>
          sql.all<{ entry: string }>(
            "SELECT entry FROM cron_runs WHERE job_id = ? ORDER BY seq DESC LIMIT ?",
            jobId,
            limit,
          ),
        )
        .map((row) => JSON.parse(row.entry) as CronRunEntry),
    nextWakeAtMs: () =>
      db.read((sql) =>
        sql.get<{ at: number | null }>("SELECT MIN(next_run_at) AS at FROM cron_jobs WHERE enabled = 1"),
      )?.at ?? null,
  };
}
