import { existsSync } from "node:fs";
import type { CronRunEntry } from "../automation/index.ts";
import type { LoginStore } from "../models/index.ts";
import { archivedPath, openSessionsReadOnly } from "../sessions/index.ts";
import { openDatabase, readTextIfExists, type Paths } from "../state/index.ts";
import type { TargetView } from "./work.ts";

/** The state as it is, read only: a plan changes nothing, not even a timestamp. */
export async function openTarget(options: {
  paths: Paths;
  logins: LoginStore;
}): Promise<TargetView & { close(): void }> {
  const { paths, logins } = options;
  const sessions = await openSessionsReadOnly({ paths });
  const cron = readCron(paths.ledgerPath);
  return {
    async idsOf(key) {
      if (!sessions?.get(key)) return null;
      const ids = new Set<string>();
      for await (const { entry } of sessions.everything(key)) ids.add(entry.id);
      return ids;
    },
    idsOfArchive(agentId, name) {
      const lines = (readTextIfExists(archivedPath(paths, agentId, name)) ?? "").split("\n");
      return new Set(lines.flatMap((line) => /^\{"id":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? []));
    },
    hasCronJob: (id) => cron.jobs.has(id),
    hasCronRun: (entry: CronRunEntry) => cron.runs.has(JSON.stringify(entry)),
    hasLogin: (id) => logins.get(id) !== null,
    close: () => sessions?.close(),
  };
}

function readCron(ledgerPath: string): { jobs: Set<string>; runs: Set<string> } {
  const none = { jobs: new Set<string>(), runs: new Set<string>() };
  if (!existsSync(ledgerPath)) return none;
  const database = openDatabase(ledgerPath, [], { readOnly: true });
  try {
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'cron_runs'").get() === undefined)
      return none;
    const texts = (sql: string): Set<string> =>
      new Set(
        database
          .prepare(sql)
          .all()
          .flatMap((row) => (typeof row["v"] === "string" ? [row["v"]] : [])),
      );
    return { jobs: texts("SELECT id AS v FROM cron_jobs"), runs: texts("SELECT entry AS v FROM cron_runs") };
  } finally {
    database.close();
  }
}
