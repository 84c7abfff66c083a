import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Icon } from "../../components/icon.tsx";
import { tellFailed } from "../../components/toasts.tsx";
import { showShortcuts } from "../../frame/shortcuts.tsx";
import { place } from "../../router.ts";
import { Approvals } from "./approvals.tsx";
import { canonicalKey, follow } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { exportConversation } from "./export.ts";
import { SearchPanel } from "./search.tsx";
import { newConversation, SessionList, sessionName, title } from "./sessions.tsx";

/** Conversations with the assistant. */
export function ChatPage(): JSX.Element {
  const asked = place.value.query.get("session") ?? "main";
  const sessionKey = useMemo(() => canonicalKey(asked), [asked]);
  const [draft, setDraft] = useState<{ text: string } | null>(null);
  const [listOpen, setListOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  useEffect(() => follow(sessionKey), [sessionKey]);
  useEffect(() => {
    setListOpen(false);
    setSearching(false);
  }, [sessionKey]);
  useEffect(() => {
    const actions: Record<string, () => void> = {
      "shift+f": () => setSearching(true),
      "shift+o": newConversation,
    };
    const press = (event: KeyboardEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      const act = actions[`${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const save = (form: "markdown" | "json") => exportConversation(sessionKey, form).catch(tellFailed);
  return (
    <div class={listOpen ? "chat list-open" : "chat"}>
      <SessionList current={sessionKey} onPick={() => setListOpen(false)} />
      <section class="talk">
        <header class="talk-head">
          <button
            type="button"
            class="quiet list-button"
            aria-expanded={listOpen}
            onClick={() => setListOpen(!listOpen)}
          >
            <Icon name="sessions" /> <span class="wide-text">{t("sessions")}</span>
          </button>
          <h1>
            {title.value?.key === sessionKey
              ? title.value.name
              : sessionName({ key: sessionKey, kind: "direct" })}
          </h1>
          <button
            type="button"
            class="quiet"
            aria-label={t("searchHere")}
            title={t("searchHere")}
            aria-expanded={searching}
            onClick={() => setSearching(!searching)}
          >
            <Icon name="search" />
          </button>
          <button
            type="button"
            class="quiet help-button"
            aria-label={t("shortcuts")}
            title={t("shortcuts")}
            onClick={showShortcuts}
          >
            ?
          </button>
          <select
            class="quiet"
            aria-label={t("export")}
            value=""
            onChange={(event) => {
              const { value } = event.currentTarget;
              event.currentTarget.value = "";
              if (value === "markdown" || value === "json") void save(value);
            }}
          >
            <option value="">{t("export")}</option>
            <option value="markdown">{t("exportMarkdown")}</option>
            <option value="json">{t("exportJson")}</option>
          </select>
        </header>
        {searching ? <SearchPanel sessionKey={sessionKey} onClose={() => setSearching(false)} /> : null}
        <Conversation key={sessionKey} onEdit={(text) => setDraft({ text })} />
        <Approvals sessionKey={sessionKey} />
        <Composer draft={draft} />
      </section>
    </div>
  );
}
