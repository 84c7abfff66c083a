/** What settings of the gateway and of agents mean, by the English sentence of the schema: one that changed there is shown as it is. */
export const gatewayWords: Readonly<Record<string, string>> = {
  "Address of the JSON Schema, for editors.": "エディター用の JSON Schema のアドレス。",
  "`local`: the gateway runs on this machine; `remote`: the CLI uses another one. The gateway starts only with `local`.":
    "`local`：このマシンでゲートウェイを動かす。`remote`：CLI から別のゲートウェイを使う。ゲートウェイは `local` のときだけ起動します。",
  "TCP port of the gateway; `--port` and OPENCLAW_GATEWAY_PORT go before it.":
    "ゲートウェイの TCP ポート。`--port` と OPENCLAW_GATEWAY_PORT が優先されます。",
  "Where to listen: loopback (this machine only), lan (all interfaces), tailnet, custom (gateway.customBindHost), auto.":
    "待ち受ける場所：loopback（このマシンのみ）、lan（すべてのネットワーク）、tailnet、custom（gateway.customBindHost）、auto。",
  'Address to listen on with bind "custom".': "bind が custom のときに待ち受けるアドレス。",
  "How clients prove who they are. `off` is possible on loopback only.":
    "クライアントのログイン方法。`off` は loopback のときだけ使えます。",
  "Shared secret of this gateway, normally 64 hex characters; OPENCLAW_GATEWAY_TOKEN goes before it.":
    "ゲートウェイの共有トークン（通常は 16 進数 64 文字）。OPENCLAW_GATEWAY_TOKEN が優先されます。",
  "Alternative to the token for mode `password`.": "`password` のときに、トークンの代わりに使うパスワード。",
  "Let verified Tailscale identities replace the token; on by default when gateway.tailscale.mode is serve.":
    "確認済みの Tailscale の利用者にはトークンを求めない。gateway.tailscale.mode が serve のときは既定で有効です。",
  "Failed logins per address and window before it is locked out.":
    "1 つのアドレスから、期間内にこの回数ログインに失敗すると締め出します。",
  "Length of the window in milliseconds.": "失敗を数える期間（ミリ秒）。",
  "How long an address stays locked out, in milliseconds.": "締め出す時間（ミリ秒）。",
  "Publish the gateway through Tailscale.": "Tailscale を通してゲートウェイを公開する。",
  "Undo the Tailscale serve or funnel rule when the gateway stops.":
    "ゲートウェイの停止時に、Tailscale の serve・funnel の設定を取り消す。",
  "WebSocket address of a remote gateway that the CLI talks to in mode `remote`.":
    "`remote` のときに CLI が接続するゲートウェイの WebSocket アドレス。",
  "Token of the remote gateway.": "接続先のゲートウェイのトークン。",
  "Password of the remote gateway.": "接続先のゲートウェイのパスワード。",
  "SHA-256 fingerprint of the certificate the remote gateway must show.":
    "接続先のゲートウェイが示すべき証明書の SHA-256 フィンガープリント。",
  "Serve the Control UI.": "この操作ページを提供する。",
  "Path under which the Control UI is served, e.g. /openclaw.": "操作ページのパス（例：/openclaw）。",
  "Folder with another control page to serve in the place of ours; it must hold an index.html.":
    "代わりに提供する別の操作ページのフォルダ（index.html が必要）。",
  "Allow token-only login of the Control UI without HTTPS from other machines.":
    "ほかのマシンから HTTPS なしで、トークンだけのログインを許可する。",
  "Skip device identity for the Control UI. Anybody with the token is then a full operator.":
    "デバイスの確認を省く。トークンを知る人は誰でも全権限を持つことになります。",
  "Further origins (scheme://host[:port]) whose pages may open a control connection.":
    "操作の接続を開いてよい、ほかのページのオリジン（scheme://host[:port]）。",
  "After so many failed or broken-off starts the gateway comes up in safe mode; 0 switches this off.":
    "起動の失敗がこの回数続くと、セーフモードで起動する。0 で無効。",
  "Milliseconds within which the starts count.": "起動の失敗を数える期間（ミリ秒）。",
  "Serve HTTPS and WSS instead of plain HTTP and WS.": "HTTP・WS の代わりに HTTPS・WSS で提供する。",
  "Path of the PEM certificate (chain).": "PEM 形式の証明書（チェーン）のパス。",
  "Path of the PEM private key.": "PEM 形式の秘密鍵のパス。",
  "Path of a PEM bundle; clients must then show a certificate signed by it.":
    "CA 証明書のパス。設定すると、クライアントにもこの CA が署名した証明書を求めます。",
  "Oldest TLS version accepted.": "受け付ける最も古い TLS のバージョン。",
  "Addresses or CIDR ranges of reverse proxies whose X-Forwarded-* headers are believed.":
    "X-Forwarded-* ヘッダーを信頼するリバースプロキシのアドレス（CIDR も可）。",
  "Further host names this gateway answers to (Host header).":
    "ゲートウェイが応答する、ほかのホスト名（Host ヘッダー）。",
  "Answer POST /v1/chat/completions. Needs the gateway secret.":
    "POST /v1/chat/completions に応答する（ゲートウェイのトークンが必要）。",
  "Answer POST /v1/responses. Needs the gateway secret.":
    "POST /v1/responses に応答する（ゲートウェイのトークンが必要）。",
  "Largest request body in bytes.": "リクエスト本文の最大サイズ（バイト）。",
  "Most images and files given by URL in one request.":
    "1 回のリクエストで URL 指定できる画像・ファイルの最大数。",
  "Fetch files given by URL.": "URL で指定されたファイルを取得する。",
  "Largest file in bytes.": "ファイルの最大サイズ（バイト）。",
  "Most characters of text taken from one file.": "1 つのファイルから取り込む最大文字数。",
  "Fetch images given by URL.": "URL で指定された画像を取得する。",
  "Largest image in bytes.": "画像の最大サイズ（バイト）。",
  "Answer GET /metrics in the Prometheus format. Needs gateway.metrics.token.":
    "GET /metrics に Prometheus 形式で応答する（gateway.metrics.token が必要）。",
  "Bearer token of whoever reads the metrics; it opens nothing else and must differ from gateway.auth.":
    "メトリクスを読むためのトークン。ほかには使えません。gateway.auth とは別の値にしてください。",
  "Commands nodes may run in addition to the defaults of their platform.":
    "既定のものに加えて、ノードで実行してよいコマンド。",
  "Commands nodes may never run.": "ノードで決して実行しないコマンド。",
  "Seconds running turns have to reach a safe point when the gateway stops or restarts; less where the service manager allows less.":
    "停止・再起動のときに、実行中の処理が区切りに達するまで待つ秒数。",
  "Milliseconds a client has to finish the handshake.": "クライアントの接続手続きの制限時間（ミリ秒）。",
  "Open WebSocket connections at a time.": "同時に開ける WebSocket 接続の数。",
  "Connections of one address that have not logged in yet.": "1 つのアドレスからの、ログイン前の接続の上限。",
  "Connections of all addresses that have not logged in yet.": "全体での、ログイン前の接続の上限。",
  "Model as provider/model; the first usable one is found when empty.":
    "使うモデル（提供元/モデル）。空の場合は、使えるものを自動で選びます。",
  "Models tried in this order when the primary cannot answer.":
    "最初のモデルが応答できないときに、順に試すモデル。",
  "Models offered by /model, by provider/model.": "/model で選べるモデル（提供元/モデル）。",
  "Short name for /model.": "/model で使う短い名前。",
  "Workspace directory; <state dir>/workspace when empty.":
    "ワークスペースのフォルダ。空の場合は状態ディレクトリの workspace。",
  "Do not create AGENTS.md and the other files in the workspace.":
    "AGENTS.md などのファイルをワークスペースに作らない。",
  "Most characters taken from each workspace file into the prompt.":
    "ワークスペースの各ファイルからプロンプトに入れる最大文字数。",
  "Runs at a time over all agents.": "全エージェントで同時に実行する処理の数。",
  "Runs at a time of one agent.": "1 つのエージェントで同時に実行する処理の数。",
  "Longest a run may take, in seconds.": "1 回の処理の制限時間（秒）。",
  "Most rounds of tool calls in one run.": "1 回の処理でツールを呼び出せる回数の上限。",
  "Longest a single tool call may take, in seconds.": "1 回のツール呼び出しの制限時間（秒）。",
  "Most characters of a tool's output shown to the model.": "モデルに見せるツールの出力の最大文字数。",
  "Thinking level when a session does not say.": "会話に指定がないときの思考の深さ。",
  "Elevated exec when a session does not say.": "会話に指定がないときの特権実行。",
  "Size of the context window to plan for; the model's own when empty.":
    "想定するコンテキストの大きさ。空の場合はモデルの値。",
  "IANA time zone of the user; the machine's when empty.":
    "利用者のタイムゾーン（例：Asia/Tokyo）。空の場合はマシンの設定。",
  "Largest inbound media file in megabytes.": "受信するメディアの最大サイズ（MB）。",
  "Seconds between typing signals.": "「入力中」を送る間隔（秒）。",
  "Send the finished blocks of an answer as messages of their own while it grows.":
    "応答の途中でも、できた段落から順に送る。",
  "When the context fills up.": "コンテキストがいっぱいになったときの動作。",
  "Tokens kept free for the answer.": "応答のために空けておくトークン数。",
  "Tokens of recent turns kept word for word.": "そのまま残す最近のやり取りのトークン数。",
  "Let agents search their notes.": "エージェントに記憶のノートを検索させる。",
  "How often the agent looks around by itself: 30m, 2h; 0m switches it off. 30m when empty, and then only with tasks in HEARTBEAT.md.":
    "エージェントが自分から見回る間隔（30m、2h など。0m で無効）。空の場合は、HEARTBEAT.md に作業があるときだけ 30 分ごと。",
  "What it is told then, instead of our own words.": "見回りのときの指示文（既定の文の代わり）。",
  "Where an answer goes: last (the chat last used, the default), none, or a channel.":
    "結果の送り先：last（最後に使ったチャット。既定）、none、またはチャネル名。",
  "Recipient in that channel.": "そのチャネルでの宛先。",
  "Account of that channel.": "そのチャネルのアカウント。",
  "Session it looks around in; the main one when empty.": "見回りに使う会話。空の場合はメイン。",
  "Model for heartbeats.": "見回りに使うモデル。",
  "Send what the model thought too.": "モデルの思考も送る。",
  "First minute, HH:MM.": "開始時刻（HH:MM）。",
  "Last minute, HH:MM.": "終了時刻（HH:MM）。",
  "IANA time zone; the user's by default.": "タイムゾーン。既定は利用者のもの。",
  "Which sessions run their tools in a sandbox: none, all but the main one, all.":
    "ツールをサンドボックスで動かす会話：なし、メイン以外、すべて。",
  "What shares one sandbox.": "1 つのサンドボックスを共有する範囲。",
  "The agent's workspace inside: none (a private folder stands in its place), ro or rw.":
    "サンドボックス内でのワークスペース：none（専用フォルダを使う）、ro（読み取り専用）、rw（読み書き）。",
  "What builds the sandbox; auto takes bubblewrap where it is installed.":
    "サンドボックスの方式。auto は bubblewrap があればそれを使います。",
  "Image of sandbox containers.": "サンドボックスのコンテナイメージ。",
  "Network: none, or with docker and podman the name of one.":
    "ネットワーク：none、または docker・podman のネットワーク名。",
  "Memory limit; 1g when empty.": "メモリの上限。空の場合は 1g。",
  "CPU limit.": "CPU の上限。",
  "Most processes; 256 when empty.": "プロセス数の上限。空の場合は 256。",
  "Agents beside or instead of `main`.": "`main` のほかに使うエージェント。",
  "Id: lower-case letters, digits, - and _.": "ID（英小文字、数字、-、_）。",
  "The agent that answers when none is named.": "指定がないときに応答するエージェント。",
  "Display name.": "表示名。",
  "Workspace directory of this agent.": "このエージェントのワークスペースのフォルダ。",
  "Name of the agent.": "エージェントの名前。",
  "Emoji shown beside the name.": "名前の横に表示する絵文字。",
  "Path inside the workspace, or URL of a picture.": "画像のパス（ワークスペース内）または URL。",
  "Words that count as a mention.": "メンションとみなす言葉。",
  "Where its commands run.": "コマンドを実行する場所。",
};
