import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CronJob } from "../../../../src/automation/contract.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { tellDone } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { t } from "./automation-text.ts";
import { draftOf, jobOf, units, type Draft, type Unit } from "./job-draft.ts";

/** A new job, or another one's settings. */
export function JobForm({
  job,
  onClose,
}: {
  job: CronJob | null;
  onClose: (changed: boolean) => void;
}): JSX.Element {
  const [draft, setDraft] = useState<Draft>(() => draftOf(job));
  const [error, setError] = useState<unknown>(null);
  const agents = useQuery<{ agents: Array<{ id: string }> }>("agents.list");
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const save = async () => {
    setError(null);
    try {
      if (job === null) await call("cron.add", { ...jobOf(draft), wakeMode: "now" });
      else await call("cron.update", { id: job.id, patch: jobOf(draft) });
      tellDone(t("saved"));
      onClose(true);
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <Dialog title={job === null ? t("add") : t("edit")} onClose={() => onClose(false)}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {error === null ? null : <Failure error={error} />}
        <label>
          {t("name")}
          <input
            required
            maxlength={200}
            value={draft.name}
            onInput={(event) => set({ name: event.currentTarget.value })}
          />
        </label>
        <label>
          {t("kind")}
          <select
            value={draft.kind}
            onChange={(event) =>
              set({ kind: event.currentTarget.value === "systemEvent" ? "systemEvent" : "agentTurn" })
            }
          >
            <option value="agentTurn">{t("agentTurn")}</option>
            <option value="systemEvent">{t("systemEvent")}</option>
          </select>
        </label>
        <label>
          {t("message")}
          <textarea
            required
            rows={3}
            value={draft.message}
            onInput={(event) => set({ message: event.currentTarget.value })}
          />
        </label>
        <Schedule draft={draft} set={set} />
        <label>
          {t("agent")}
          <select value={draft.agentId} onChange={(event) => set({ agentId: event.currentTarget.value })}>
            <option value="">{t("standard")}</option>
            {agents.data?.agents.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        {draft.kind === "agentTurn" ? <Announce draft={draft} set={set} /> : null}
        <div class="actions">
          <button type="submit" class="primary">
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface Part {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function Schedule({ draft, set }: Part): JSX.Element {
  return (
    <fieldset>
      <legend>{t("schedule")}</legend>
      <div class="row">
        {(["every", "at", "cron"] as const).map((kind) => (
          <label key={kind} class="row">
            <input
              type="radio"
              name="schedule"
              checked={draft.schedule === kind}
              onChange={() => set({ schedule: kind })}
            />
            {t(kind)}
          </label>
        ))}
      </div>
      {draft.schedule === "every" ? (
        <div class="row">
          <input
            class="fill-row"
            type="number"
            min="1"
            required
            aria-label={t("every")}
            value={draft.count}
            onInput={(event) => set({ count: event.currentTarget.value })}
          />
          <select
            aria-label={t("schedule")}
            value={draft.unit}
            onChange={(event) => set({ unit: event.currentTarget.value as Unit })}
          >
            {(Object.keys(units) as Unit[]).map((unit) => (
              <option key={unit} value={unit}>
                {t(unit)}
              </option>
            ))}
          </select>
        </div>
      ) : draft.schedule === "at" ? (
        <input
          type="datetime-local"
          required
          aria-label={t("at")}
          value={draft.at}
          onInput={(event) => set({ at: event.currentTarget.value })}
        />
      ) : (
        <div class="row">
          <input
            class="code fill-row"
            required
            aria-label={t("cron")}
            value={draft.expr}
            onInput={(event) => set({ expr: event.currentTarget.value })}
          />
          <input
            class="fill-row"
            aria-label={t("tz")}
            placeholder={t("tz")}
            value={draft.tz}
            onInput={(event) => set({ tz: event.currentTarget.value })}
          />
        </div>
      )}
    </fieldset>
  );
}

function Announce({ draft, set }: Part): JSX.Element {
  return (
    <>
      <label class="row">
        <input
          type="checkbox"
          checked={draft.announce}
          onChange={(event) => set({ announce: event.currentTarget.checked })}
        />
        {t("announce")}
      </label>
      {draft.announce ? (
        <div class="row">
          <input
            class="fill-row"
            required
            aria-label={t("channel")}
            placeholder={t("channel")}
            value={draft.channel}
            onInput={(event) => set({ channel: event.currentTarget.value })}
          />
          <input
            class="fill-row"
            required
            aria-label={t("to")}
            placeholder={t("to")}
            value={draft.to}
            onInput={(event) => set({ to: event.currentTarget.value })}
          />
        </div>
      ) : null}
    </>
  );
}
