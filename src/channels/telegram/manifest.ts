import { createHash } from "node:crypto";
import type { ChannelManifest } from "../contract.ts";
import { problemsOf } from "./settings.ts";

const megabyte = 1024 * 1024;

/** Telegram by the Bot API (CHAN-002). Limits are those of core.telegram.org/bots/api. */
export const telegramManifest: ChannelManifest = {
  id: "telegram",
  label: "Telegram",
  capabilities: {
    // The Bot API has neither a key that drops repeats nor a way to ask what was sent.
    ambiguousSend: "unknown",
    maxTextLength: 4096,
    maxMediaBytes: 50 * megabyte,
    can: [
      "direct",
      "groups",
      "threads",
      "mentions",
      "replies",
      "edit",
      "delete",
      "react",
      "receive-edits",
      "receive-reactions",
      "typing",
      "buttons",
      "polls",
      "media-in",
      "media-out",
      "voice-in",
      "location",
      "contacts",
      "commands",
      "webhook",
    ],
    gaps: {
      history: "Telegram lets no bot read old messages",
      search: "Telegram lets no bot search messages",
      directory: "Telegram lets no bot list its chats or their members",
      "read-receipts": "Telegram has no read receipts of bots",
      login: "a bot token is all it needs",
    },
    // A poll is answered after 25 s at the latest.
    silenceMs: 120_000,
  },
  credentials: [
    {
      key: "botToken",
      flag: "--token",
      title: "Bot token from @BotFather",
      titles: { ja: "@BotFather から受け取ったボットトークン" },
    },
  ],
  exclusive(config) {
    const token = config["botToken"];
    // The number before the colon is the bot: a renewed token of it is still the same bot.
    const bot = typeof token === "string" ? token.split(":", 1)[0] : "";
    return bot ? createHash("sha256").update(`telegram ${bot}`).digest("hex") : null;
  },
  check: problemsOf,
  load: async () => (await import("./index.ts")).telegramChannel,
};
