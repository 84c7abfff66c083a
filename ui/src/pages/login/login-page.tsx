import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { OpenClawError } from "../../../../src/core/errors.ts";
import { Hint } from "../../components/failure.tsx";
import { connectWith, link, type Refusal } from "../../gateway/connection.ts";
import { Detail } from "../../components/detail.tsx";
import { texts } from "../../i18n/index.ts";
import { saidError } from "../../i18n/said/index.ts";

const t = texts({
  en: {
    title: "Connect to this gateway",
    secret: "One-time code, token or password",
    connect: "Connect",
    stays: "It stays in this browser tab and is sent to this gateway only.",
    open: "On the gateway's machine, run this. Open the address it prints, or enter its six-digit code here:",
    orToken: "Or enter the token of the gateway, which this prints:",
    used: "This link or code was used already, is older than five minutes, or never was one. Make a new one:",
    orAllow:
      "Or, in a network you trust, allow a login with the token alone, and enter the token here (a one-time code does not work then):",
    toMend: "To let this browser in:",
    noDevice:
      "Browsers give a page the keys to prove who it is only over HTTPS, or from this machine itself. This page came over plain HTTP from another one.",
    safely:
      "Open it safely: through HTTPS (for instance Tailscale Serve), or through an SSH tunnel and then http://127.0.0.1:{port}/:",
    paired: "This browser has to be approved once, on the gateway's machine:",
    waiting: "Then press Connect again.",
  },
  ja: {
    title: "このゲートウェイに接続",
    secret: "ワンタイムコード、トークンまたはパスワード",
    connect: "接続",
    stays: "このブラウザタブの中だけに保持され、このゲートウェイにのみ送信されます。",
    open: "ゲートウェイのマシンで次のコマンドを実行し、表示されたアドレスを開くか、6 桁のコードをここに入力してください：",
    orToken: "ゲートウェイのトークンでも接続できます。次のコマンドで表示されます：",
    used: "このリンクまたはコードは、使用済みか、5 分以上経過しているか、無効です。新しく作成してください：",
    orAllow:
      "または、信頼できるネットワークであれば、トークンだけのログインを許可し、ここにトークンを入力します（ワンタイムコードは使えません）：",
    toMend: "このブラウザを許可するには：",
    noDevice:
      "ブラウザは、HTTPS のページか同じマシンのページにしか、身元を示す鍵を使わせません。このページは、別のマシンから HTTPS なしで開かれています。",
    safely:
      "安全に開くには、HTTPS（Tailscale Serve など）を使うか、SSH トンネルを作って http://127.0.0.1:{port}/ を開いてください：",
    paired: "このブラウザは、ゲートウェイのマシンで一度だけ承認が必要です：",
    waiting: "承認後、もう一度「接続」を押してください。",
  },
});

/** The way in: says which check said no, what it saw, and the command that allows it. */
export function LoginPage(): JSX.Element | null {
  const [entered, setEntered] = useState("");
  const now = link.value;
  if (now.state !== "refused") return null;
  const submit = (event: Event) => {
    event.preventDefault();
    void connectWith(entered.trim());
  };
  return (
    <form class="card login" onSubmit={submit}>
      <h1>{t("title")}</h1>
      <Reason refusal={now.refusal} />
      <label>
        {t("secret")}
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={entered}
          onInput={(event) => setEntered(event.currentTarget.value)}
        />
      </label>
      <button class="primary">{t("connect")}</button>
      <p class="soft">{t("stays")}</p>
    </form>
  );
}

function Reason({ refusal }: { refusal: Refusal }): JSX.Element {
  const { code, message, hint, details, hasDevice, wasOneTime, gaveNothing } = refusal;
  const said = saidError(new OpenClawError(code, message, { details }));
  const requestId = typeof details["requestId"] === "string" ? details["requestId"] : null;
  if (requestId !== null) {
    return (
      <div role="alert">
        <p>{t("paired")}</p>
        <p>
          <Hint text={`openclaw devices approve ${requestId}`} />
        </p>
        <p class="soft">{t("waiting")}</p>
      </div>
    );
  }
  if (code === "NOT_PAIRED" && !hasDevice) {
    const port = location.port || "80";
    return (
      <div role="alert">
        <p>{said.text}</p>
        <Detail said={said} />
        <p>{t("noDevice")}</p>
        <p>{t("safely", { port })}</p>
        <p>
          <Hint text={`ssh -N -L ${port}:127.0.0.1:${port} user@${location.hostname}`} />
        </p>
        {hint === null ? null : (
          <>
            <p>{t("orAllow")}</p>
            <p>
              <Hint text={hint} />
            </p>
          </>
        )}
      </div>
    );
  }
  if (wasOneTime && details["reason"] !== "rate limited") {
    return (
      <div role="alert">
        <p class="bad">{t("used")}</p>
        <p>
          <Hint text="openclaw dashboard" />
        </p>
      </div>
    );
  }
  const isSecret = code === "AUTH_FAILED";
  return (
    <div role="alert">
      {message === "" || (isSecret && gaveNothing) ? null : (
        <>
          <p class="bad">{said.text}</p>
          <Detail said={said} />
        </>
      )}
      <p>{t("open")}</p>
      <p>
        <Hint text="openclaw dashboard" />
      </p>
      {isSecret ? (
        <p class="soft">
          {t("orToken")} <Hint text="openclaw config get gateway.auth.token" />
        </p>
      ) : hint === null || hint.startsWith("openclaw dashboard") ? null : (
        <p class="soft">
          {t("toMend")} <Hint text={hint} />
        </p>
      )}
    </div>
  );
}
