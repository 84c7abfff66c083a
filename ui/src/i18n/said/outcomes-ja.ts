import type { OutcomeReason } from "../../../../src/core/outcome.ts";

/** How a message ended: in two words, and in a sentence. */
export const outcomesInJapanese: Readonly<Record<OutcomeReason, readonly [short: string, sentence: string]>> =
  {
    answered: ["応答済み", "応答しました"],
    answered_with_others: ["まとめて応答", "ほかのメッセージとまとめて応答しました"],
    command: ["コマンド", "チャットコマンドとして実行しました"],
    silent: ["応答なし", "エージェントが応答しないことを選びました"],
    refused_sender: ["相手が未許可", "この相手はここで話すことを許可されていません"],
    refused_policy: ["ポリシーで拒否", "このゲートウェイのポリシーにより拒否しました"],
    refused_limit: ["上限で拒否", "受け付けの前に上限に達しました"],
    failed_model: ["モデルの失敗", "応答できるモデルがありませんでした"],
    failed_internal: ["内部エラー", "応答中にゲートウェイで失敗しました"],
    aborted: ["停止", "停止の操作がありました"],
    superseded: ["中断", "新しいメッセージにより中断しました"],
    deadline: ["時間切れ", "制限時間までに終わりませんでした"],
    session_reset: ["リセット", "待っている間に会話がリセットまたは削除されました"],
  };
