/** What settings of channels mean, by the English sentence of the schema. */
export const channelWords: Readonly<Record<string, string>> = {
  "Who may write directly: people approved by pairing, the allow list, everybody, nobody.":
    "個別に話せる相手：承認した人、許可リストの人、全員、なし。",
  "Which parts of an answer quote the message.": "応答のどの部分で元のメッセージを引用するか。",
  "Whether an answer grows in one message while it is written, where the platform can edit; default partial.":
    "応答を書きながら 1 つのメッセージを更新していくか（編集できるプラットフォームのみ）。既定は partial。",
  "What you write to yourself is for the assistant.": "自分宛のメッセージをアシスタントへのものとして扱う。",
  "Token of the account.": "アカウントのトークン。",
  "Tell people that their messages were read (WhatsApp).": "既読を相手に知らせる（WhatsApp）。",
  "Slack: the command of the app whose first word is a chat command.":
    "Slack：最初の語をチャットコマンドとして扱うスラッシュコマンド。",
  "Slack and Discord: how far back messages are asked for that were said while the gateway was away; 0 for never.":
    "Slack・Discord：停止中に届いたメッセージをさかのぼって取得する時間。0 で取得しない。",
  "Signal: the signal-cli that is started when there is no httpUrl.":
    "Signal：httpUrl がないときに起動する signal-cli。",
  "Signal: own phone number, e.g. +4915112345678; without it the login says it.":
    "Signal：自分の電話番号（例：+819012345678）。空の場合はログインで決まります。",
  "Signal: address of a running signal-cli daemon.": "Signal：動いている signal-cli デーモンのアドレス。",
  "Shared secret of a webhook account.": "Webhook アカウントの共有シークレット。",
  "Settings per id of a group, or of the guild or workspace it belongs to; `*` for all others.":
    "グループ（またはそのサーバー・ワークスペース）の ID ごとの設定。`*` はその他すべて。",
  "Senders who may write, by the platform's id.": "話してよい相手（プラットフォームの ID）。",
  "Senders who may write in groups; without it allowFrom counts there too.":
    "グループで話してよい相手。空の場合は allowFrom に従います。",
  "Secret the platform signs its webhooks with.": "プラットフォームが Webhook の署名に使うシークレット。",
  "Secret the platform signs its requests with.": "プラットフォームがリクエストの署名に使うシークレット。",
  "Public address of the webhook.": "Webhook の公開アドレス。",
  "Password of the account.": "アカウントのパスワード。",
  "Only these skills in this group.": "このグループで使えるスキルを限定する。",
  "Most characters of one message.": "1 つのメッセージの最大文字数。",
  "Milliseconds before a growing answer appears, and between two edits of it; default 1500.":
    "書きかけの応答を表示・更新する間隔（ミリ秒）。既定は 1500。",
  "Members who may speak to the agent.": "エージェントに話しかけてよいメンバー。",
  "Listen to other programs; they have to be listed like everybody else.":
    "ほかのボットの発言も受け付ける（許可リストへの登録が必要）。",
  "Listen to other programs in this group.": "このグループでほかのボットの発言も受け付ける。",
  "Listen in this group.": "このグループの発言を受け付ける。",
  "Let the platform show a preview of links in answers; it fetches them then.":
    "応答の中のリンクにプレビューを表示する（プラットフォームがリンク先を取得します）。",
  "Largest media file in megabytes.": "メディアの最大サイズ（MB）。",
  "In groups, answer only when mentioned.": "グループでは、メンションされたときだけ応答する。",
  "Groups in which it listens.": "発言を受け付けるグループ。",
  "Group messages kept as context.": "文脈として残すグループのメッセージ数。",
  "Further instructions in this group.": "このグループでの追加の指示。",
  "Discord: words shown below the bot's name.": "Discord：ボットの名前の下に表示する言葉。",
  "Discord: the dot beside the bot's name.": "Discord：ボットの名前の横のオンライン状態。",
  "Discord: ask for the words of messages in servers, which the bot's owner has to switch on there; default true.":
    "Discord：サーバーのメッセージ本文を受け取る（Discord 側での有効化が必要）。既定は有効。",
  "Bot token of the account.": "アカウントのボットトークン。",
  "App token of the account.": "アカウントのアプリトークン。",
  "Base URL of the platform's interface.": "プラットフォームの API のベース URL。",
  "Answer only when mentioned.": "メンションされたときだけ応答する。",
  "Agent that answers in this group.": "このグループで応答するエージェント。",
  "Address replies are posted to.": "返信の送信先アドレス。",
  "Several accounts of one channel, by name.": "1 つのチャネルの複数のアカウント（名前ごと）。",
  "Account used when none is named.": "指定がないときに使うアカウント。",
};
