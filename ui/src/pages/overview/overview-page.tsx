import { Fragment, type JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { AllWell } from "../../components/all-well.tsx";
import { Conditions } from "../../components/conditions.tsx";
import { health } from "../../gateway/health.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { followLink, href } from "../../router.ts";
import { Doctor } from "./doctor.tsx";
import { NextSteps } from "./next-steps.tsx";
import { stateText, t } from "./overview-text.ts";
import { Waiting } from "./waiting.tsx";

export interface Status {
  version: string;
  uptimeMs: number;
  sessions: { count: number };
  runs?: { running: unknown[]; queued: number };
  channels?: Array<{ id: string; label?: string; state: string }>;
}

/** How the gateway is, and what needs somebody now. */
export function OverviewPage(): JSX.Element {
  const query = useQuery<Status>("status", {}, { events: ["health"], everyMs: 15_000 });
  const conditions = health.value?.conditions ?? [];
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
      </header>
      <div class="cards states">
        <section class="card">
          {conditions.length === 0 ? <AllWell text={t("well")} /> : <h2>{t("notWell")}</h2>}
          <Conditions conditions={conditions} />
        </section>
        <Waiting />
      </div>
      {query.data === null ? null : <NextSteps status={query.data} />}
      {may("admin") ? <Doctor /> : null}
      <Loaded query={query}>
        {(status) => (
          <div class="cards">
            <section class="card">
              <h2>{t("gateway")}</h2>
              <Facts status={status} />
            </section>
            <section class="card">
              <h2>{t("channels")}</h2>
              <Channels channels={status.channels ?? []} />
            </section>
          </div>
        )}
      </Loaded>
    </div>
  );
}

function Facts({ status }: { status: Status }): JSX.Element {
  const working = (status.runs?.running.length ?? 0) + (status.runs?.queued ?? 0);
  const rows: Array<[string, string]> = [
    [t("version"), status.version],
    [t("uptime"), format.duration(status.uptimeMs)],
    [t("model"), health.value?.models?.primary ?? t("none")],
    [t("sessions"), format.number(status.sessions.count)],
    [t("workingOn"), working === 0 ? t("nothing") : t("messages", { count: working })],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Channels({ channels }: { channels: NonNullable<Status["channels"]> }): JSX.Element {
  return (
    <>
      {channels.length === 0 ? <p class="soft">{t("noChannels")}</p> : null}
      <dl class="facts">
        {channels.map((channel) => (
          <Fragment key={channel.id}>
            <dt>{channel.label ?? channel.id}</dt>
            <dd class={channel.state === "connected" ? "good" : "bad"}>{stateText(channel.state)}</dd>
          </Fragment>
        ))}
      </dl>
      <p class="actions">
        <a href={href("channels")} onClick={(event) => followLink(event, "channels")}>
          {t("toChannels")}
        </a>
      </p>
    </>
  );
}
