import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { CopyButton } from "../../components/copy-button.tsx";
import { Failure } from "../../components/failure.tsx";
import { call, hello } from "../../gateway/connection.ts";
import { format, texts } from "../../i18n/index.ts";

const t = texts({
  en: {
    title: "Debug",
    about: "Calls a method of the gateway with the rights of this browser.",
    method: "Method",
    params: "Parameters (JSON)",
    call: "Call",
    notJson: "The parameters are not a JSON object: {why}",
    took: "Answered in {time}",
    connection: "This connection",
    version: "Gateway",
    id: "Connection",
    role: "Role",
    scopes: "Scopes",
  },
  ja: {
    title: "デバッグ",
    about: "このブラウザの権限でゲートウェイのメソッドを呼び出します。",
    method: "メソッド",
    params: "パラメーター（JSON）",
    call: "呼び出す",
    notJson: "パラメーターが JSON オブジェクトではありません：{why}",
    took: "応答時間 {time}",
    connection: "この接続",
    version: "ゲートウェイ",
    id: "接続 ID",
    role: "ロール",
    scopes: "スコープ",
  },
});

/** A console for the gateway's methods. */
export function DebugPage(): JSX.Element {
  const [method, setMethod] = useState("health");
  const [params, setParams] = useState("{}");
  const [answer, setAnswer] = useState<{ text: string; ms: number } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    setAnswer(null);
    const began = performance.now();
    try {
      const payload = await call<unknown>(method.trim(), parse(params), { timeoutMs: 120_000 });
      setAnswer({ text: JSON.stringify(payload, null, 2) ?? "", ms: performance.now() - began });
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        <p class="soft">{t("about")}</p>
      </header>
      <form class="card fields" onSubmit={(event) => void submit(event)}>
        <label>
          {t("method")}
          <input
            list="methods"
            spellcheck={false}
            autocomplete="off"
            value={method}
            onInput={(event) => setMethod(event.currentTarget.value)}
          />
        </label>
        <datalist id="methods">
          {hello.value?.features.methods.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label>
          {t("params")}
          <textarea
            class="code"
            rows={5}
            spellcheck={false}
            value={params}
            onInput={(event) => setParams(event.currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button class="primary">{t("call")}</button>
        </div>
      </form>
      {error === null ? null : <Failure error={error} />}
      {answer === null ? null : (
        <section class="card">
          <div class="row">
            <span class="soft">{t("took", { time: format.duration(answer.ms) })}</span>
            <CopyButton text={answer.text} />
          </div>
          <pre class="output" tabIndex={0}>
            {answer.text}
          </pre>
        </section>
      )}
      <section class="card">
        <h2>{t("connection")}</h2>
        <dl class="facts">
          <dt>{t("version")}</dt>
          <dd>{hello.value?.server.version}</dd>
          <dt>{t("id")}</dt>
          <dd>
            <code>{hello.value?.server.connId}</code>
          </dd>
          <dt>{t("role")}</dt>
          <dd>{hello.value?.auth?.role ?? "operator"}</dd>
          <dt>{t("scopes")}</dt>
          <dd>{hello.value?.auth?.scopes.join(", ") ?? ""}</dd>
        </dl>
      </section>
    </div>
  );
}

function parse(text: string): Record<string, unknown> {
  let why: string;
  try {
    const value: unknown = JSON.parse(text.trim() === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    why = typeof value;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  throw new Error(t("notJson", { why }));
}
