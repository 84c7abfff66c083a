import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../../components/dialog.tsx";
import { Hint } from "../../components/failure.tsx";
import { perform } from "../../components/perform.ts";
import { tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { format } from "../../i18n/index.ts";
import { saidCheck } from "../../i18n/said/index.ts";
import { t } from "./overview-text.ts";

interface Finding {
  id: string;
  severity: "critical" | "warning" | "info";
  title: string;
  evidence: string;
  fix: string;
  undo: string;
  plan?: { hash: string; changes: Array<{ summary: string; diff: string[] }> };
}
interface View {
  findings: Finding[];
  checked: number;
  receipts: Array<{ id: string; at: string; author: string; undone: boolean; repairs: string[] }>;
}

const marks = { critical: "bad", warning: "warn", info: "" } as const;
const lookMs = 60_000;

/** What the doctor finds, each as a card: what was seen, what a repair would change, making it, taking it back. */
export function Doctor(): JSX.Element {
  const [view, setView] = useState<View | null>(null);
  const [looking, setLooking] = useState(false);
  const [asked, ask] = useState<{ id: string; hash: string; title: string } | null>(null);
  const look = async () => {
    setLooking(true);
    try {
      setView(await call<View>("doctor.report", {}, { timeoutMs: lookMs }));
    } catch (error) {
      tellFailed(error);
    }
    setLooking(false);
  };
  useEffect(() => void look(), []);
  const act = async (method: string, params: Record<string, unknown>, done: string) => {
    setLooking(true);
    await perform(() => call(method, params, { timeoutMs: lookMs }), done);
    await look();
  };
  return (
    <section class="card">
      <div class="row">
        <h2>{t("doctor")}</h2>
        <span class="spacer" />
        <button type="button" disabled={looking} aria-busy={looking} onClick={() => void look()}>
          {t(view === null ? "look" : "lookAgain")}
        </button>
      </div>
      {view === null ? (
        <p class="soft">{t("doctorSays")}</p>
      ) : (
        <>
          {view.findings.length === 0 ? <p class="good">{t("healthy", { count: view.checked })}</p> : null}
          <ul class="conditions findings">
            {view.findings.map((finding) => (
              <li key={finding.id + finding.evidence} class={`condition ${marks[finding.severity]}`}>
                <FindingCard
                  finding={finding}
                  onApply={(hash) => ask({ id: finding.id, hash, title: saidCheck(finding).title })}
                />
              </li>
            ))}
          </ul>
          {view.receipts.length === 0 ? null : (
            <>
              <h3>{t("repairs")}</h3>
              <ul class="rows">
                {view.receipts.map(({ id, at, author, undone, repairs }) => (
                  <li key={id}>
                    <div>
                      {repairs.join(", ") || id}{" "}
                      <span class="soft">
                        {t("by", { when: format.dateTime(Date.parse(at)), who: author })}
                      </span>
                    </div>
                    {undone ? (
                      <span class="pill">{t("undone")}</span>
                    ) : (
                      <button
                        type="button"
                        disabled={looking}
                        onClick={() => void act("doctor.undo", { receipt: id }, t("restored"))}
                      >
                        {t("undo")}
                      </button>
                    )}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {asked === null ? null : (
        <Confirm
          title={asked.title}
          subject={t("confirmApply")}
          action={t("apply")}
          onConfirm={() => {
            ask(null);
            void act("doctor.apply", { id: asked.id, hash: asked.hash }, t("repaired"));
          }}
          onCancel={() => ask(null)}
        />
      )}
    </section>
  );
}

function FindingCard({
  finding,
  onApply,
}: {
  finding: Finding;
  onApply: (hash: string) => void;
}): JSX.Element {
  const { severity, evidence, fix, undo, plan } = finding;
  const said = saidCheck(finding);
  return (
    <>
      <div class="row">
        <strong>{said.title}</strong>
        <span class={`pill ${marks[severity]}`}>{t(severity)}</span>
      </div>
      <p lang="en">{evidence}</p>
      <p class="soft">
        {t("fix")} {said.fix} <Hint text={fix} />
      </p>
      {plan === undefined ? null : (
        <>
          <details>
            <summary>{t("changes", { count: plan.changes.length })}</summary>
            {plan.changes.map(({ summary, diff }) => (
              <div key={summary}>
                <p>
                  <code>{summary}</code>
                </p>
                {diff.length === 0 ? null : (
                  <pre class="diff" tabIndex={0}>
                    {diff.map((line, index) => (
                      <span
                        key={index}
                        class={line.startsWith("+") ? "new" : line.startsWith("-") ? "gone" : ""}
                      >
                        {line}
                        {"\n"}
                      </span>
                    ))}
                  </pre>
                )}
              </div>
            ))}
            <p class="soft">
              {t("undoBy")} <Hint text={undo} />
            </p>
          </details>
          <div class="actions">
            <button type="button" class="primary" onClick={() => onApply(plan.hash)}>
              {t("apply")}
            </button>
          </div>
        </>
      )}
    </>
  );
}
