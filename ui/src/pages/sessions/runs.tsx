import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Detail } from "../../components/detail.tsx";
import { format } from "../../i18n/index.ts";
import { saidOutcome, saidTrouble } from "../../i18n/said/index.ts";
import { money, type Run } from "./sessions-api.ts";
import { t } from "./sessions-text.ts";
import { WhyDialog } from "./why.tsx";

const marks = { ok: "good", error: "bad", timeout: "bad", aborted: "warn" } as const;

/** The runs of a conversation, newest first, each with what it used and why it ended so. */
export function Runs({ runs }: { runs: Run[] }): JSX.Element {
  const [asked, ask] = useState<string | null>(null);
  if (runs.length === 0) return <p class="soft">{t("noRuns")}</p>;
  return (
    <>
      <div class="table-scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>{t("started")}</th>
              <th>{t("ended")}</th>
              <th>{t("model")}</th>
              <th class="align-right">{t("took")}</th>
              <th class="align-right">{t("steps")}</th>
              <th class="align-right">{t("tokens")}</th>
              <th class="align-right">{t("cost")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.runId}>
                <td class="when">{format.dateTime(run.startedAt)}</td>
                <td class="outcome">
                  {run.status === null ? (
                    <span class="pill">{t("running")}</span>
                  ) : (
                    <span
                      class={`pill ${marks[run.status]}`}
                      title={run.reason ? saidOutcome(run.reason)[1] : ""}
                    >
                      {run.reason ? saidOutcome(run.reason)[0] : run.status}
                    </span>
                  )}
                  {run.error ? <Because error={run.error} /> : null}
                </td>
                <td>{run.model ?? "–"}</td>
                <td class="align-right when">
                  {run.endedAt === null ? "–" : format.duration(run.endedAt - run.startedAt)}
                </td>
                <td class="align-right">{run.steps}</td>
                <td class="align-right">{run.usage ? format.compact(run.usage.total) : "–"}</td>
                <td class="align-right">{run.usage?.cost === undefined ? "–" : money(run.usage.cost)}</td>
                <td>
                  <button type="button" class="small" onClick={() => ask(run.runId)}>
                    {t("why")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asked === null ? null : <WhyDialog id={asked} onClose={() => ask(null)} />}
    </>
  );
}

function Because({ error }: { error: { code: string; message: string } }): JSX.Element {
  const said = saidTrouble(error);
  return (
    <div class="soft">
      {said.text}
      <Detail said={said} />
    </div>
  );
}
