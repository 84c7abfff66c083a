import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { Icon } from "../../components/icon.tsx";
import { hello } from "../../gateway/connection.ts";
import { format } from "../../i18n/index.ts";
import { go } from "../../router.ts";
import { canonicalKey, history, newId } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import { useSessionPages } from "./session-pages.ts";
import type { SessionRow } from "./wire.ts";

/** Height of a row with what is between two (chat.css); those drawn beyond the edges of the view. */
const rowPx = 56;
const spare = 8;

/** `agent:main:web-1a2b` → `web-1a2b`; keys of other agents keep their agent. */
export function sessionName(row: SessionRow): string {
  if (row.label || row.displayName) return row.label || row.displayName || "";
  const match = /^agent:([^:]+):(.+)$/.exec(row.key);
  const mainKey = hello.value?.snapshot.sessionDefaults?.mainKey ?? "main";
  if (match?.[2] === mainKey) return match[1] === "main" ? t("main") : t("mainOf", { agent: match[1] ?? "" });
  return row.derivedTitle || match?.[2] || row.key;
}

/** What the list calls the conversation that is shown. */
export const title = signal<{ key: string; name: string } | null>(null);

/** Opens a conversation that nobody has begun. */
export const newConversation = (): void =>
  go("chat", { session: canonicalKey(`web-${newId().slice(0, 8)}`) });

/** The conversations, newest first. However many there are, those in view are asked for and drawn. */
export function SessionList({
  current,
  onPick,
}: {
  current: string;
  /** One was chosen, maybe the one that is shown. */
  onPick: () => void;
}): JSX.Element {
  const [search, setSearch] = useState("");
  const pages = useSessionPages(search.trim());
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, last: 20 });
  const { reload, show, total } = pages;

  const look = useCallback(() => {
    const element = list.current;
    if (element === null) return;
    const first = Math.max(0, Math.floor(element.scrollTop / rowPx) - spare);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / rowPx) + spare;
    setView((old) => (old.first === first && old.last === last ? old : { first, last }));
  }, []);
  useEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [look]);
  useEffect(() => list.current?.scrollTo(0, 0), [search]);
  const last = Math.min(view.last, (total ?? 0) - 1);
  useEffect(() => {
    if (total !== null && last >= 0) show(Math.min(view.first, last), last);
  }, [show, view, last, total]);
  const row = pages.find(current);
  const name = row === null ? null : sessionName(row);
  useLayoutEffect(() => {
    if (name !== null) title.value = { key: current, name };
  }, [name, current]);
  // Something was said in the conversation that is shown: its row has news.
  const shown = history.value;
  useEffect(reload, [reload, shown]);

  const newest = pages.rows.get(0);
  // A conversation that nobody has begun is in no list.
  const isApart = search === "" && newest !== undefined && !newest.some(({ key }) => key === current);
  const inView = Array.from({ length: Math.max(0, last - view.first + 1) }, (_, index) => view.first + index);
  return (
    <aside class="session-list" aria-label={t("sessions")}>
      <div class="row">
        <input
          type="search"
          aria-label={t("find")}
          placeholder={t("find")}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button type="button" aria-label={t("newSession")} title={t("newSession")} onClick={newConversation}>
          <Icon name="plus" />
        </button>
      </div>
      {pages.error === null || total !== null ? null : <Failure error={pages.error} retry={reload} />}
      {isApart ? (
        <Row row={row ?? { key: current, kind: "direct" }} current={current} onPick={onPick} />
      ) : null}
      <div class="session-rows" ref={list} onScroll={look}>
        <ul style={{ height: `${(total ?? 0) * rowPx}px` }}>
          {inView.map((index) => (
            <li
              key={index}
              style={{ top: `${index * rowPx}px` }}
              aria-setsize={total ?? -1}
              aria-posinset={index + 1}
            >
              <Row row={pages.at(index)} current={current} onPick={onPick} />
            </li>
          ))}
        </ul>
        {total === 0 && !isApart ? <p class="soft">{t("noneFound")}</p> : null}
      </div>
    </aside>
  );
}

/** One conversation; null while it is not here yet. */
function Row({
  row,
  current,
  onPick,
}: {
  row: SessionRow | null;
  current: string;
  onPick: () => void;
}): JSX.Element {
  if (row === null) return <div class="session-row" aria-hidden="true" />;
  return (
    <button
      type="button"
      class="session-row"
      aria-current={row.key === current ? "true" : undefined}
      onClick={() => {
        go("chat", { session: row.key });
        onPick();
      }}
    >
      <span class="name">{sessionName(row)}</span>
      <span class="about">
        {row.updatedAt === undefined ? "" : format.ago(row.updatedAt)}
        {row.lastMessagePreview ? ` · ${row.lastMessagePreview}` : ""}
      </span>
    </button>
  );
}
