import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AgentHeartbeat, HeartbeatEvent } from "../../../../src/automation/heartbeat/contract.ts";
import { Loaded } from "../../components/async.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { followLink, href } from "../../router.ts";
import { t as words } from "./automation-text.ts";
import { reasonOf, t } from "./heartbeat-text.ts";
import { spanOf } from "./job-draft.ts";

interface Status {
  on: boolean;
  agents: AgentHeartbeat[];
  waiting: number;
  history: HeartbeatEvent[];
}

const marks = { sent: "warn", "ok-token": "good", "ok-empty": "good", skipped: "", failed: "bad" } as const;

/** The assistant's looking around by itself: whether, when next, and what came of it. */
export function Heartbeat(): JSX.Element {
  const query = useQuery<Status>("system.heartbeat", {}, { events: ["heartbeat"], everyMs: 20_000 });
  const [shown, show] = useState<string | null>(null);
  // What was just chosen, until the gateway says how it is.
  const [chosen, choose] = useState<boolean | null>(null);
  const act = async (work: () => Promise<string | null>) => {
    try {
      const done = await work();
      if (done !== null) tellDone(done);
    } catch (error) {
      tellFailed(error);
    }
    await query.reload();
    choose(null);
  };
  const find = { find: "heartbeat" };
  return (
    <section class="card" aria-labelledby="heartbeat-title">
      <div class="row">
        <h2 id="heartbeat-title">{t("title")}</h2>
        <span class="spacer" />
        {query.data !== null && may("admin") ? (
          <label class="row">
            <input
              type="checkbox"
              role="switch"
              checked={chosen ?? query.data.on}
              onChange={(event) => {
                const enabled = event.currentTarget.checked;
                choose(enabled);
                void act(async () => (await call("set-heartbeats", { enabled }), null));
              }}
            />
            {t("on")}
          </label>
        ) : null}
      </div>
      <p class="soft">{t("about")}</p>
      <Loaded query={query}>
        {({ agents, waiting, on }) => {
          const listed = agents.filter(({ everyMs, last }) => everyMs !== null || last !== null);
          return (
            <>
              {waiting > 0 ? <p>{t("waiting", { count: format.number(waiting) })}</p> : null}
              {listed.length === 0 ? <p class="soft">{t("nobody")}</p> : null}
              <ul class="rows">
                {listed.map((agent) => (
                  <Row
                    key={agent.agentId}
                    agent={agent}
                    on={on}
                    onNow={() =>
                      void act(async () => {
                        const { ran } = await call<{ ran: boolean }>("heartbeat.run", {
                          agentId: agent.agentId,
                        });
                        return t(ran ? "begun" : "already");
                      })
                    }
                    onHistory={() => show(agent.agentId)}
                  />
                ))}
              </ul>
            </>
          );
        }}
      </Loaded>
      {may("admin") ? (
        <p class="actions">
          <a href={href("config", find)} onClick={(event) => followLink(event, "config", find)}>
            {t("change")}
          </a>
        </p>
      ) : null}
      {shown === null ? null : <History agentId={shown} onClose={() => show(null)} />}
    </section>
  );
}

function Row({
  agent,
  on,
  onNow,
  onHistory,
}: {
  agent: AgentHeartbeat;
  on: boolean;
  onNow: () => void;
  onHistory: () => void;
}): JSX.Element {
  const { agentId, everyMs, activeHours, nextAt, runningSince, last } = agent;
  const file = { agent: agentId, view: "files", file: "HEARTBEAT.md" };
  const plan =
    everyMs === null
      ? t("notByItself")
      : [
          everyText(everyMs),
          activeHours ?? "",
          on ? (nextAt === null ? "" : t("next", { when: format.ago(nextAt) })) : t("off"),
        ]
          .filter(Boolean)
          .join(" · ");
  return (
    <li aria-label={agentId}>
      <div class="fill">
        <div class="row">
          <strong>{agentId}</strong>
          {runningSince === null ? null : <span class="pill">{t("running")}</span>}
          <span class="soft">{plan}</span>
        </div>
        {last === null ? <p class="soft">{t("never")}</p> : <Outcome event={last} />}
      </div>
      {may("admin") ? (
        <div class="row">
          <button type="button" disabled={runningSince !== null} onClick={onNow}>
            {t("now")}
          </button>
          <a
            class="button"
            href={href("agents", file)}
            onClick={(event) => followLink(event, "agents", file)}
          >
            {t("tasks")}
          </a>
          {last === null ? null : (
            <button type="button" onClick={onHistory}>
              {t("history")}
            </button>
          )}
        </div>
      ) : null}
    </li>
  );
}

function Outcome({ event }: { event: HeartbeatEvent }): JSX.Element {
  const { status, ts, durationMs, preview, channel, to } = event;
  const why = reasonOf(event);
  return (
    <>
      <div class="row">
        <span class={`pill ${marks[status]}`}>{t(status)}</span>
        <span class="soft">
          {format.ago(ts)}
          {durationMs === undefined ? "" : ` · ${format.duration(durationMs)}`}
          {channel === undefined ? "" : ` · ${t("toChat", { channel, to: to ?? "" })}`}
        </span>
      </div>
      {preview === undefined ? null : <p class="quote">{preview}</p>}
      {why === "" ? null : <p class={status === "failed" ? "bad" : "soft"}>{why}</p>}
    </>
  );
}

/** The newest of one agent, newest first. */
function History({ agentId, onClose }: { agentId: string; onClose: () => void }): JSX.Element {
  const query = useQuery<Status>("system.heartbeat", { agentId }, { events: ["heartbeat"] });
  return (
    <Dialog title={t("historyOf", { agent: agentId })} onClose={onClose}>
      <Loaded query={query}>
        {({ history }) => (
          <ul class="rows">
            {history.map((event) => (
              <li key={`${event.runId} ${event.ts}`}>
                <div class="fill">
                  <Outcome event={event} />
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Dialog>
  );
}

function everyText(everyMs: number): string {
  const { count, unit } = spanOf(everyMs);
  return words("everyText", { span: `${count} ${words(unit)}` });
}
