import type { JSX } from "preact";
import type { CronJob } from "../../../../src/automation/contract.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./automation-text.ts";
import { spanOf } from "./job-draft.ts";

export const runMarks = { ok: "good", error: "bad", skipped: "warn" } as const;

export function JobTable({
  jobs,
  onRun,
  onToggle,
  onAsk,
}: {
  jobs: CronJob[];
  onRun: (job: CronJob) => void;
  onToggle: (job: CronJob) => void;
  onAsk: (kind: "edit" | "history" | "remove", job: CronJob) => void;
}): JSX.Element {
  return (
    <ul class="rows">
      {jobs.map((job) => (
        <li key={job.id} aria-label={job.name}>
          <div class="fill">
            <div class="row">
              <strong>{job.name}</strong>
              {job.enabled ? null : <span class="pill warn">{t("paused")}</span>}
              {job.state.runningAtMs === undefined ? null : <span class="pill">{t("running")}</span>}
            </div>
            <p class="quote">{job.payload.kind === "agentTurn" ? job.payload.message : job.payload.text}</p>
            <p class="soft">
              {[
                scheduleText(job),
                `${t("next")}: ${job.enabled && job.state.nextRunAtMs ? format.ago(job.state.nextRunAtMs) : t("never")}`,
                job.agentId ?? "",
                job.delivery?.to === undefined ? "" : `→ ${job.delivery.channel ?? ""}:${job.delivery.to}`,
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
            <Last job={job} />
          </div>
          {may("admin") ? (
            <div class="row">
              <button type="button" onClick={() => onRun(job)}>
                {t("runNow")}
              </button>
              <button type="button" onClick={() => onToggle(job)}>
                {t(job.enabled ? "pause" : "resume")}
              </button>
              <button type="button" onClick={() => onAsk("edit", job)}>
                {t("edit")}
              </button>
              <button type="button" onClick={() => onAsk("history", job)}>
                {t("history")}
              </button>
              <button type="button" class="danger" onClick={() => onAsk("remove", job)}>
                {t("remove")}
              </button>
            </div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Last({ job }: { job: CronJob }): JSX.Element {
  const { lastRunAtMs, lastStatus, lastError } = job.state;
  if (lastRunAtMs === undefined) return <p class="soft">{`${t("last")}: ${t("never")}`}</p>;
  return (
    <p class="soft">
      {`${t("last")}: ${format.ago(lastRunAtMs)} `}
      {lastStatus === undefined ? null : <span class={`pill ${runMarks[lastStatus]}`}>{t(lastStatus)}</span>}
      {lastError === undefined ? "" : ` ${lastError}`}
    </p>
  );
}

function scheduleText({ schedule }: CronJob): string {
  if (schedule.kind === "at") return t("atText", { when: format.dateTime(Date.parse(schedule.at)) });
  if (schedule.kind === "cron") return [schedule.expr, schedule.tz].filter(Boolean).join(" ");
  const { count, unit } = spanOf(schedule.everyMs);
  return t("everyText", { span: `${count} ${t(unit)}` });
}
