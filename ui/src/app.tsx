import type { FunctionComponent, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "./components/failure.tsx";
import { Icon } from "./components/icon.tsx";
import { Toasts } from "./components/toasts.tsx";
import { t } from "./frame/frame-text.ts";
import { Banner, HealthLink, NoConnection, ReadOnlyNote } from "./frame/link-state.tsx";
import { LanguageChoice, Navigation } from "./frame/navigation.tsx";
import { Shortcuts } from "./frame/shortcuts.tsx";
import { hello, link } from "./gateway/connection.ts";
import { language } from "./i18n/index.ts";
import { LoginPage } from "./pages/login/login-page.tsx";
import { pages, type PageEntry } from "./pages/index.ts";
import { followLink, href, place } from "./router.ts";
import { toggleTheme } from "./theme.ts";

/** The frame of every page; before the gateway lets this browser in, the login. */
export function App(): JSX.Element {
  const menu = useMenu();
  const { page: id } = place.value;
  const { state } = link.value;
  const entry = pages.find((page) => page.id === id) ?? (id === "index.html" ? pages[0] : undefined);
  useEffect(() => {
    document.title = entry ? `${entry.title()} · OpenClaw` : "OpenClaw";
  }, [entry, language.value]);

  return (
    <div class="app">
      <a class="skip" href="#content" onClick={skip}>
        {t("skip")}
      </a>
      <header class="bar">
        {hello.value === null ? null : (
          <button
            type="button"
            ref={menu.button}
            class="quiet menu-button"
            aria-label={t("menu")}
            aria-expanded={menu.isOpen}
            aria-controls="navigation"
            onClick={menu.toggle}
          >
            <Icon name="menu" />
          </button>
        )}
        <img src="icon.svg" alt="" width="26" height="26" />
        <strong class="brand">OpenClaw</strong>
        <span class="spacer" />
        <HealthLink />
        <span class="pill link" data-state={state} role="status">
          <span>{t(state)}</span>
        </span>
        {hello.value === null ? <LanguageChoice /> : null}
        <button type="button" class="quiet" aria-label={t("theme")} title={t("theme")} onClick={toggleTheme}>
          <Icon name="sun" />
        </button>
      </header>
      <Banner />
      {hello.value === null ? (
        <main id="content" class="content" tabIndex={-1}>
          {state === "refused" ? <LoginPage /> : <NoConnection />}
        </main>
      ) : (
        <div class="columns">
          <Navigation open={menu.isOpen} leave={menu.close} />
          <main id="content" class="content" data-page={entry?.id} tabIndex={-1} inert={menu.isOpen}>
            {state === "refused" ? (
              <LoginPage />
            ) : entry ? (
              <>
                {entry.group === "talk" ? null : <ReadOnlyNote />}
                <Lazy key={entry.id} entry={entry} />
              </>
            ) : (
              <Unknown id={id} />
            )}
          </main>
        </div>
      )}
      <Announcer said={entry?.title() ?? ""} />
      <Shortcuts />
      <Toasts />
    </div>
  );
}

/** The drawer of a phone: the focus goes in with it, and never stays on what is hidden. */
function useMenu() {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    if (document.activeElement?.closest("#navigation.open")) button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const first = (selector: string) => document.querySelector<HTMLElement>(`#navigation ${selector}`);
    (first("a[aria-current]") ?? first("a"))?.focus();
    const escape = (event: KeyboardEvent) => event.key === "Escape" && close();
    const wide = matchMedia("(min-width: 801px)");
    const widen = () => setOpen(false);
    addEventListener("keydown", escape);
    wide.addEventListener("change", widen);
    return () => {
      removeEventListener("keydown", escape);
      wide.removeEventListener("change", widen);
    };
  }, [isOpen]);
  return { isOpen, button, close, toggle: () => (isOpen ? close() : setOpen(true)) };
}

/** Tells those who hear the page which one they came to; not the first, which the browser tells. */
function Announcer({ said }: { said: string }): JSX.Element {
  const first = useRef(said);
  if (said !== first.current) first.current = "";
  return (
    <div class="unseen" aria-live="polite">
      {first.current === "" ? said : ""}
    </div>
  );
}

function skip(event: MouseEvent): void {
  // The address stays what it is: the page is named by its path.
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Unknown({ id }: { id: string }): JSX.Element {
  return (
    <div class="empty">
      <h1>{t("unknown", { page: id })}</h1>
      <p>
        <a href={href("chat")} onClick={(event) => followLink(event, "chat")}>
          {t("toChat")}
        </a>
      </p>
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
