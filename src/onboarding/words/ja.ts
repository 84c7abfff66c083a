import { channelProblems } from "./channel-problems-ja.ts";
import type { Words } from "./en.ts";

export const ja: Words = {
  steps: {
    welcome: {
      title: "見つかったもの",
      message: ({ node, platform, profile, stateDir, configPath, config }) =>
        [
          `Node ${node}（${platform}）：問題ありません。`,
          `プロファイル ${profile} のデータ：${stateDir}`,
          config.exists
            ? `設定ファイル：${configPath}。ここで変更しない項目はそのまま残ります。`
            : `設定ファイル：まだありません。${configPath} を作成します。`,
          "最後に確認するまで、何も書き込みません。",
        ].join("\n"),
    },
    risk: {
      title: "エージェントは行動します",
      message:
        "エージェントは、このマシン上のファイルを読み書きし、プログラムを実行できます。また、人の発言や Web ページの内容に惑わされることもあります。設定を変えない限り、実行の前に必ず確認を求め、知らない相手は受け入れません。続けますか？",
    },
    flow: {
      title: "質問の量",
      message: "クイックスタートでは安全な既定値を使います。すべて後から変更できます：openclaw configure",
      quickstart: { label: "クイックスタート", hint: "モデル、チャネル、サービス" },
      advanced: { label: "詳細", hint: "ポート、ネットワーク、ログイン、フォルダも選ぶ" },
    },
    mode: {
      title: "ゲートウェイを動かす場所",
      message: "このマシンでゲートウェイを動かすか、別の場所で動いているゲートウェイに接続するかを選びます。",
      local: "このマシン",
      remote: { label: "別のマシン", hint: "ここではアドレスだけを設定" },
    },
    remoteUrl: {
      title: "ゲートウェイのアドレス",
      message: "WebSocket のアドレスです。このマシンのトンネル経由でなければ wss:// を使ってください。",
    },
    remoteToken: {
      title: "接続先ゲートウェイのトークン",
      message: (isSet) =>
        `ゲートウェイのマシンで表示できます：openclaw config get gateway.auth.token${isSet ? "（設定済みのものを使う場合は空欄のまま）" : ""}`,
    },
    model: {
      title: "モデル",
      message: "エージェントの頭脳を選びます。キーは、料金のかからないリクエストですぐに確認します。",
      keep: (model) => ({ label: `${model} のまま使う`, hint: "設定済み" }),
      found: (source) => `キーが見つかりました：${source}`,
      server: (name) => `このマシンの ${name}`,
      key: { label: "API キーを入力する", hint: "Anthropic、OpenAI、Google など" },
      builtin: { label: "内蔵モデル", hint: "オフライン、キー不要。記憶と簡単な応答のみ" },
    },
    provider: {
      title: "どの提供元のキーですか",
      message: "キーを発行した提供元です。キーはこの提供元にのみ送信されます。",
    },
    key: {
      title: "API キー",
      message: (vendor) =>
        `${vendor} の API キーです。設定ファイルではなく、状態ディレクトリに暗号化して保存します。`,
    },
    modelName: { title: "使うモデル", message: "特に指定がないときにエージェントが使うモデルです。" },
    port: {
      title: "ポート",
      message: "Web ページ、クライアント、Webhook のすべてが、この 1 つの TCP ポートを使います。",
    },
    bind: {
      title: "どこから接続できるようにしますか",
      message:
        "このマシン、SSH トンネル、Tailscale Serve だけならループバックで十分です。ほかのマシンから接続するには、lan または tailnet を選び、ログインを設定します。",
      loopback: "このマシンのみ",
      lan: { label: "このマシンのすべてのネットワーク", hint: "0.0.0.0。コンテナではこれが必要" },
      tailnet: "tailnet",
      auto: "ループバック（使えない場合はすべてのネットワーク）",
      custom: (address) => `特定のアドレス（gateway.customBindHost${address === "" ? "" : `：${address}`}）`,
    },
    auth: {
      title: "クライアントのログイン方法",
      message:
        "トークンは自動で作成されます。ブラウザで開いたどのページからでも接続を試みることができるため、ループバックでもログインは必要です。",
      token: { label: "トークン", hint: "推奨" },
      password: "パスワード",
      off: { label: "なし", hint: "ループバックのみ" },
    },
    token: {
      title: "トークン",
      message: (isSet) =>
        isSet ? "設定済みのものを使う場合は空欄のままにしてください。" : "空欄にすると自動で作成します。",
    },
    password: {
      title: "パスワード",
      message: (isSet) =>
        isSet ? "設定済みのものを使う場合は空欄のままにしてください。" : "10 文字以上で入力してください。",
    },
    channels: {
      title: "チャネル",
      message:
        "Web ページのほかに、エージェントと話すための場所です。なしでも構いません（後から追加：openclaw channels add）。知らない相手は、ペアリングコードで承認されるまでエージェントに届きません。",
      configured: "設定済み",
      login: (command) => `設定後に実行：${command}`,
    },
    credential: {
      title: (channel, credential) => `${channel}：${credential}`,
      needed: "設定ファイルに書き込みます。",
      optional: "なければ空欄のままにしてください。",
    },
    workspace: {
      title: "ワークスペース",
      message:
        "エージェントが作業するフォルダです。AGENTS.md、SOUL.md、MEMORY.md を置きます。すでにあるファイルは変更しません。",
    },
    skills: {
      title: "スキル",
      message:
        "ワークスペースと状態ディレクトリで見つかった手順書です。選ばなかったものはエージェントに渡しません。",
      needs: (missing) => `不足：${missing}`,
    },
    service: {
      title: "マシンの起動時に自動で開始",
      message: (installed) =>
        installed
          ? "ゲートウェイはすでにサービスとして登録されています。現在の内容で登録し直しますか？"
          : "サービスとして登録すると、マシンの起動時にゲートウェイが自動で始まり、異常終了しても再開します。",
    },
    hello: {
      title: "最初のメッセージ",
      message: "設定が終わったらエージェントに送ります。送らない場合は空欄にしてください。",
      initial: "こんにちは！あなたは誰で、何ができますか？",
    },
    review: { title: "実行する内容", question: "この内容で実行しますか？" },
  },
  problems: {
    nothingLeft: "質問はもうありません",
    answerNeeded: "入力または選択してください",
    yesOrNo: "「はい」か「いいえ」を選んでください",
    textNeeded: "文字を入力してください",
    listNeeded: "一覧から選んでください",
    badText: "長すぎるか、使えない制御文字が含まれています",
    notOneOf: (value, allowed) => `${value} は選べません。選べるもの：${allowed}`,
    risk: "「はい」を選ぶまで、設定は行われません",
    address: (value) => `${value} は使えません。wss://gateway.example:443 のように入力してください`,
    key: "キーは、空白を含まない 8 文字以上の半角英数記号です",
    port: (value) => `${value} はポート番号ではありません。1〜65535 の数字を入力してください`,
    bindHost: "先にアドレスを設定してください：openclaw config set gateway.customBindHost 192.0.2.10",
    authOff: (bind) => `ほかのマシンから接続できる設定（${bind}）では、トークンまたはパスワードが必要です`,
    atLeast: (characters) => `${characters} 文字以上で入力してください`,
    wholePath: "/ または ~ から始まる完全なパスを入力してください",
    review: "答えを変えるには前に戻ってください。ここで中止することもできます",
    setting: (key, message) => `${key}：${channelProblems[message] ?? `この値は使えません（${message}）`}`,
  },
  trials: {
    fine: "確認できました。このキーは使えます。",
    refused: (why) => `提供元がこのキーを受け付けませんでした（${why}）`,
    untried: (why) => `キーを確認できませんでした（${why}）`,
    missing: (provider) => `${provider} のキーがありません`,
    unreadable: (why) => `保存されたキーを読み取れません（${why}）`,
  },
  plan: {
    nothing: (file) => `${file} は変更しません`,
    write: (file) => `${file} に書き込む内容：`,
    entered: "（入力した内容）",
    yours: "（入力したもの）",
    fresh: "（新規作成）",
    store: (provider) => `${provider} のキーを暗号化して保存`,
    keep: (provider) => `${provider} のキーを保存（サービスからはシェルの環境変数が見えないため）`,
    workspace: (folder) => `${folder} に不足しているファイルを作成`,
    service: "サービスを登録して開始",
  },
};
