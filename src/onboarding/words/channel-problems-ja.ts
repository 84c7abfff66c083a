/** What channels say about the credentials that are asked for, by their own words; for the wizard and the page. */
export const channelProblems: Readonly<Record<string, string>> = {
  "is missing: get one from @BotFather in Telegram":
    "未入力です。Telegram の @BotFather から取得してください",
  "is not a bot token: @BotFather gives one like 123456789:AAE…":
    "ボットトークンではありません。@BotFather が発行する 123456789:AAE… の形式です",
  "is missing: make a bot at discord.com/developers/applications and copy its token":
    "未入力です。discord.com/developers/applications でボットを作り、トークンをコピーしてください",
  "is not a bot token: it has three parts with dots between them (Bot > Reset Token)":
    "ボットトークンではありません。点で区切られた 3 つの部分からなります（Bot > Reset Token で取得）",
  "is missing: it is under OAuth & Permissions of your app":
    "未入力です。アプリの OAuth & Permissions の画面にあります",
  "is not a bot token: one begins with xoxb-": "ボットトークンではありません。xoxb- で始まります",
  "is not an app-level token: one begins with xapp-":
    "アプリレベルトークンではありません。xapp- で始まります",
  "is missing: give an app-level token for Socket Mode, or signingSecret for requests to your port":
    "未入力です。Socket Mode 用のアプリレベルトークンか、リクエストを受け取るための signingSecret を入力してください",
  "is not a signing secret: it has hexadecimal digits only":
    "Signing Secret ではありません。0〜9 と a〜f だけからなります",
  "needs the phone number with its country, e.g. +4915112345678":
    "国番号付きの電話番号を入力してください（例：+819012345678）",
  "needs the http or https address of a signal-cli daemon":
    "signal-cli デーモンの http または https のアドレスを入力してください",
  "needs at least 16 characters": "16 文字以上で入力してください",
  "needs an http or https address": "http または https のアドレスを入力してください",
};
