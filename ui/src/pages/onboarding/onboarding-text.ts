import { texts } from "../../i18n/index.ts";

export const t = texts({
  en: {
    title: "Set up",
    begin: "Begin",
    intro:
      "Model, channels and what else there is to choose, one question at a time. Nothing is written before you confirm at the end.",
    next: "Next",
    back: "Back",
    stop: "Stop",
    yes: "Yes",
    no: "No",
    none: "There is nothing to choose.",
    working: "Trying it…",
    done: "Everything is set up.",
    talk: "Say hello to the agent",
    again: "Begin again",
    cancelled: "Stopped. Nothing was written.",
    failed: "It could not be written:",
  },
  ja: {
    title: "セットアップ",
    begin: "開始",
    intro: "モデルやチャネルなどを一問ずつ選びます。最後に確認するまで何も書き込まれません。",
    next: "次へ",
    back: "戻る",
    stop: "中止",
    yes: "はい",
    no: "いいえ",
    none: "選べるものがありません。",
    working: "確認しています…",
    done: "セットアップが完了しました。",
    talk: "エージェントに話しかける",
    again: "もう一度始める",
    cancelled: "中止しました。何も書き込まれていません。",
    failed: "書き込めませんでした：",
  },
});
