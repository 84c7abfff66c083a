import type { JSX } from "preact";
import type { CronJob, CronRunEntry } from "../../../../src/automation/contract.ts";
import { Loaded } from "../../components/async.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./automation-text.ts";
import { runMarks } from "./job-table.tsx";

const mostShown = 50;

/** The newest runs of a job and what came of each. */
export function JobHistory({ job, onClose }: { job: CronJob; onClose: () => void }): JSX.Element {
  const query = useQuery<{ entries: CronRunEntry[] }>(
    "cron.runs",
    { id: job.id, limit: mostShown },
    { events: ["cron"] },
  );
  return (
    <Dialog title={t("historyOf", { name: job.name })} onClose={onClose}>
      <Loaded query={query}>
        {({ entries }) =>
          entries.length === 0 ? (
            <p class="soft">{t("noRuns")}</p>
          ) : (
            <ul class="rows">
              {entries.map((entry) => (
                <li key={`${entry.ts} ${entry.runAtMs ?? 0}`}>
                  <div class="fill">
                    <div class="row">
                      {entry.status === undefined ? null : (
                        <span class={`pill ${runMarks[entry.status]}`}>{t(entry.status)}</span>
                      )}
                      <span class="soft">
                        {format.dateTime(entry.runAtMs ?? entry.ts)}
                        {entry.durationMs === undefined ? "" : ` · ${format.duration(entry.durationMs)}`}
                      </span>
                    </div>
                    {entry.error === undefined ? null : <p class="bad">{entry.error}</p>}
                    {entry.summary === undefined ? null : <p class="quote">{entry.summary}</p>}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Dialog>
  );
}
