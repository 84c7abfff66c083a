import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { followLink, go, href } from "../../router.ts";
import { Runs } from "./runs.tsx";
import { contextUse, nameOf, type Run, type SessionRow } from "./sessions-api.ts";
import { t } from "./sessions-text.ts";
import { SessionSettings } from "./settings.tsx";

const compactMs = 200_000;

/** One conversation: what it uses, its settings, and every run with the reason of its end. */
export function Inspector({ sessionKey }: { sessionKey: string }): JSX.Element {
  const rows = useQuery<{ sessions: SessionRow[] }>(
    "sessions.list",
    { search: sessionKey, limit: 20, includeDerivedTitles: true, includeGlobal: true, includeUnknown: true },
    { everyMs: 15_000 },
  );
  const runs = useQuery<{ runs: Run[] }>(
    "sessions.runs",
    { key: sessionKey, limit: 50 },
    { everyMs: 10_000 },
  );
  const [asked, ask] = useState<"reset" | "delete" | null>(null);
  const [compacting, setCompacting] = useState(false);
  const row = rows.data?.sessions.find(({ key }) => key === sessionKey) ?? {
    key: sessionKey,
    kind: "direct",
  };
  const name = nameOf(row);

  const reload = async () => {
    await Promise.all([rows.reload(), runs.reload()]);
  };
  const reset = async () => {
    ask(null);
    await perform(() => call("sessions.reset", { key: sessionKey }), t("resetDone"));
    await reload();
  };
  const remove = async () => {
    ask(null);
    if (await perform(() => call("sessions.delete", { key: sessionKey }), t("deleted"))) go("sessions");
  };
  const compact = async () => {
    setCompacting(true);
    try {
      const answer = await call<{ compacted: boolean; reason?: string }>(
        "sessions.compact",
        { key: sessionKey },
        { timeoutMs: compactMs },
      );
      tellDone(answer.compacted ? t("compacted") : t("notCompacted", { reason: answer.reason ?? "" }));
    } catch (error) {
      tellFailed(error);
    }
    setCompacting(false);
    await reload();
  };

  return (
    <div class="page">
      <header>
        <a href={href("sessions")} onClick={(event) => followLink(event, "sessions")}>
          ← {t("back")}
        </a>
        <h1 class="session-name">{name}</h1>
        <span class="spacer" />
        <a
          class="button"
          href={href("chat", { session: sessionKey })}
          onClick={(event) => followLink(event, "chat", { session: sessionKey })}
        >
          {t("open")}
        </a>
        {may("admin") ? (
          <>
            <button type="button" disabled={compacting} aria-busy={compacting} onClick={() => void compact()}>
              {t("compact")}
            </button>
            <button type="button" onClick={() => ask("reset")}>
              {t("reset")}
            </button>
            <button type="button" class="danger" onClick={() => ask("delete")}>
              {t("delete")}
            </button>
          </>
        ) : null}
      </header>
      <div class="cards">
        <section class="card">
          <h2>{t("facts")}</h2>
          <Loaded query={rows}>{() => <Facts row={row} />}</Loaded>
        </section>
        {may("admin") ? <SessionSettings row={row} onSaved={() => void rows.reload()} /> : null}
      </div>
      <section class="card">
        <h2>{t("runs")}</h2>
        <Loaded query={runs}>{({ runs: list }) => <Runs runs={list} />}</Loaded>
      </section>
      {asked === null ? null : (
        <Confirm
          title={t(asked)}
          subject={t(asked === "reset" ? "confirmReset" : "confirmDelete", { name })}
          action={t(asked)}
          onConfirm={() => void (asked === "reset" ? reset() : remove())}
          onCancel={() => ask(null)}
        />
      )}
    </div>
  );
}

function sandboxFact({ access, network }: NonNullable<SessionRow["sandbox"]>): [string, string] {
  const files = { none: t("sandboxNone"), ro: t("sandboxRo"), rw: t("sandboxRw") }[access];
  const reach = network === "none" ? t("sandboxNoNetwork") : t("sandboxNetwork", { name: network });
  return [t("sandbox"), `${files}, ${reach}`];
}

function Facts({ row }: { row: SessionRow }): JSX.Element {
  const facts: Array<[string, string]> = [
    [t("key"), row.key],
    [t("id"), row.sessionId ?? "–"],
    [t("updated"), row.updatedAt === undefined ? "–" : format.dateTime(row.updatedAt)],
    [t("channel"), row.channel ?? "–"],
    [t("model"), row.model === undefined ? "–" : `${row.modelProvider ?? "?"}/${row.model}`],
    [t("context"), contextUse(row)],
    ...(row.sandbox ? [sandboxFact(row.sandbox)] : []),
    [
      t("tokens"),
      `${t("in", { count: format.compact(row.inputTokens ?? 0) })}, ${t("out", { count: format.compact(row.outputTokens ?? 0) })}`,
    ],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
