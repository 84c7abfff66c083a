import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CronJob } from "../../../../src/automation/contract.ts";
import { Loaded } from "../../components/async.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { t } from "./automation-text.ts";
import { Heartbeat } from "./heartbeat-view.tsx";
import { Hooks } from "./hooks-view.tsx";
import { JobForm } from "./job-form.tsx";
import { JobHistory } from "./job-history.tsx";
import { JobTable } from "./job-table.tsx";

type Asked = { kind: "edit"; job: CronJob | null } | { kind: "history" | "remove"; job: CronJob };

/** What starts a run without anybody: jobs by the clock, and hooks of other programs. */
export function AutomationPage(): JSX.Element {
  const query = useQuery<{ jobs: CronJob[] }>(
    "cron.list",
    { includeDisabled: true },
    { events: ["cron"], everyMs: 20_000 },
  );
  const status = useQuery<{ enabled: boolean }>("cron.status", {}, { everyMs: 60_000 });
  const [asked, ask] = useState<Asked | null>(null);

  const act = async (method: string, params: Record<string, unknown>) => {
    ask(null);
    await perform(() => call(method, params), t("done"));
    await query.reload();
  };
  const run = async ({ id }: CronJob) => {
    try {
      const { ran } = await call<{ ran: boolean }>("cron.run", { id, mode: "force" });
      tellDone(t(ran ? "started" : "notStarted"));
    } catch (error) {
      tellFailed(error);
    }
    await query.reload();
  };
  const { job } = asked ?? { job: null };

  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
      </header>
      <section class="card">
        <div class="row">
          <h2>{t("jobs")}</h2>
          <span class="spacer" />
          {may("admin") ? (
            <button type="button" class="primary" onClick={() => ask({ kind: "edit", job: null })}>
              {t("add")}
            </button>
          ) : null}
        </div>
        {status.data?.enabled === false ? <p class="warn">{t("off")}</p> : null}
        <Loaded query={query}>
          {({ jobs }) =>
            jobs.length === 0 ? (
              <p class="soft">{t("none")}</p>
            ) : (
              <JobTable
                jobs={jobs}
                onRun={(each) => void run(each)}
                onToggle={(each) =>
                  void act("cron.update", { id: each.id, patch: { enabled: !each.enabled } })
                }
                onAsk={(kind, each) => ask({ kind, job: each })}
              />
            )
          }
        </Loaded>
      </section>
      <Heartbeat />
      <Hooks />
      {asked?.kind === "edit" ? (
        <JobForm
          job={asked.job}
          onClose={(changed) => {
            ask(null);
            if (changed) void query.reload();
          }}
        />
      ) : job === null ? null : asked?.kind === "history" ? (
        <JobHistory job={job} onClose={() => ask(null)} />
      ) : (
        <Confirm
          title={t("remove")}
          subject={t("confirmRemove", { name: job.name })}
          action={t("remove")}
          onConfirm={() => void act("cron.remove", { id: job.id })}
          onCancel={() => ask(null)}
        />
      )}
    </div>
  );
}
