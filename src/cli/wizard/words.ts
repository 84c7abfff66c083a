import type { Language } from "../../core/language.ts";

// What the terminal says around the wizard's questions. The questions themselves: src/onboarding/words.

const en = {
  intro: "OpenClaw setup. Enter answers, Esc goes back, Ctrl-C stops.",
  resumed: "Going on where you stopped. To begin anew: openclaw onboard --start-over",
  outro: "Doing it now.",
  asked: (title: string, text: string): string => `${title}: ${text}`,
  /** The library explains its keys, in English; other languages have it in the question. */
  libraryKeys: true,
  one: (message: string): string => message,
  many: (message: string): string => `${message} (space chooses)`,
  yes: "Yes",
  no: "No",
  nothingWritten: "nothing was written",
  goesOn: "openclaw onboard   goes on where you stopped",
  sections: {
    question: "What do you want to change?",
    model: "model",
    gateway: "gateway",
    channels: "channels",
    workspace: "workspace",
    skills: "skills",
    service: "service",
  },
  done: {
    profile: "Profile",
    config: "Config",
    unchanged: (path: string): string => `${path} (nothing to change)`,
    workspace: "Workspace",
    made: (folder: string, files: string): string => `${folder} (made ${files})`,
    stored: "Stored",
    serviceFailed: (why: string): string => `The service could not be installed: ${why}`,
    foreground: "run the gateway in the foreground: openclaw gateway",
    login: (command: string): string => `Log in: ${command}`,
    tryIt: (command: string): string => `Try it: ${command}`,
    start: (command: string): string => `Start the gateway: ${command}`,
    page: (command: string): string => `Web page: ${command}`,
    noAnswer: (why: string): string => `The agent did not answer: ${why}`,
    again: (command: string): string => `Try it again: ${command}`,
    hello: "Hello",
  },
};

export type TerminalWords = typeof en;

const ja: TerminalWords = {
  intro: "OpenClaw のセットアップ。Enter で決定、Esc で前の質問へ、Ctrl-C で中止します。",
  resumed: "前回の続きから始めます。最初からやり直すには：openclaw onboard --start-over",
  outro: "実行します。",
  asked: (title, text) => `【${title}】${text}`,
  libraryKeys: false,
  one: (message) => `${message}（↑/↓ で選び、Enter で決定）`,
  many: (message) => `${message}（↑/↓ で移動、スペースキーで選択、Enter で決定）`,
  yes: "はい",
  no: "いいえ",
  nothingWritten: "何も書き込みませんでした",
  goesOn: "openclaw onboard   を実行すると、続きから再開できます",
  sections: {
    question: "何を変更しますか？",
    model: "モデル",
    gateway: "ゲートウェイ",
    channels: "チャネル",
    workspace: "ワークスペース",
    skills: "スキル",
    service: "サービス",
  },
  done: {
    profile: "プロファイル",
    config: "設定ファイル",
    unchanged: (path) => `${path}（変更なし）`,
    workspace: "ワークスペース",
    made: (folder, files) => `${folder}（作成：${files}）`,
    stored: "保存したキー",
    serviceFailed: (why) => `サービスを登録できませんでした：${why}`,
    foreground: "サービスを使わずに動かすには：openclaw gateway",
    login: (command) => `ログイン：${command}`,
    tryIt: (command) => `動作の確認：${command}`,
    start: (command) => `ゲートウェイの起動：${command}`,
    page: (command) => `Web ページ：${command}`,
    noAnswer: (why) => `エージェントが応答しませんでした：${why}`,
    again: (command) => `もう一度試すには：${command}`,
    hello: "こんにちは",
  },
};

const catalogues: Record<Language, TerminalWords> = { en, ja };

export function terminalWords(language: Language): TerminalWords {
  return catalogues[language];
}
