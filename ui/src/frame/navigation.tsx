import type { JSX } from "preact";
import { Icon } from "../components/icon.tsx";
import { chooseLanguage, language, languages, type Language } from "../i18n/index.ts";
import { pages, type PageEntry } from "../pages/index.ts";
import { followLink, href, place } from "../router.ts";
import { t } from "./frame-text.ts";
import { showShortcuts } from "./shortcuts.tsx";

const groups = ["talk", "operate", "set-up"] as const;

/** Every page by group; on a phone a drawer. `leave` closes it. */
export function Navigation({ open, leave }: { open: boolean; leave: () => void }): JSX.Element {
  return (
    <>
      {open ? <div class="scrim" onClick={leave} /> : null}
      <nav id="navigation" class={open ? "navigation open" : "navigation"} aria-label={t("navigation")}>
        {groups.map((group) => (
          <Group
            key={group}
            title={t(group)}
            entries={pages.filter((page) => page.group === group)}
            leave={leave}
          />
        ))}
        <div class="navigation-end">
          <LanguageChoice />
          <button
            type="button"
            class="quiet small"
            aria-label={t("shortcuts")}
            aria-keyshortcuts="?"
            onClick={showShortcuts}
          >
            <kbd aria-hidden="true">?</kbd> {t("shortcutsShort")}
          </button>
        </div>
      </nav>
    </>
  );
}

function Group(of: { title: string; entries: PageEntry[]; leave: () => void }): JSX.Element | null {
  if (of.entries.length === 0) return null;
  return (
    <section>
      <h2>{of.title}</h2>
      <ul>
        {of.entries.map(({ id, icon, title: titleOf }) => (
          <li key={id}>
            <a
              href={href(id)}
              aria-current={place.value.page === id ? "page" : undefined}
              onClick={(event) => {
                followLink(event, id);
                of.leave();
              }}
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

export function LanguageChoice(): JSX.Element {
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
