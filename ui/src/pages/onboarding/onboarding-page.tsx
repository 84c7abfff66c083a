import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { call, connected } from "../../gateway/connection.ts";
import { may } from "../../gateway/scopes.ts";
import { go } from "../../router.ts";
import { language } from "../../i18n/index.ts";
import { t } from "./onboarding-text.ts";
import { StepField, type Value, type WizardStep } from "./step-field.tsx";

interface Progress {
  done: boolean;
  step?: WizardStep;
  status: "running" | "done" | "cancelled" | "error";
  error?: string;
  note?: string;
}

/** The wizard of `openclaw onboard`, asked by the gateway and shown here. */
export function OnboardingPage(): JSX.Element {
  const [session, setSession] = useState<string | null>(null);
  const [now, setNow] = useState<Progress | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const ask = async (work: () => Promise<Progress>) => {
    setBusy(true);
    setFailure(null);
    try {
      setNow(await work());
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const begin = () =>
    ask(async () => {
      const started = await call<Progress & { sessionId: string }>("wizard.start", {
        mode: "local",
        language: language.value,
      });
      setSession(started.sessionId);
      return started;
    });
  const next = (params: object) =>
    // A live test of a key may take as long as its provider does.
    ask(() => call<Progress>("wizard.next", { sessionId: session, ...params }, { timeoutMs: 30_000 }));
  // The gateway words the questions: in another language it asks the same one again.
  const spoken = language.value;
  const asked = useRef(spoken);
  useEffect(() => {
    if (asked.current === spoken) return;
    asked.current = spoken;
    if (session !== null && now?.done === false) void next({ language: spoken });
  }, [spoken]);
  const stop = () =>
    ask(async () => ({
      done: true,
      ...(await call<Omit<Progress, "done">>("wizard.cancel", { sessionId: session })),
    }));

  return (
    <div class="page onboarding">
      <header>
        <h1>{t("title")}</h1>
      </header>
      {failure === null ? null : <Failure error={failure} />}
      {now?.step !== undefined && !now.done ? (
        <Question
          key={now.step.id}
          step={now.step}
          error={now.error}
          note={now.note}
          busy={busy || !connected.value}
          answer={(value) =>
            void next({ answer: { stepId: now.step?.id, ...(value === undefined ? {} : { value }) } })
          }
          back={() => void next({ back: true })}
          stop={() => void stop()}
        />
      ) : (
        <section class="card">
          <Ending now={now} />
          {now?.status === "done" ? (
            <p>
              <button type="button" class="primary" onClick={() => go("chat")}>
                {t("talk")}
              </button>
            </p>
          ) : null}
          <button
            type="button"
            class={now?.status === "done" ? "" : "primary"}
            disabled={busy || !connected.value || !may("admin")}
            onClick={() => void begin()}
          >
            {now === null ? t("begin") : t("again")}
          </button>
        </section>
      )}
    </div>
  );
}

function Ending({ now }: { now: Progress | null }): JSX.Element {
  if (now === null) return <p>{t("intro")}</p>;
  if (now.status === "done") return <p role="status">{t("done")}</p>;
  if (now.status === "cancelled") return <p role="status">{t("cancelled")}</p>;
  return (
    <p role="alert" class="bad">
      {t("failed")} {now.error}
    </p>
  );
}

function Question(of: {
  step: WizardStep;
  error: string | undefined;
  note: string | undefined;
  busy: boolean;
  answer: (value: Value | undefined) => void;
  back: () => void;
  stop: () => void;
}): JSX.Element {
  const { step, error, note, busy } = of;
  const [value, setValue] = useState<Value | undefined>(
    step.initialValue ?? (step.type === "text" ? "" : undefined),
  );
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever uses a screen reader hears the new question, and the keyboard goes on from it.
  useEffect(() => heading.current?.focus(), []);
  return (
    <form
      class="card"
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) of.answer(step.type === "note" ? undefined : value);
      }}
    >
      <h2 ref={heading} tabIndex={-1}>
        {step.title}
      </h2>
      <p class="asked" id="wizard-asked">
        {step.message}
      </p>
      {note === undefined ? null : <p role="status">{note}</p>}
      <StepField step={step} value={value} change={setValue} />
      {error === undefined ? null : (
        <p role="alert" class="bad">
          {error}
        </p>
      )}
      <div class="row">
        <button class="primary" disabled={busy}>
          {busy ? t("working") : t("next")}
        </button>
        {step.canGoBack ? (
          <button type="button" disabled={busy} onClick={of.back}>
            {t("back")}
          </button>
        ) : null}
        <button type="button" class="quiet" onClick={of.stop}>
          {t("stop")}
        </button>
      </div>
    </form>
  );
}
