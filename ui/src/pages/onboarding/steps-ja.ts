/** A step in Japanese. What depends on this machine (paths, found keys, the list of changes) stays as the gateway says it. */
export interface StepTexts {
  title: string;
  /** Absent where the gateway's text is made of facts. */
  message?: string;
  options?: Record<string, string>;
}

/** By the id of the step; the gateway asks in English. */
export const stepsInJapanese: Readonly<Record<string, StepTexts>> = {
  welcome: { title: "見つかったもの" },
  risk: {
    title: "エージェントは行動します",
    message:
      "エージェントはこのマシン上のファイルを読み書きし、プログラムを実行できます。人やページの言葉に惑わされることもあります。設定を変えない限り、実行前に必ず確認を求め、知らない相手は受け入れません。続けますか？",
  },
  flow: {
    title: "質問の量",
    message: "クイックスタートは安全な既定値を使います。後からすべて変更できます：openclaw configure",
    options: { quickstart: "クイックスタート", advanced: "詳細" },
  },
  model: {
    title: "モデル",
    message: "エージェントの頭脳を選びます。キーは料金のかからないリクエストですぐに確認します。",
    options: { key: "キーを入力する", builtin: "内蔵モデル" },
  },
  "model.provider": { title: "キーの提供元", message: "キーはこの提供元にのみ送信されます。" },
  "model.key": {
    title: "API キー",
    message: "キーは設定ファイルではなく、状態ディレクトリに暗号化して保存されます。",
  },
  "model.name": { title: "使うモデル", message: "特に指定がないときにエージェントが使うモデルです。" },
  port: {
    title: "ポート",
    message: "Web ページ、クライアント、Webhook のすべてが 1 つの TCP ポートを使います。",
  },
  bind: {
    title: "アクセスできる範囲",
    message:
      "このマシン、SSH トンネル、Tailscale Serve にはループバックで十分です。ほかのマシンからの接続には lan または tailnet とログインが必要です。",
    options: {
      loopback: "このマシンのみ",
      lan: "このマシンのすべてのネットワーク",
      tailnet: "tailnet",
      auto: "ループバック（使えない場合はすべてのネットワーク）",
    },
  },
  auth: {
    title: "クライアントのログイン方法",
    message:
      "トークンは自動的に作られます。ループバックでも必要です。ブラウザで開いたどのページからでも接続を試みることができるためです。",
    options: { token: "トークン", password: "パスワード", off: "なし" },
  },
  token: { title: "トークン", message: "空欄なら、設定済みのものを使うか、新しく作成します。" },
  password: { title: "パスワード", message: "10 文字以上。設定済みの場合は空欄のままで構いません。" },
  channels: {
    title: "チャネル",
    message:
      "Web ページのほかにエージェントと話す場所です。なしでも構いません。知らない相手は、ペアリングコードで承認されるまでエージェントに届きません。",
  },
  workspace: {
    title: "ワークスペース",
    message:
      "エージェントが作業するフォルダです（AGENTS.md、SOUL.md、MEMORY.md）。既存のファイルは変更されません。",
  },
  skills: {
    title: "スキル",
    message:
      "ワークスペースと状態ディレクトリで見つかった手順書です。選ばなかったものはエージェントに渡されません。",
  },
  review: { title: "実行する内容" },
};
