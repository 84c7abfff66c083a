import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { call } from "../../gateway/connection.ts";
import { Detail } from "../../components/detail.tsx";
import { format } from "../../i18n/index.ts";
import { saidInEnglish } from "../../i18n/said/index.ts";
import type { LoginView } from "./channels-api.ts";
import { t } from "./channels-text.ts";
import { QrCode } from "./qr-code.tsx";

const waitMs = 25_000;
/** Longer than the gateway waits, so that its answer is what ends a call. */
const callMs = waitMs + 10_000;

/** A login as it goes: the newest code, what the platform says, and how it ended. */
export function LoginDialog({
  channel,
  accountId,
  name,
  connected,
  onClose,
}: {
  channel: string;
  accountId: string;
  name: string;
  connected: boolean;
  onClose: () => void;
}): JSX.Element {
  const [view, setView] = useState<LoginView | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [phone, setPhone] = useState("");
  const turn = useRef(0);

  const start = async (extra: Record<string, unknown>) => {
    const mine = ++turn.current;
    setError(null);
    setView(null);
    try {
      let now = await call<LoginView>(
        "channels.login.start",
        { channel, accountId, timeoutMs: waitMs, ...extra },
        { timeoutMs: callMs },
      );
      while (mine === turn.current) {
        setView(now);
        if (now.result !== null) return;
        now = await call<LoginView>(
          "channels.login.wait",
          { channel, accountId, version: now.version, timeoutMs: waitMs },
          { timeoutMs: callMs },
        );
      }
    } catch (caught) {
      if (mine === turn.current) setError(caught);
    }
  };
  useEffect(() => {
    // Without force a login that is under way is gone back to.
    void start(connected ? { force: true } : {});
    return () => void turn.current++;
  }, [channel, accountId]);

  const step = view?.step ?? null;
  return (
    <Dialog title={`${t("login")}: ${name}`} onClose={onClose}>
      <div class="login-step" aria-live="polite">
        {error === null ? null : <Failure error={error} retry={() => void start({})} />}
        {view?.result ? (
          <Ended connected={view.result.connected} message={view.result.message} />
        ) : step === null ? (
          error === null ? (
            <p class="soft">{t("wait")}</p>
          ) : null
        ) : step.kind === "qr" ? (
          <>
            <p>{t("scan")}</p>
            <QrCode data={step.data} title={t("qr")} />
            <p class="soft">{t("expires", { time: format.time(step.expiresAt) })}</p>
          </>
        ) : step.kind === "code" ? (
          <>
            <p>{t("code")}</p>
            <p class="login-code">{step.code}</p>
          </>
        ) : (
          <p lang="en">{step.text}</p>
        )}
      </div>
      {view?.result || step?.kind !== "qr" ? null : (
        <form
          class="fields"
          onSubmit={(event) => {
            event.preventDefault();
            void start({ force: true, phoneNumber: phone });
          }}
        >
          <label>
            {t("phone")}
            <input
              type="tel"
              autocomplete="off"
              value={phone}
              onInput={(event) => setPhone(event.currentTarget.value)}
            />
          </label>
          <div class="actions">
            <button type="submit" disabled={phone.trim() === ""}>
              {t("withCode")}
            </button>
          </div>
        </form>
      )}
      {view?.result ? (
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            {t("close")}
          </button>
        </div>
      ) : null}
    </Dialog>
  );
}

function Ended({ connected, message }: { connected: boolean; message: string }): JSX.Element {
  const said = saidInEnglish(message, t(connected ? "loginDone" : "loginFailed"));
  return (
    <>
      <p class={connected ? "good" : "bad"}>{said.text}</p>
      <Detail said={said} />
    </>
  );
}
