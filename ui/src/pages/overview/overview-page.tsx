import type { JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { Conditions } from "../../components/conditions.tsx";
import { health } from "../../gateway/health.ts";
import { useQuery } from "../../gateway/query.ts";
import { format, texts } from "../../i18n/index.ts";

const t = texts({
  en: {
    title: "Overview",
    well: "Everything works.",
    notWell: "What is the matter",
    gateway: "Gateway",
    version: "Version",
    uptime: "Up for",
    model: "Model",
    none: "none",
    sessions: "Conversations",
    workingOn: "Working on",
    nothing: "nothing",
    messages: "{count} messages",
    channels: "Channels",
    noChannels: "No chat channel is connected yet.",
  },
  ja: {
    title: "概要",
    well: "すべて正常に動作しています。",
    notWell: "確認が必要な項目",
    gateway: "ゲートウェイ",
    version: "バージョン",
    uptime: "稼働時間",
    model: "モデル",
    none: "なし",
    sessions: "会話",
    workingOn: "処理中",
    nothing: "なし",
    messages: "メッセージ {count} 件",
    channels: "チャネル",
    noChannels: "接続されたチャットチャネルはまだありません。",
  },
});

interface Status {
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
      <section class="card">
        <h2>{conditions.length === 0 ? t("well") : t("notWell")}</h2>
        <Conditions conditions={conditions} />
      </section>
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
        <>
          <dt key={name}>{name}</dt>
          <dd key={`${name} value`}>{value}</dd>
        </>
      ))}
    </dl>
  );
}

function Channels({ channels }: { channels: NonNullable<Status["channels"]> }): JSX.Element {
  if (channels.length === 0) return <p class="soft">{t("noChannels")}</p>;
  return (
    <dl class="facts">
      {channels.map((channel) => (
        <>
          <dt key={channel.id}>{channel.label ?? channel.id}</dt>
          <dd key={`${channel.id} state`} class={channel.state === "connected" ? "good" : "bad"}>
            {channel.state}
          </dd>
        </>
      ))}
    </dl>
  );
}
