import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Command } from "../../components/command.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { call } from "../../gateway/connection.ts";
import { t } from "./devices-text.ts";

interface LoginCode {
  ticket: string;
  code: string;
  expiresAtMs: number;
}

/** A six-digit code and a link, for one more browser, once. It gets the rights of this one. */
export function LoginCodeDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [made, setMade] = useState<LoginCode | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [now, setNow] = useState(Date.now());
  const make = () => {
    setProblem(null);
    call<LoginCode>("login.code.create", {}).then(setMade, setProblem);
  };
  useEffect(() => {
    make();
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = made === null ? 0 : Math.max(0, Math.round((made.expiresAtMs - now) / 1000));
  const link = made === null ? "" : `${new URL(".", location.href).href}#login=${made.ticket}`;
  return (
    <Dialog title={t("codeTitle")} onClose={onClose}>
      {problem === null ? null : <Failure error={problem} retry={make} />}
      {made === null ? null : left === 0 ? (
        <>
          <p>{t("codeOver")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={make}>
              {t("codeAgain")}
            </button>
          </div>
        </>
      ) : (
        <>
          <p>{t("codeHow")}</p>
          <output class="login-code" aria-label={t("code")}>
            {made.code}
          </output>
          <p class="soft">
            {t("codeLeft", { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` })}
          </p>
          <details>
            <summary>{t("codeLink")}</summary>
            <p class="soft">{t("codeLinkHow")}</p>
            <Command text={link} />
          </details>
        </>
      )}
    </Dialog>
  );
}
