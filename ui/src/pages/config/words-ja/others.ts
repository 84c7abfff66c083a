/** What the other settings mean, by the English sentence of the schema. */
export const otherWords: Readonly<Record<string, string>> = {
  "Providers by name.": "モデルの提供元（名前ごと）。",
  "Base URL of the interface.": "API のベース URL。",
  "API key, best as ${VARIABLE}.": "API キー。${変数名} の形で書くことをおすすめします。",
  "Wire format.": "通信の形式。",
  "Kind of credential the provider takes.": "提供元が受け付ける認証の種類。",
  "Further request headers.": "追加のリクエストヘッダー。",
  "Models of this provider beside the known ones.": "登録済みのもののほかに使う、この提供元のモデル。",
  "Whether it can think before it answers.": "応答の前に思考できるかどうか。",
  "Kinds of input: text, image.": "入力の種類：text、image。",
  "Context window in tokens.": "コンテキストの大きさ（トークン）。",
  "Most tokens of one answer.": "1 回の応答の最大トークン数。",
  "US dollars per million input tokens.": "入力 100 万トークンあたりの料金（米ドル）。",
  "US dollars per million output tokens.": "出力 100 万トークンあたりの料金（米ドル）。",
  "Look for a model server on its well-known port of this machine.":
    "このマシンで動くモデルサーバーを自動で探す。",
  "Named starting set of tools: minimal, coding, messaging, full.":
    "ツールの基本セット：minimal、coding、messaging、full。",
  "Named starting set: minimal, coding, messaging, full.":
    "ツールの基本セット：minimal、coding、messaging、full。",
  "Only these tools (names, group:…, wildcards). An empty list allows none.":
    "これらのツールだけを許可する（名前、group:…、ワイルドカード）。空の一覧は何も許可しません。",
  "Tools in addition to what the profile gives.": "基本セットに加えて許可するツール。",
  "Never these tools; goes before every allow.": "決して許可しないツール（許可より優先）。",
  "Further limits while a certain provider (or provider/model) answers.":
    "特定の提供元やモデルが応答するときの追加の制限。",
  "Where commands run. auto: here, or on a node when the agent asks for one.":
    "コマンドを実行する場所。auto：このマシン（エージェントが求めればノード）。",
  "deny: no commands; allowlist: known ones, others after approval; full: all.":
    "deny：実行しない。allowlist：許可済みのものだけ（ほかは承認後）。full：すべて。",
  "When a person is asked before a command runs.": "コマンドの実行前に確認を求める条件。",
  "What applies when nobody answers the question.": "確認に誰も答えなかったときの扱い。",
  "Ask before every command; goes before `ask`.": "すべてのコマンドで実行前に確認する（`ask` より優先）。",
  "How long a question waits for an answer, in seconds.": "確認の回答を待つ時間（秒）。",
  "Directories put in front of PATH.": "PATH の先頭に加えるフォルダ。",
  "Names of environment variables passed on to commands.": "コマンドに渡す環境変数の名前。",
  "Commands that never need approval when they only read standard input.":
    "標準入力を読むだけなら承認の要らないコマンド。",
  "Longest a command may run, in seconds.": "コマンドの制限時間（秒）。",
  "Milliseconds until a command that still runs goes to the background.":
    "終わらないコマンドをバックグラウンドに移すまでの時間（ミリ秒）。",
  "Offer the apply_patch tool.": "apply_patch ツールを使えるようにする。",
  "Allow elevated commands outside the sandbox at all.": "サンドボックスの外での特権コマンドを許可する。",
  "Senders per channel who may use them.": "使ってよい相手（チャネルごと）。",
  "Offer the web_fetch tool.": "web_fetch ツール（ページの取得）を使えるようにする。",
  "Most characters of a page.": "ページから取り込む最大文字数。",
  "Seconds until a fetch is given up.": "取得をあきらめるまでの秒数。",
  "Minutes a page is remembered.": "ページを覚えておく時間（分）。",
  "Exact origins of private addresses that may be fetched.": "取得してよいプライベートアドレスのオリジン。",
  "Offer the web_search tool when a key is set.":
    "キーがあれば web_search ツール（検索）を使えるようにする。",
  "Search service.": "検索サービス。",
  "Key of the search service.": "検索サービスのキー。",
  "Results of one search.": "1 回の検索で得る件数。",
  "Longest side of a picture as a model is shown it; larger ones are scaled down.":
    "モデルに見せる画像の長辺。大きいものは縮小します。",
  "Most kilobytes of a picture in a prompt.": "プロンプトに入れる画像の最大サイズ（KB）。",
  "Model provider that transcribes voice messages, e.g. openai; its address and login are used. Empty: no transcription.":
    "音声メッセージを文字にするモデルの提供元（例：openai）。空の場合は文字にしません。",
  "Its model.": "使うモデル。",
  "Language of the speaker, e.g. en; found out when empty.": "話者の言語（例：ja）。空の場合は自動判定。",
  "Largest recording.": "録音の最大サイズ。",
  "Longest it may take.": "制限時間。",
  "Put the text of text files into the prompt.": "テキストファイルの内容をプロンプトに入れる。",
  "Most characters of one file.": "1 つのファイルの最大文字数。",
  "Let agents write to each other's main sessions with sessions_send.":
    "エージェントどうしが sessions_send で連絡できるようにする。",
  "What a message does while the agent is busy: wait with others, wait alone, join the run, stop it.":
    "処理中に届いたメッセージの扱い：まとめて待つ、個別に待つ、処理に加える、処理を止める。",
  "Most messages waiting in one session.": "1 つの会話で待てるメッセージの最大数。",
  "Another mode for a channel.": "チャネルごとの扱い。",
  "Emoji put on messages that were received.": "受信したメッセージに付ける絵文字。",
  "Where that emoji is used.": "その絵文字を使う範囲。",
  "Take the emoji away after the answer.": "応答の後に絵文字を外す。",
  "Text in front of every answer.": "すべての応答の先頭に付ける文。",
  "Group messages kept as context until the assistant is mentioned.":
    "メンションされるまで文脈として残すグループのメッセージ数。",
  "Name of the main session of an agent.": "エージェントのメインの会話の名前。",
  "`global`: all direct chats share one session.":
    "`global`：すべての個別チャットが 1 つの会話を共有します。",
  "Which direct chats share a session. With `main` those of the owner are the main session, everybody else has one of their own.":
    "会話を共有する個別チャットの範囲。`main` では、オーナーのものがメインの会話になり、ほかの人はそれぞれ別の会話になります。",
  "One person's ids in several channels, as channel:id, by name.":
    "同じ人の、複数のチャネルでの ID（channel:id）。",
  "Messages that start a new session, word for word; /new and /reset always do.":
    "新しい会話を始めるメッセージ（/new と /reset は常に有効）。",
  "What applies without a rule.": "該当する規則がないときの扱い。",
  "Run scheduled jobs.": "予定されたジョブを実行する。",
  "Let other programs wake the agent by HTTP.":
    "ほかのプログラムが HTTP でエージェントを起動できるようにする。",
  "Secret such a call must carry; never the gateway's own.":
    "その呼び出しに必要なトークン（ゲートウェイのものとは別の値）。",
  "Path of the hooks.": "フックのパス。",
  "What becomes of calls to a path.": "パスごとの呼び出しの扱い。",
  "Agents that hooks may reach.": "フックから使えるエージェント。",
  "Least severe level written to the file.": "ファイルに書き込む最低のログレベル。",
  "Path of the log file; {date} is the day, ~ the home directory. <state dir>/logs/openclaw-{date}.log when empty.":
    "ログファイルのパス（{date} は日付、~ はホーム）。空の場合は状態ディレクトリの logs/openclaw-{date}.log。",
  "Least severe level shown in the terminal.": "ターミナルに表示する最低のログレベル。",
  "How lines look in the terminal.": "ターミナルでの表示形式。",
  "Size at which a new file of the same day is begun.":
    "この大きさに達すると、同じ日の新しいファイルに切り替えます。",
  "Days until old files are removed; 0 keeps all.": "古いファイルを削除するまでの日数。0 で無期限。",
  "Further regular expressions whose matches are hidden.": "伏せ字にする追加の正規表現。",
  "Let agents drive a browser.": "エージェントにブラウザを操作させる。",
  "Browser to start; found by itself when empty.": "起動するブラウザ。空の場合は自動で探します。",
  "Without a window.": "ウィンドウを表示しない。",
  "Without the browser's own sandbox.": "ブラウザ自身のサンドボックスを使わない。",
  "Settings per skill.": "スキルごとの設定。",
  "Offer it.": "使えるようにする。",
  "Load plug-ins at all.": "プラグインを読み込む。",
  "Only these plug-ins.": "これらのプラグインだけを許可する。",
  "Never these plug-ins.": "決して読み込まないプラグイン。",
  "Senders who count as the owner, as channel:id.": "オーナーとみなす相手（channel:id）。",
  "Variables for ${NAME} in this file and for providers.": "このファイルの ${名前} と提供元で使う変数。",
  "How often a backup is made, e.g. 1d or 12h; none when empty.":
    "バックアップの間隔（例：1d、12h）。空の場合は作りません。",
  "How many verified backups of the schedule are kept; at least one.":
    "残す確認済みバックアップの数（1 以上）。",
  "Folder they go to; openclaw-backups beside the state directory when empty.":
    "保存先のフォルダ。空の場合は状態ディレクトリの隣の openclaw-backups。",
  "Everything, or configuration and logins only.": "すべて、または設定とログインのみ。",
  "Answers in chats that are spoken as well: none, those to a voice message, all.":
    "音声でも返す応答：なし、音声メッセージへの応答、すべて。",
  "Name of the voice.": "声の名前。",
  "Longer answers are not spoken.": "これより長い応答は読み上げません。",
  "Start it.": "起動する。",
};
