import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Hint } from "../../components/failure.tsx";
import { connectWith, link, type Refusal } from "../../gateway/connection.ts";
import { texts } from "../../i18n/index.ts";

const t = texts({
  en: {
    title: "Connect to this gateway",
    secret: "Gateway token or password",
    connect: "Connect",
    stays: "It stays in this browser tab and is sent to this gateway only.",
    open: "Open the address that this command prints, or enter the token here:",
    whatWasSeen: "What the gateway saw",
    toMend: "To let this browser in",
    noDevice:
      "This page has no device identity: browsers give one only to HTTPS and to this machine itself. Open it through HTTPS (for instance Tailscale Serve) or through an SSH tunnel:",
    tunnel: "ssh -N -L 18789:127.0.0.1:18789 user@gateway-host",
    paired: "This browser has to be approved once, on the gateway's machine:",
    waiting: "Then press Connect again.",
  },
  ja: {
    title: "このゲートウェイに接続",
    secret: "ゲートウェイのトークンまたはパスワード",
    connect: "接続",
    stays: "このブラウザタブの中だけに保持され、このゲートウェイにのみ送信されます。",
    open: "次のコマンドが表示するアドレスを開くか、ここにトークンを入力してください：",
    whatWasSeen: "ゲートウェイが確認した内容",
    toMend: "このブラウザを許可するには",
    noDevice:
      "このページにはデバイス ID がありません。ブラウザは HTTPS か同じマシン上のページにのみ許可します。HTTPS（Tailscale Serve など）または SSH トンネルで開いてください：",
    tunnel: "ssh -N -L 18789:127.0.0.1:18789 user@gateway-host",
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
  const { code, message, hint, details, hasDevice } = refusal;
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
    return (
      <div role="alert">
        <p>{message}</p>
        <p>{t("noDevice")}</p>
        <p>
          <Hint text={t("tunnel")} />
        </p>
        {hint === null ? null : <Hint text={hint} />}
      </div>
    );
  }
  return (
    <div role="alert">
      {message === "" ? null : <p class="bad">{message}</p>}
      <p>{t("open")}</p>
      <p>
        <Hint text="openclaw dashboard" />
      </p>
      {hint === null || hint.startsWith("openclaw dashboard") ? null : (
        <p class="soft">
          {t("toMend")}: <Hint text={hint} />
        </p>
      )}
    </div>
  );
}
