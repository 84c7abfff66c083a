import type { FunctionComponent, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "./components/failure.tsx";
import { Icon } from "./components/icon.tsx";
import { Toasts } from "./components/toasts.tsx";
import { hello, link, retryNow } from "./gateway/connection.ts";
import { health } from "./gateway/health.ts";
import { saidCondition } from "./i18n/said/index.ts";
import { chooseLanguage, language, languages, texts, type Language } from "./i18n/index.ts";
import { LoginPage } from "./pages/login/login-page.tsx";
import { pages, type PageEntry } from "./pages/index.ts";
import { followLink, href, place } from "./router.ts";
import { toggleTheme } from "./theme.ts";

const t = texts({
  en: {
    menu: "Menu",
    skip: "Skip to content",
    navigation: "Pages",
    connecting: "connecting",
    connected: "connected",
    offline: "offline",
    refused: "not connected",
    away: "Not connected to the gateway ({why}). What you see is from before; it goes on by itself.",
    restarting: "The gateway is restarting. It goes on by itself.",
    retry: "Try now",
    talk: "Talk",
    operate: "Operate",
    "set-up": "Set up",
    theme: "Light or dark",
    language: "Language",
    unknown: "There is no page “{page}”.",
  },
  ja: {
    menu: "メニュー",
    skip: "本文へ移動",
    navigation: "ページ",
    connecting: "接続中",
    connected: "接続済み",
    offline: "オフライン",
    refused: "未接続",
    away: "ゲートウェイに接続できません（{why}）。表示は以前の内容です。自動的に再接続します。",
    restarting: "ゲートウェイを再起動しています。自動的に再接続します。",
    retry: "今すぐ再試行",
    talk: "会話",
    operate: "運用",
    "set-up": "設定",
    theme: "ライト / ダーク",
    language: "言語",
    unknown: "「{page}」というページはありません。",
  },
});

const groups = ["talk", "operate", "set-up"] as const;

/** The frame of every page; before the gateway lets this browser in, the login. */
export function App(): JSX.Element {
  const [menuOpen, setMenuOpen] = useState(false);
  const { page: id } = place.value;
  useEffect(() => setMenuOpen(false), [id]);
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setMenuOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
  const { state } = link.value;
  const entry = pages.find((page) => page.id === id) ?? (id === "index.html" ? pages[0] : undefined);
  useEffect(() => {
    document.title = entry ? `${entry.title()} · OpenClaw` : "OpenClaw";
  }, [entry, language.value]);

  return (
    <div class="app">
      <a class="skip" href="#content">
        {t("skip")}
      </a>
      <header class="bar">
        <button
          type="button"
          class="quiet menu-button"
          aria-label={t("menu")}
          aria-expanded={menuOpen}
          aria-controls="navigation"
          onClick={() => setMenuOpen(!menuOpen)}
        >
          <Icon name="menu" />
        </button>
        <img src="icon.svg" alt="" width="26" height="26" />
        <strong class="brand">OpenClaw</strong>
        <span class="spacer" />
        <HealthLink />
        <span class="pill link" data-state={state} role="status">
          <span>{t(state)}</span>
        </span>
        {hello.value === null ? <LanguageChoice /> : null}
        <button type="button" class="quiet" aria-label={t("theme")} onClick={toggleTheme}>
          <Icon name="sun" />
        </button>
      </header>
      <Banner />
      {hello.value === null ? (
        <main id="content" class="content">
          {state === "refused" ? <LoginPage /> : null}
        </main>
      ) : (
        <div class="columns">
          <nav
            id="navigation"
            class={menuOpen ? "navigation open" : "navigation"}
            aria-label={t("navigation")}
          >
            {groups.map((group) => (
              <Group key={group} title={t(group)} entries={pages.filter((page) => page.group === group)} />
            ))}
            <LanguageChoice />
          </nav>
          <main id="content" class="content" data-page={entry?.id}>
            {state === "refused" ? (
              <LoginPage />
            ) : entry ? (
              <Lazy key={entry.id} entry={entry} />
            ) : (
              <p class="empty">{t("unknown", { page: id })}</p>
            )}
          </main>
        </div>
      )}
      <Toasts />
    </div>
  );
}

function LanguageChoice(): JSX.Element {
  return (
    <select
      class="quiet"
      aria-label={t("language")}
      value={language.value}
      onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Group({ title, entries }: { title: string; entries: PageEntry[] }): JSX.Element | null {
  if (entries.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {entries.map(({ id, icon, title: titleOf }) => (
          <li key={id}>
            <a
              href={href(id)}
              aria-current={place.value.page === id ? "page" : undefined}
              onClick={(event) => followLink(event, id)}
            >
              <Icon name={icon} />
              {titleOf()}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The worst that is the matter with the gateway, on every page. */
function HealthLink(): JSX.Element | null {
  const conditions = health.value?.conditions ?? [];
  const worst = conditions.find(({ severity }) => severity === "error") ?? conditions[0];
  if (worst === undefined || hello.value === null) return null;
  const { title } = saidCondition(worst);
  return (
    <a
      class={`pill health-link ${worst.severity === "error" ? "bad" : "warn"}`}
      href={href("overview")}
      title={title}
      onClick={(event) => followLink(event, "overview")}
    >
      <span class="cut">{title}</span>
      {conditions.length > 1 ? <span>{`\u00a0+${conditions.length - 1}`}</span> : null}
    </a>
  );
}

/** What is the matter with the connection, while pages stay readable below it. */
function Banner(): JSX.Element | null {
  const now = link.value;
  // Every try to connect again is short: a banner that went and came with it would push the page up and down.
  const why = useRef<string | null>(null);
  if (now.state === "offline") why.current = now.why;
  else if (now.state !== "connecting") why.current = null;
  if (why.current === null) return null;
  return (
    <div class="banner" role="alert">
      <span>{why.current === "restarting" ? t("restarting") : t("away", { why: why.current })}</span>
      <button type="button" class="small" disabled={now.state === "connecting"} onClick={retryNow}>
        {t("retry")}
      </button>
    </div>
  );
}

function Lazy({ entry }: { entry: PageEntry }): JSX.Element | null {
  const [loaded, setLoaded] = useState<{ Page: FunctionComponent } | { error: unknown } | null>(null);
  const load = () => {
    setLoaded(null);
    entry.load().then(
      (Page) => setLoaded({ Page }),
      (error: unknown) => setLoaded({ error }),
    );
  };
  useEffect(load, [entry]);
  if (loaded === null) return null;
  if ("error" in loaded) return <Failure error={loaded.error} retry={load} />;
  return <loaded.Page />;
}
