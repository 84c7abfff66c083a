/** What the doctor and the audit find, by the id of the check (docs/reference/checks.md): what it is, and what helps. */
export const checksInJapanese: Readonly<Record<string, { title: string; fix: string }>> = {
  "update-available": {
    title: "新しいバージョンがあります",
    fix: "更新してください。問題があれば元のバージョンに戻せます。",
  },
  "config-invalid": {
    title: "設定に誤りがあります",
    fix: "誤りのある値を直すか、最後に正しかった設定に戻してください。",
  },
  "config-legacy": {
    title: "設定に古い書き方があります",
    fix: "新しい書き方に直せます。コメントは残ります。",
  },
  "config-unknown": {
    title: "設定に未知のキーがあります",
    fix: "綴りを確認して直すか、取り除いてください。",
  },
  "config-warnings": {
    title: "設定に効果のない値があります",
    fix: "環境変数を設定するか、キーを削除してください。",
  },
  "gateway-mode": {
    title: "gateway.mode が未設定です",
    fix: "このマシンで動かす場合は local に設定します。",
  },
  "gateway-token": {
    title: "ゲートウェイにトークンがありません",
    fix: "ランダムなトークンを作成してください。",
  },
  "state-dir": { title: "状態ディレクトリの問題", fix: "ディレクトリの所有者と権限を直してください。" },
  "directory-modes": {
    title: "状態ディレクトリをほかのユーザーが開けます",
    fix: "自分だけが使える権限（700）に直します。",
  },
  "secret-modes": {
    title: "秘密情報をほかのユーザーが読めます",
    fix: "自分だけが読める権限（600）に直します。",
  },
  leftovers: { title: "終了したプロセスのファイルが残っています", fix: "不要なファイルを削除します。" },
  "restore-leftovers": {
    title: "復元のときのフォルダが残っています",
    fix: "復元した内容を確認してから、表示のコマンドで片付けてください。",
  },
  "older-layout": {
    title: "以前のインストールが移行されていません",
    fix: "移行の計画を確認してから実行してください。元に戻すことができます。",
  },
  "default-agent": {
    title: "agents/default が独立したフォルダになっています",
    fix: "内容を agents/main に移します。既存のファイルは上書きしません。",
  },
  transcripts: {
    title: "会話の記録に壊れた行があります",
    fix: "壊れた行だけを取り除きます。元の記録は控えに残ります。",
  },
  "session-store": { title: "会話の一覧がないか、壊れています", fix: "データベースから作り直します。" },
  ledger: {
    title: "データベースの問題",
    fix: "バックアップから復元するか、書き込んだバージョンを使ってください。",
  },
  "transcripts-missing": {
    title: "記録ファイルのない会話があります",
    fix: "バックアップから戻すか、会話をリセットしてください。",
  },
  "main-session": {
    title: "メインの会話が蓄積されていません",
    fix: "会話をリセットしているものがないか確認してください。",
  },
  "model-logins": { title: "モデルにログインがありません", fix: "モデルのキーを登録してください。" },
  "logins-expired": { title: "ログインの期限が切れています", fix: "もう一度ログインしてください。" },
  "login-files": {
    title: "ログインのファイルが壊れています",
    fix: "バックアップから戻すか、登録し直してください。",
  },
  "login-names": {
    title: "以前のプログラムの名前のログインがあります",
    fix: "新しい名前に直します。元のファイルは控えに残ります。",
  },
  "plain-logins": {
    title: "暗号化されていないログインがあります",
    fix: "暗号化して登録し直し、古いファイルを削除してください。",
  },
  "workspace-files": {
    title: "ワークスペースに足りないファイルがあります",
    fix: "ひな形から作成します。既存のファイルは上書きしません。",
  },
  "workspace-backup": {
    title: "ワークスペースの変更履歴がありません",
    fix: "Git で管理すると、変更をいつでも戻せます。",
  },
  "other-state-dirs": {
    title: "状態ディレクトリが複数あります",
    fix: "必要なものを移し、使わないほうの名前を変えてください。",
  },
  "disk-space": { title: "ディスクの空きが少なくなっています", fix: "不要なファイルを削除してください。" },
  "log-size": { title: "ログが無期限に保存されます", fix: "保存日数を設定してください。" },
  memory: { title: "メモリの設定", fix: "メモリを増やすか、使用量の上限を下げてください。" },
  runtime: { title: "Node のバージョン", fix: "対応している Node（22.13 以降）をインストールしてください。" },
  "sandbox-backend": {
    title: "サンドボックスを作れません",
    fix: "必要なプログラムをインストールするか、別の方式を選んでください。",
  },
  "browser-reach": {
    title: "エージェントのブラウザのページから、接続できる範囲が広すぎます",
    fix: "browser.allowPrivateOrigins から不要なものを外すか、ゲートウェイを一般ユーザーで動かしてください。",
  },
  "browser-program": {
    title: "エージェント用のブラウザが見つかりません",
    fix: "Chromium をインストールするか、browser.executablePath に場所を設定してください。",
  },
  port: {
    title: "ゲートウェイのポートが使用されています",
    fix: "使用中のプロセスを終了するか、別のポートを選んでください。",
  },
  "service-drift": {
    title: "サービスの登録内容が現在のインストールと異なります",
    fix: "サービスを登録し直してください。",
  },
  "service-down": {
    title: "サービスは登録されていますが、動いていません",
    fix: "サービスを開始してください。止まる場合はログを確認してください。",
  },
  "service-linger": {
    title: "ユーザーがログアウトするとサービスが終了します",
    fix: "ログアウト後も動くように設定してください（root 権限が必要な場合があります）。",
  },
  wsl: {
    title: "この WSL では systemd が動いていません",
    fix: "/etc/wsl.conf に [boot] と systemd=true を書き、Windows で wsl --shutdown を実行した後、サービスを登録してください。",
  },
  "other-services": {
    title: "別のゲートウェイのサービスが登録されています",
    fix: "使わないほうを取り除いてください。",
  },
  "sentinel-timer": {
    title: "ゲートウェイの停止を見張る仕組みがありません",
    fix: "サービスを登録し直すと、見張りも設定されます。",
  },
  "backup-schedule": {
    title: "予定されたバックアップが作られていません",
    fix: "今すぐバックアップするか、予定を設定し直してください。",
  },
  "gateway-health": { title: "ゲートウェイが応答しません", fix: "ログを確認し、再起動してください。" },
  "gateway-version": {
    title: "動いているゲートウェイのバージョンが異なります",
    fix: "再起動すると新しいバージョンになります。",
  },
  channels: { title: "動作していないチャネルがあります", fix: "チャネルのページで状態を確認してください。" },
  "exposed-without-auth": {
    title: "ログインなしで外部から接続できます",
    fix: "トークンを設定するか、このマシンだけに限定してください。",
  },
  "auth-off": { title: "ログインが無効になっています", fix: "トークンによるログインを有効にしてください。" },
  "weak-token": {
    title: "ゲートウェイのトークンまたはパスワードが推測されやすいものです",
    fix: "ランダムな 32 バイトの値に変更してください。",
  },
  "hooks-token": {
    title: "Webhook がゲートウェイと同じトークンを使っています",
    fix: "Webhook 専用のトークンを設定してください。",
  },
  "insecure-ui-auth": {
    title: "HTTPS なしのトークンログインが許可されています",
    fix: "HTTPS かトンネルを使い、この設定を無効に戻してください。",
  },
  "device-auth-off": { title: "デバイスの確認が無効になっています", fix: "この設定を無効に戻してください。" },
  "any-origin": {
    title: "どの Web ページからでも操作の接続を開けます",
    fix: "許可するページのアドレスを具体的に指定してください。",
  },
  "funnel-without-password": {
    title: "パスワードなしでインターネットに公開されています",
    fix: "パスワードを設定するか、funnel の代わりに serve を使ってください。",
  },
  "any-proxy": {
    title: "すべての接続元が信頼されたプロキシとして扱われています",
    fix: "プロキシのアドレスを具体的に指定してください。",
  },
  "serve-beside-proxy": {
    title: "ローカルのプロキシの利用者が tailnet のメンバーになりすませます",
    fix: "Tailscale の利用者情報を使わない設定にしてください。",
  },
  "open-without-tls": {
    title: "秘密情報が暗号化されずにネットワークを流れます",
    fix: "TLS、トンネル、Tailscale Serve、HTTPS のプロキシのいずれかを使ってください。",
  },
  "http-endpoints-open": {
    title: "HTTP インターフェースに外部から接続できます",
    fix: "使わないものは無効にしてください。",
  },
  "stale-devices": {
    title: "使われていない、全権限を持つデバイスがあります",
    fix: "不要なデバイスを取り消してください。",
  },
  "dm-open": {
    title: "誰でもエージェントにメッセージを送れます",
    fix: "ペアリングによる承認に切り替えてください。",
  },
  "group-open": {
    title: "グループのすべてのメッセージがエージェントに届きます",
    fix: "メンションされたときだけ応答する設定にしてください。",
  },
  "elevated-for-all": {
    title: "特権コマンドを使える人が限定されていません",
    fix: "無効にするか、使える人を tools.exec.elevated.allowFrom に指定してください。",
  },
  "exec-without-asking": {
    title: "確認なしでコマンドが実行されます",
    fix: "許可リストを使うか、実行前に確認する設定にしてください。",
  },
  "no-sandbox": {
    title: "知らない相手との会話がサンドボックスの外で動きます",
    fix: "メイン以外の会話をサンドボックスで動かす設定にしてください。",
  },
  "files-outside-workspace": {
    title: "ファイル操作のツールがワークスペースの外に届きます",
    fix: "ワークスペースの中だけに限定してください。",
  },
  "redaction-off": { title: "ログの伏せ字が無効に設定されています", fix: "有効に戻してください。" },
  "synced-folder": {
    title: "秘密情報が、ほかへ同期されるフォルダにあります",
    fix: "状態ディレクトリを別の場所に移し、OPENCLAW_STATE_DIR に設定してください。",
  },
  "secrets-in-config": {
    title: "設定ファイルに外部サービスの秘密情報があります",
    fix: "値を状態ディレクトリの .env に移し、設定には ${NAME} と書いてください。",
  },
  "running-otherwise": {
    title: "ゲートウェイが設定と異なる場所で待ち受けています",
    fix: "再起動すると設定どおりになります。",
  },
  "running-open": {
    title: "動いているゲートウェイに誰でも接続できます",
    fix: "gateway.auth を設定し、再起動してください。",
  },
};
