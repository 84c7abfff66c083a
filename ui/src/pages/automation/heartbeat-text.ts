import type { HeartbeatEvent, HeartbeatReason } from "../../../../src/automation/heartbeat/contract.ts";
import { texts } from "../../i18n/index.ts";

const reasonKeys = {
  "empty-heartbeat-file": "noTask",
  "no-heartbeat-file": "noFile",
  "requests-in-flight": "busy",
  "no-model": "noModel",
  "no-target": "noTarget",
  stopped: "stopped",
  failed: "failedBecause",
} as const satisfies Record<HeartbeatReason, string>;

export const t = texts({
  en: {
    title: "Heartbeat",
    about:
      "Every now and then the assistant looks around by itself, and writes to you when something needs you. Nothing is asked of a model, and nothing is paid, while HEARTBEAT.md holds no task and nothing was reported.",
    on: "Look around regularly",
    nobody: "No agent looks around by itself.",
    change: "Change interval, hours and target",
    next: "next {when}",
    never: "it has not looked yet",
    notByItself: "not by itself",
    off: "switched off",
    running: "looking around",
    waiting: "Reports that wait for the next look around: {count}",
    now: "Look now",
    begun: "It is looking around.",
    already: "It is looking around already.",
    tasks: "Edit HEARTBEAT.md",
    history: "Earlier ones",
    historyOf: "Heartbeats of {agent}",
    sent: "reported",
    "ok-token": "all quiet",
    "ok-empty": "all quiet",
    skipped: "not asked",
    failed: "failed",
    toChat: "sent to {channel}: {to}",
    noTask: "HEARTBEAT.md holds no task, and nothing was reported.",
    noFile: "There is no HEARTBEAT.md, and nothing was reported.",
    busy: "Its session was busy; it tries again in half a minute.",
    noModel: "No model is usable.",
    noTarget: "No chat to send it to; it stands in the session.",
    stopped: "The run was stopped.",
    failedBecause: "The run failed.",
  },
  ja: {
    title: "ハートビート",
    about:
      "アシスタントがときどき自分から様子を確認し、あなたの対応が必要なときだけ知らせます。HEARTBEAT.md に用件がなく、報告もない間はモデルに問い合わせず、費用もかかりません。",
    on: "定期的に確認する",
    nobody: "自分から確認するエージェントはありません。",
    change: "間隔・時間帯・送り先を変更",
    next: "次回 {when}",
    never: "まだ確認していません",
    notByItself: "自動では確認しません",
    off: "オフ",
    running: "確認中",
    waiting: "{count} 件の報告が次の確認を待っています。",
    now: "今すぐ確認",
    begun: "確認を始めました。",
    already: "すでに確認中です。",
    tasks: "HEARTBEAT.md を編集",
    history: "これまでの記録",
    historyOf: "{agent} のハートビート",
    sent: "報告あり",
    "ok-token": "異常なし",
    "ok-empty": "異常なし",
    skipped: "問い合わせなし",
    failed: "失敗",
    toChat: "{channel} の {to} に送信",
    noTask: "HEARTBEAT.md に用件がなく、報告もありませんでした。",
    noFile: "HEARTBEAT.md がなく、報告もありませんでした。",
    busy: "セッションが使用中でした。30 秒後に再び試みます。",
    noModel: "使えるモデルがありません。",
    noTarget: "送り先のチャットがないため、セッションに残しました。",
    stopped: "実行は停止されました。",
    failedBecause: "実行に失敗しました。",
  },
});

/** Why it ended so, in the reader's language; of a failure what the gateway says. */
export function reasonOf({ reason, detail }: HeartbeatEvent): string {
  const known = Object.hasOwn(reasonKeys, reason ?? "") ? reasonKeys[reason as HeartbeatReason] : null;
  if (known === null) return detail ?? "";
  const isOwn = known === "failedBecause" || known === "noModel";
  return [t(known), isOwn ? detail : ""].filter(Boolean).join(" ");
}
