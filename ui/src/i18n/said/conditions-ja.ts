import type { ConditionCode } from "../../../../src/observability/health-conditions.ts";

/** What can be the matter with a running gateway, and what to do about it; facts stand below as the gateway words them. */
export const conditionsInJapanese: Readonly<Record<ConditionCode, { title: string; about: string }>> = {
  "storage-failing": {
    title: "データベースが応答しません",
    about: "メッセージを保存できないため、新しい処理を受け付けていません。ディスクの状態を確認してください。",
  },
  "disk-full": {
    title: "ディスクの空きがありません",
    about: "状態ディレクトリのあるディスクの空きを増やすと、自動的に再開します。",
  },
  "disk-low": {
    title: "ディスクの空きが少なくなっています",
    about: "空きがなくなると、メッセージを受け付けられなくなります。",
  },
  "config-invalid": {
    title: "設定ファイルに誤りがあります",
    about: "誤りが直るまで、最後に正しかった設定で動作します。",
  },
  "config-reverted": {
    title: "設定の変更を取り消しました",
    about: "新しい設定では起動できなかったため、前の設定に戻しました。",
  },
  "config-waiting": {
    title: "再起動を待っている設定変更があります",
    about: "一部の変更は、ゲートウェイを再起動すると有効になります。",
  },
  "restart-loop": {
    title: "ゲートウェイの起動に続けて失敗しました",
    about: "原因が直るまで、最小限の機能で動作します。",
  },
  "safe-mode": {
    title: "セーフモードで動作中です",
    about: "チャネル、プラグイン、自動化は停止しています。",
  },
  "event-loop-blocked": {
    title: "ゲートウェイの応答が遅れています",
    about: "マシンの負荷が高いか、重い処理が続いています。",
  },
  "queue-stuck": {
    title: "待っているメッセージが処理されていません",
    about: "メッセージは失われていません。ログを確認してください。",
  },
  "run-overdue": {
    title: "制限時間を過ぎた処理があります",
    about: "モデルやツールの応答を待ち続けている可能性があります。",
  },
  "model-unresolved": {
    title: "使えるモデルがありません",
    about: "モデルのキーを登録するか、使うモデルを設定してください。",
  },
  "model-credentials": {
    title: "モデルのログインが使えません",
    about: "キーの期限や残高を確認し、必要なら登録し直してください。",
  },
  "channel-disconnected": {
    title: "接続されていないチャネルがあります",
    about: "自動的に再接続を試みています。続く場合はチャネルのページを確認してください。",
  },
  "channel-deaf": {
    title: "チャネルは接続中ですが、応答がありません",
    about: "プラットフォームからの応答が途絶えています。接続をやり直しています。",
  },
  "channel-mute": {
    title: "チャネルへ送信できていません",
    about: "送信待ちのメッセージは保存されており、回復すると送信されます。",
  },
  "outbox-dead-letters": {
    title: "配信できなかったメッセージがあります",
    about: "再送信するか破棄するかを選んでください。",
  },
  "backup-failing": {
    title: "定期バックアップに失敗しています",
    about: "保存先の空きと権限を確認してください。",
  },
  "backup-stale": {
    title: "定期バックアップが実行されていません",
    about: "マシンのタイマーが動いているか確認してください。",
  },
  "heartbeat-failing": {
    title: "アシスタントの自動確認（ハートビート）に失敗しています",
    about: "定期的な見回りが実行できていません。自動化のページとモデルの状態を確認してください。",
  },
  "traces-not-exported": {
    title: "トレースを送信できていません",
    about: "収集サーバーのアドレスを確認してください。動作には影響しません。",
  },
};
