import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { followLink, go, href, place } from "../../router.ts";
import { Inspector } from "./inspector.tsx";
import { agentOf, contextUse, nameOf, type SessionRow } from "./sessions-api.ts";
import { t } from "./sessions-text.ts";

const pageSize = 100;
const typingMs = 200;
const spans = { anyTime: undefined, hour: 60, day: 1440, week: 10_080 } as const;

/** Every conversation with what it uses; one of them in detail. */
export function SessionsPage(): JSX.Element {
  const key = place.value.query.get("key");
  return key === null ? <Table /> : <Inspector key={key} sessionKey={key} />;
}

function Table(): JSX.Element {
  const search = useSettled(place.value.query.get("q") ?? "");
  const [agentId, setAgent] = useState("");
  const [span, setSpan] = useState<keyof typeof spans>("anyTime");
  const [limit, setLimit] = useState(pageSize);
  const agents = useQuery<{ agents: Array<{ id: string }> }>("agents.list");
  const query = useQuery<{ sessions: SessionRow[] }>(
    "sessions.list",
    {
      limit,
      includeDerivedTitles: true,
      ...(search.settled === "" ? {} : { search: search.settled }),
      ...(agentId === "" ? {} : { agentId }),
      ...(spans[span] === undefined ? {} : { activeMinutes: spans[span] }),
    },
    { everyMs: 20_000 },
  );
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
      </header>
      <div class="filters">
        <input
          type="search"
          aria-label={t("find")}
          placeholder={t("find")}
          value={search.now}
          onInput={(event) => {
            setLimit(pageSize);
            search.set(event.currentTarget.value);
          }}
        />
        <label class="row">
          {t("agent")}
          <select value={agentId} onChange={(event) => setAgent(event.currentTarget.value)}>
            <option value="">{t("all")}</option>
            {agents.data?.agents.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <label class="row">
          {t("active")}
          <select value={span} onChange={(event) => setSpan(event.currentTarget.value as keyof typeof spans)}>
            {(Object.keys(spans) as Array<keyof typeof spans>).map((name) => (
              <option key={name} value={name}>
                {t(name)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Loaded query={query}>
        {({ sessions }) => (
          <section class="card">
            {sessions.length === 0 ? (
              <Nothing filtered={search.settled !== "" || agentId !== "" || span !== "anyTime"} />
            ) : (
              <div class="table-scroll" tabIndex={0}>
                <table class="sessions-table">
                  <thead>
                    <tr>
                      <th>{t("session")}</th>
                      <th>{t("updated")}</th>
                      <th class="wide-only">{t("model")}</th>
                      <th class="wide-only">{t("context")}</th>
                      <th class="align-right wide-only">{t("tokens")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {sessions.map((row) => (
                      <Row key={row.key} row={row} />
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            {sessions.length >= limit ? (
              <button type="button" class="quiet" onClick={() => setLimit(limit + pageSize)}>
                {t("more")}
              </button>
            ) : null}
          </section>
        )}
      </Loaded>
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }): JSX.Element {
  if (filtered) return <p class="soft">{t("none")}</p>;
  return (
    <div class="empty">
      <h2>{t("noneYet")}</h2>
      <p>{t("noneYetSays")}</p>
      <p class="actions center">
        <a class="button" href={href("chat")} onClick={(event) => followLink(event, "chat")}>
          {t("open")}
        </a>
      </p>
    </div>
  );
}

function Row({ row }: { row: SessionRow }): JSX.Element {
  const address = { key: row.key };
  const about = [agentOf(row.key), row.channel, row.kind].filter(Boolean).join(" · ");
  return (
    <tr>
      <td class="session-name">
        <a href={href("sessions", address)} onClick={(event) => followLink(event, "sessions", address)}>
          {nameOf(row)}
        </a>
        <div class="soft">{about}</div>
      </td>
      <td class="when">{row.updatedAt === undefined ? "–" : format.ago(row.updatedAt)}</td>
      <td class="wide-only">{row.model ?? "–"}</td>
      <td class="wide-only">{contextUse(row)}</td>
      <td class="align-right wide-only">
        {format.compact((row.inputTokens ?? 0) + (row.outputTokens ?? 0))}
      </td>
    </tr>
  );
}

/** A text that counts once nobody types any more; it is kept in the address. */
function useSettled(first: string) {
  const [now, set] = useState(first);
  const [settled, settle] = useState(first.trim());
  useEffect(() => {
    const timer = setTimeout(() => {
      settle(now.trim());
      if (place.value.page === "sessions" && !place.value.query.has("key"))
        go("sessions", { q: now.trim() || undefined }, { replace: true });
    }, typingMs);
    return () => clearTimeout(timer);
  }, [now]);
  return { now, settled, set };
}
