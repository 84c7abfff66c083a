import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { OpenClawError } from "../../../../src/core/errors.ts";
import { Loaded } from "../../components/async.tsx";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { go, place } from "../../router.ts";
import { patchOf, type ConfigFile, type Plan, type Schema } from "./config-api.ts";
import { t } from "./config-text.ts";
import { HistoryView } from "./history-view.tsx";
import { PlanDialog } from "./plan-view.tsx";
import { SettingsForm } from "./settings-form.tsx";

const views = ["settings", "file", "history"] as const;

/** What is asked to be applied: some keys, or the whole text. */
type Wish = { patch: Record<string, unknown> } | { raw: string };

/** The configuration: by its keys or as the file, planned before it is applied, with the way back. */
export function ConfigPage(): JSX.Element {
  const query = useQuery<ConfigFile>("config.get");
  const schema = useQuery<{ schema: Schema }>("config.schema");
  const view = views.find((name) => name === place.value.query.get("view")) ?? "settings";
  const [changes, setChanges] = useState<ReadonlyMap<string, unknown>>(new Map());
  const [planned, setPlanned] = useState<{ plan: Plan; wish: Wish } | null>(null);
  const [issues, setIssues] = useState<ConfigFile["issues"]>([]);

  const plan = async (wish: Wish) => {
    setIssues([]);
    try {
      setPlanned({ plan: await call<Plan>("config.plan", wish), wish });
    } catch (error) {
      const found = error instanceof OpenClawError ? error.details?.["issues"] : undefined;
      if (Array.isArray(found)) setIssues(found as ConfigFile["issues"]);
      else tellFailed(error);
    }
  };
  const apply = async (wish: Wish, baseHash: string) => {
    setPlanned(null);
    try {
      await call("raw" in wish ? "config.set" : "config.merge", { ...wish, baseHash });
      tellDone(t("applied"));
      setChanges(new Map());
      await query.reload();
    } catch (error) {
      tellFailed(error);
    }
  };

  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        <div class="tabs" role="tablist" aria-label={t("title")}>
          {views.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={view === name}
              onClick={() => go("config", { view: name })}
            >
              {t(name)}
            </button>
          ))}
        </div>
        <span class="spacer" />
        {changes.size === 0 || view !== "settings" ? null : (
          <>
            <span class="pill warn">{t("changed", { count: changes.size })}</span>
            <button type="button" onClick={() => setChanges(new Map())}>
              {t("discard")}
            </button>
            <button type="button" class="primary" onClick={() => void plan({ patch: patchOf(changes) })}>
              {t("plan")}
            </button>
          </>
        )}
      </header>
      {issues.length === 0 ? null : <Issues issues={issues} />}
      <Loaded query={query}>
        {(file) => (
          <>
            {file.valid ? null : (
              <section class="card">
                <h2>{t("errors")}</h2>
                <Issues issues={file.issues} />
              </section>
            )}
            {view === "settings" ? (
              <Loaded query={schema}>
                {(known) => (
                  <SettingsForm schema={known.schema} file={file} changes={changes} onChange={setChanges} />
                )}
              </Loaded>
            ) : view === "file" ? (
              <FileEditor file={file} onPlan={(raw) => void plan({ raw })} />
            ) : (
              <HistoryView raw={file.raw ?? ""} onChanged={() => void query.reload()} />
            )}
            {planned === null ? null : (
              <PlanDialog
                plan={planned.plan}
                onApply={() => void apply(planned.wish, file.hash)}
                onClose={() => setPlanned(null)}
              />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

function Issues({ issues }: { issues: ConfigFile["issues"] }): JSX.Element {
  return (
    <div class="failure" role="alert">
      <ul>
        {issues.map(({ path, message }) => (
          <li key={path + message}>
            <code>{path}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function FileEditor({ file, onPlan }: { file: ConfigFile; onPlan: (raw: string) => void }): JSX.Element {
  const [text, setText] = useState(file.raw ?? "");
  // A version that was applied meanwhile is the new beginning.
  useEffect(() => setText(file.raw ?? ""), [file.raw]);
  return (
    <section class="card fields">
      <p class="soft">
        <code>{file.path}</code> · {t("secret")}
      </p>
      <textarea
        class="code"
        rows={28}
        spellcheck={false}
        aria-label={t("file")}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <div class="actions">
        <button type="button" disabled={text === file.raw} onClick={() => setText(file.raw ?? "")}>
          {t("discard")}
        </button>
        <button type="button" class="primary" disabled={text === file.raw} onClick={() => onPlan(text)}>
          {t("plan")}
        </button>
      </div>
    </section>
  );
}
