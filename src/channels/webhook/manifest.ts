import type { ChannelManifest } from "../contract.ts";

const reason = "a request for something that is over in a moment is not worth its while";
const unasked = "the receiver takes what is posted; it cannot be asked";

export const webhookManifest: ChannelManifest = {
  id: "webhook",
  label: "Webhook",
  capabilities: {
    ambiguousSend: "dedupes",
    maxTextLength: 32_000,
    maxMediaBytes: 20 * 1024 * 1024,
    // Receivers that know only messages would show every step of an answer.
    fewEdits: true,
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
      typing: reason,
      history: unasked,
      search: unasked,
      directory: unasked,
      "read-receipts": reason,
      login: "a shared secret is all it needs",
    },
    // Nothing arrives unless somebody writes, so silence proves nothing.
    silenceMs: Number.POSITIVE_INFINITY,
  },
  credentials: [
    {
      key: "secret",
      flag: "--secret",
      title: "Shared secret both sides sign with, at least 16 characters",
      titles: { ja: "双方が署名に使う共有シークレット（16 文字以上）" },
    },
    {
      key: "url",
      flag: "--service-url",
      title: "Address replies are posted to",
      titles: { ja: "返信の送信先アドレス" },
    },
  ],
  exclusive: () => null,
  check(config) {
    const problems = [];
    if (typeof config["secret"] !== "string" || config["secret"].length < 16)
      problems.push({ key: "secret", message: "needs at least 16 characters" });
    if (typeof config["url"] !== "string" || !/^https?:\/\//.test(config["url"]))
      problems.push({ key: "url", message: "needs an http or https address" });
    return problems;
  },
  load: async () => (await import("./index.ts")).webhookChannel,
};
