/** What settings mean that few people touch, by the English sentence of the schema. */
export const rarerWords: Readonly<Record<string, string>> = {
  "Send blocks while a text is written, or when the model has finished its message.":
    "段落を送る時期：書いている途中、またはモデルが 1 つのメッセージを書き終えたとき。",
  "Fewest characters of a block.": "1 回に送る段落の最小文字数。",
  "Most characters of a block; code is not cut.": "1 回に送る段落の最大文字数（コードは分割しません）。",
  "Where to cut if there is a choice.": "区切る場所の優先順位。",
  "Milliseconds without a new word after which finished paragraphs go out, however few.":
    "新しい語がこの時間（ミリ秒）来なければ、短くても段落を送ります。",
  "Blocks are joined until they have so many characters together.":
    "合わせてこの文字数になるまで段落をまとめます。",
  "Most characters of joined blocks; 0 leaves it at those of one block.":
    "まとめた段落の最大文字数。0 の場合は 1 つの段落の上限と同じ。",
  "A pause between the messages of an answer: none, 0.8 to 2.5 seconds, or minMs to maxMs.":
    "応答のメッセージの間隔：なし、0.8〜2.5 秒、または minMs〜maxMs。",
  "Shortest pause in milliseconds.": "最短の間隔（ミリ秒）。",
  "Longest pause in milliseconds.": "最長の間隔（ミリ秒）。",
  "Most characters beside HEARTBEAT_OK that still mean nothing to report; 300 when empty.":
    "HEARTBEAT_OK のほかにこの文字数までなら「報告なし」とみなします。空の場合は 300。",
  "Directory for private folders; <state dir>/sandboxes when empty.":
    "専用フォルダの置き場所。空の場合は状態ディレクトリの sandboxes。",
  "Environment variables of commands inside.": "サンドボックス内のコマンドの環境変数。",
  "Further folders: /outside:/inside, read-only, or /outside:/inside:rw.":
    "追加のフォルダ：/外側:/内側（読み取り専用）または /外側:/内側:rw。",
  "Remove containers that were not used for so many hours; 0 keeps them.":
    "この時間使われないコンテナを削除する。0 で残す。",
  "Remove private folders that were not used for so many days; 0 keeps them.":
    "この日数使われない専用フォルダを削除する。0 で残す。",
  "Runs of this agent at a time.": "このエージェントで同時に実行する処理の数。",
  "Let it search its notes.": "記憶のノートを検索させる。",
  "Which of its sessions run their tools in a sandbox.": "ツールをサンドボックスで動かす会話。",
  "How the workspace appears inside the sandbox.": "サンドボックス内でのワークスペースの扱い。",
  "Id or name of the node that runs its commands with host `node`.":
    "`node` のときにコマンドを実行するノードの ID または名前。",
  "As tools.exec.security; only stricter counts.": "tools.exec.security と同じ（より厳しい場合だけ有効）。",
  "As tools.exec.ask; only stricter counts.": "tools.exec.ask と同じ（より厳しい場合だけ有効）。",
  "Named starting set.": "ツールの基本セット。",
  "Only these tools.": "これらのツールだけを許可する。",
  "Tools in addition.": "加えて許可するツール。",
  "Never these tools.": "決して許可しないツール。",
  "Id or name of the node that runs commands with host `node`; the only connected one when empty.":
    "`node` のときにコマンドを実行するノードの ID または名前。空の場合は、接続中の唯一のノード。",
  "Milliseconds a finished background command stays listed.":
    "終わったバックグラウンドのコマンドを一覧に残す時間（ミリ秒）。",
  "Most bytes read from a server.": "サーバーから読み込む最大バイト数。",
  "Most redirects followed.": "リダイレクトの最大回数。",
  "Base URL of an own search server.": "自分の検索サーバーのベース URL。",
  "Seconds until a search is given up.": "検索をあきらめるまでの秒数。",
  "Minutes results are remembered.": "結果を覚えておく時間（分）。",
  "Pictures of more pixels are not opened.": "これより画素数の多い画像は開きません。",
  "Another address that speaks OpenAI's /audio/transcriptions, up to /v1.":
    "OpenAI の /audio/transcriptions 互換の別のアドレス（/v1 まで）。",
  "Key for that address, where it is not the provider's login.":
    "提供元のログインと異なる場合の、そのアドレスのキー。",
  "Program that transcribes instead: its arguments one by one, {input} is the file; it prints the words.":
    "代わりに文字にするプログラム（引数を 1 つずつ。{input} はファイル。標準出力に文字を出力）。",
  "Program that prints the text of a PDF, {input} is the file.":
    "PDF の文字を出力するプログラム（{input} はファイル）。",
  "Agents that may, sending and receiving; * for all.": "送受信できるエージェント。* はすべて。",
  "Commands of nodes a person is asked about each time the agent wants one.":
    "実行のたびに確認を求める、ノードのコマンド。",
  "Let the message tool use other chats than the one it was asked in; runs no chat message started may use all.":
    "message ツールで、依頼を受けたチャット以外への送信を許可する。",
  "Channels the message tool may use; all when empty.": "message ツールで使えるチャネル。空の場合はすべて。",
  "Order in which the logins of a provider are tried.": "提供元のログインを試す順序。",
  "Pause of a login and model after a rate limit without retry-after.":
    "利用回数の上限に達した後、ログインとモデルを休ませる時間（待ち時間の指示がないとき）。",
  "Pause of a login after a billing failure.": "残高や契約の問題の後、ログインを休ませる時間。",
  "Longest such pause.": "休ませる時間の上限。",
  "Pause of a model after its provider was overloaded.": "提供元が混み合った後、モデルを休ませる時間。",
  "Name of the mapping.": "対応づけの名前。",
  "Path below hooks.path.": "hooks.path の下のパス。",
  "Value of `source`.": "`source` の値。",
  "What a call does.": "呼び出しの動作。",
  "Label of the run.": "処理の名前。",
  "Agent that answers.": "応答するエージェント。",
  "Name of its session below `hook:`, with {{field}} for parts of the body.":
    "`hook:` に続く会話の名前（{{項目}} で本文の値を使えます）。",
  "Text of the message, with {{field}} for parts of the body.":
    "メッセージの文（{{項目}} で本文の値を使えます）。",
  "Text of the wake event.": "起動の通知文。",
  "Send the answer to a channel.": "応答をチャネルに送る。",
  "Channel of the answer.": "応答を送るチャネル。",
  "Recipient of the answer.": "応答の宛先。",
  "Model to use.": "使うモデル。",
  "Thinking level.": "思考の深さ。",
  "Longest the run may take, in seconds.": "処理の制限時間（秒）。",
  "Built-in mappings to switch on.": "有効にする組み込みの対応づけ。",
  "Port of the browser control service; gateway.port + 2 when empty.":
    "ブラウザ操作用のポート。空の場合は gateway.port + 2。",
  "Let agents use it for people who are not the owner, with cookies of their own.":
    "オーナー以外の会話でも、別の Cookie で使えるようにする。",
  "Exact origins of private addresses that pages may be loaded from; any page may then ask them too.":
    "開いてよいプライベートアドレスのオリジン（どのページからも接続できるようになります）。",
  "Most tabs of all conversations together.": "すべての会話を合わせたタブの最大数。",
  "Minutes without use after which it is closed.": "使われないまま閉じるまでの時間（分）。",
  "Megabytes of all its processes after which it is closed.": "使用メモリがこの値（MB）を超えると閉じます。",
  "Largest file a page may save, into downloads/ of the agent's workspace.":
    "ページから保存できる最大サイズ（ワークスペースの downloads/ に保存）。",
  "Seconds between two looks of a sentinel that keeps running.": "常駐の見張りが確認する間隔（秒）。",
  "Milliseconds the gateway has to answer /health.": "/health の応答を待つ時間（ミリ秒）。",
  "Milliseconds until a bad look is repeated before anybody is told.":
    "異常を知らせる前に、もう一度確認するまでの時間（ミリ秒）。",
  "Program and arguments to run; it gets the notice as JSON on standard input and its text in OPENCLAW_SENTINEL_TEXT.":
    "実行するプログラムと引数。通知は標準入力（JSON）と OPENCLAW_SENTINEL_TEXT で渡します。",
  "Address the notice is posted to as JSON.": "通知（JSON）の送信先アドレス。",
  "Key of the signature in x-openclaw-signature.": "x-openclaw-signature の署名に使う鍵。",
  "Token of the bot that writes.": "通知を送るボットのトークン。",
  "Chat it writes to.": "通知を送るチャット。",
  "Channel it writes to.": "通知を送るチャンネル。",
  "Address of the Bot API.": "Bot API のアドレス。",
  "Address of the API.": "API のアドレス。",
  "Chat channels by name.": "チャネル（名前ごと）。",
  "Send finished blocks of an answer as messages of their own; default agents.defaults.blockStreamingDefault.":
    "応答の段落を順に送る。既定は agents.defaults.blockStreamingDefault。",
  "Reactions and votes the next run is told of: none (default), those to the assistant's messages, or all by people who may speak (allowlist is the same).":
    "次の処理に伝えるリアクションと投票：なし（既定）、アシスタントのメッセージへのもの、話してよい相手のすべて。",
  "Address of WhatsApp's servers; only for tests against a double.":
    "WhatsApp のサーバーのアドレス（テスト専用）。",
  "Origin of WhatsApp's media hosts; only for tests against a double.":
    "WhatsApp のメディアサーバーのオリジン（テスト専用）。",
  "Name of the model at its provider.": "提供元でのモデルの名前。",
  "Wire format, when it is not the provider's.": "提供元と異なる場合の通信の形式。",
  "US dollars per million tokens read from the cache.":
    "キャッシュから読む 100 万トークンあたりの料金（米ドル）。",
  "US dollars per million tokens written to the cache.":
    "キャッシュに書く 100 万トークンあたりの料金（米ドル）。",
  "Rules, the first that fits decides: action `allow` or `deny`, match by channel, chatType (direct, group) and keyPrefix of the session.":
    "規則（最初に合うものを適用）：action は `allow` か `deny`、channel・chatType（direct、group）・会話の keyPrefix で照合します。",
  "Lists of senders by name, as channel:id or channel:role:id; `group:<name>` stands for one in every allow list.":
    "相手の一覧（channel:id または channel:role:id）。許可リストでは `group:<名前>` と書いて使えます。",
  "Agents that all answer in a group, by channel:id of the group.":
    "グループ（channel:id）ごとの、全員が応答するエージェント。",
  "Kept for older files; secrets are always redacted.": "以前の設定との互換用。秘密情報は常に伏せられます。",
  "Serve canvas pages.": "キャンバスのページを提供する。",
  "Directory of the pages.": "ページのフォルダ。",
  "Value of the variable the skill names as its key; only commands of that skill get it.":
    "スキルが使うキーの値（そのスキルのコマンドにだけ渡します）。",
  "Values of variables the skill declares; only commands of that skill get them.":
    "スキルが使う変数の値（そのスキルのコマンドにだけ渡します）。",
  "Folders with a channel of your own; see docs/channels/adapter.md.":
    "自作のチャネルのフォルダ（docs/channels/adapter.md を参照）。",
  "Settings per plug-in.": "プラグインごとの設定。",
  "Load it.": "読み込む。",
  "Send a trace of every message to a collector.": "メッセージごとのトレースを収集サーバーに送る。",
  "Collector (OTLP over HTTP, JSON); /v1/traces is added.":
    "収集サーバー（OTLP/HTTP、JSON）。/v1/traces は自動で付きます。",
  "Headers the collector asks for.": "収集サーバーが求めるヘッダー。",
  "What the gateway is called in traces.": "トレースでのゲートウェイの名前。",
  "Share of messages that are traced, 0 to 1.": "トレースするメッセージの割合（0〜1）。",
  "Seconds spans are collected before they are sent.": "まとめて送るまでの秒数。",
  "Name shown.": "表示する名前。",
  "Picture shown.": "表示する画像。",
  "Instead of `every`: a cron expression in local time.": "`every` の代わりの cron 式（現地時刻）。",
  "File of mode 0600 whose first line is the passphrase; not encrypted when empty.":
    "1 行目がパスフレーズのファイル（権限 0600）。空の場合は暗号化しません。",
  "Days finished work is kept in the ledger.": "終わった処理の記録を残す日数。",
  "Seconds until a run without a sign of life is taken over.": "反応のない処理を引き継ぐまでの秒数。",
  "Times a run is tried again after crashes before it counts as failed.":
    "異常終了の後、失敗とみなすまでに再試行する回数。",
  "Which agent answers where.": "どこでどのエージェントが応答するか。",
  "Channel.": "チャネル。",
  "Account; without it `default`, * for all.": "アカウント。空の場合は `default`、* はすべて。",
  "Topic or thread of that chat.": "そのチャットのトピックまたはスレッド。",
  "Discord server.": "Discord のサーバー。",
  "Slack workspace.": "Slack のワークスペース。",
  "Any of these roles, by id.": "これらのロールのいずれか（ID）。",
  "Version that wrote this file last.": "このファイルを最後に書いたバージョン。",
  "When that was.": "その日時。",
  "Migrations done.": "実行済みの移行。",
  "When setup ran last.": "セットアップを最後に実行した日時。",
  "Version of that run.": "そのときのバージョン。",
  "Command of that run.": "そのときのコマンド。",
  "local or remote.": "local または remote。",
  "Ask in chats at all.": "チャットで承認を求める。",
  "Ask in the chat the command came from, in the places of `targets`, or in both.":
    "承認を求める場所：依頼のあったチャット、`targets` の場所、またはその両方。",
  "Further places to ask.": "承認を求める追加の場所。",
  "Id of the chat.": "チャットの ID。",
  "Account of the channel; `default` when empty.": "チャネルのアカウント。空の場合は `default`。",
  "Topic or thread in the chat.": "チャットのトピックまたはスレッド。",
  "People besides the owner who may answer, as channel:id; they must be allowed to write to the agent.":
    "オーナーのほかに承認できる人（channel:id）。エージェントと話すことを許可されている必要があります。",
  "Model provider that speaks, e.g. openai; its address and login are used.":
    "読み上げに使うモデルの提供元（例：openai）。",
  "Another address that speaks OpenAI's /audio/speech, up to /v1.":
    "OpenAI の /audio/speech 互換の別のアドレス（/v1 まで）。",
  "Program that speaks instead: its arguments one by one; it reads the text and writes {output}.":
    "代わりに読み上げるプログラム（引数を 1 つずつ。文を読み込み {output} に書き出し）。",
  "Where notes are indexed.": "ノートの索引の置き場所。",
};
