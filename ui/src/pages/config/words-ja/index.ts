import { channelWords } from "./channels.ts";
import { gatewayWords } from "./gateway.ts";
import { otherWords } from "./others.ts";
import { rarerWords } from "./rarer.ts";

export const descriptions: Readonly<Record<string, string>> = {
  ...gatewayWords,
  ...channelWords,
  ...otherWords,
  ...rarerWords,
};

/** The parts of the configuration. */
export const parts: Readonly<Record<string, string>> = {
  gateway: "ゲートウェイ",
  agents: "エージェント",
  models: "モデル",
  auth: "モデルのログイン",
  tools: "ツール",
  messages: "メッセージ",
  session: "会話",
  channels: "チャネル",
  accessGroups: "アクセスグループ",
  broadcast: "一斉応答",
  cron: "予定ジョブ",
  hooks: "フック",
  logging: "ログ",
  canvasHost: "キャンバス",
  browser: "ブラウザ",
  skills: "スキル",
  plugins: "プラグイン",
  commands: "チャットコマンド",
  diagnostics: "計測",
  env: "環境変数",
  ui: "表示",
  backup: "バックアップ",
  update: "更新",
  discovery: "検出",
  talk: "音声会話",
  ledger: "記録",
  bindings: "割り当て",
  meta: "管理情報",
  wizard: "セットアップ",
  approvals: "承認",
  tts: "読み上げ",
  sentinel: "見張り",
  memory: "記憶",
};
