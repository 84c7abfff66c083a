import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Icon } from "../../components/icon.tsx";
import { hello } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { go } from "../../router.ts";
import { canonicalKey, history, newId } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import type { SessionRow } from "./wire.ts";

const pageSize = 50;

/** `agent:main:web-1a2b` → `web-1a2b`; keys of other agents keep their agent. */
export function sessionName(row: SessionRow): string {
  if (row.label || row.displayName) return row.label || row.displayName || "";
  const match = /^agent:([^:]+):(.+)$/.exec(row.key);
  const mainKey = hello.value?.snapshot.sessionDefaults?.mainKey ?? "main";
  if (match?.[2] === mainKey) return match[1] === "main" ? t("main") : t("mainOf", { agent: match[1] ?? "" });
  return row.derivedTitle || match?.[2] || row.key;
}

/** Opens a conversation that nobody has begun. */
export const newConversation = (): void =>
  go("chat", { session: canonicalKey(`web-${newId().slice(0, 8)}`) });

/** The conversations, newest first; as many are asked for as are shown. */
export function SessionList({ current }: { current: string }): JSX.Element {
  const [search, setSearch] = useState("");
  const [limit, setLimit] = useState(pageSize);
  const query = useQuery<{ sessions: SessionRow[]; count?: number }>(
    "sessions.list",
    {
      limit,
      includeLastMessage: true,
      includeDerivedTitles: true,
      ...(search.trim() === "" ? {} : { search: search.trim() }),
    },
    { everyMs: 20_000 },
  );
  // Something was said in the conversation that is shown: its row has news.
  const shown = history.value;
  const { reload } = query;
  useEffect(() => void reload(), [reload, shown]);
  return (
    <aside class="session-list" aria-label={t("sessions")}>
      <div class="row">
        <input
          type="search"
          aria-label={t("find")}
          placeholder={t("find")}
          value={search}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            setLimit(pageSize);
          }}
        />
        <button type="button" aria-label={t("newSession")} title={t("newSession")} onClick={newConversation}>
          <Icon name="plus" />
        </button>
      </div>
      <Loaded query={query}>
        {({ sessions }) => {
          const rows =
            search === "" && !sessions.some((row) => row.key === current)
              ? [{ key: current, kind: "direct" } satisfies SessionRow, ...sessions]
              : sessions;
          return (
            <>
              <ul>
                {rows.map((row) => (
                  <li key={row.key}>
                    <button
                      type="button"
                      aria-current={row.key === current ? "true" : undefined}
                      onClick={() => go("chat", { session: row.key })}
                    >
                      <span class="name">{sessionName(row)}</span>
                      <span class="about">
                        {row.updatedAt === undefined ? "" : format.ago(row.updatedAt)}
                        {row.lastMessagePreview ? ` · ${row.lastMessagePreview}` : ""}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
              {rows.length === 0 ? <p class="soft">{t("noneFound")}</p> : null}
              {sessions.length >= limit ? (
                <button type="button" class="quiet" onClick={() => setLimit(limit + pageSize)}>
                  {t("more")}
                </button>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </aside>
  );
}
