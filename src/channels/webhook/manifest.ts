import type { ChannelManifest } from "../contract.ts";

const reason = "the webhook format has no such event";

export const webhookManifest: ChannelManifest = {
  id: "webhook",
  label: "Webhook",
  capabilities: {
    ambiguousSend: "dedupes",
    maxTextLength: 32_000,
    maxMediaBytes: 20 * 1024 * 1024,
    can: ["direct", "groups", "mentions", "webhook"],
    gaps: {
      threads: reason,
      replies: reason,
      edit: reason,
      delete: reason,
      react: reason,
      "receive-edits": reason,
      "receive-reactions": reason,
      typing: reason,
      buttons: reason,
      polls: reason,
      "media-in": reason,
      "media-out": reason,
      "voice-in": reason,
      location: reason,
      contacts: reason,
      commands: reason,
      history: "the receiver keeps no history that could be asked for",
      search: "the receiver keeps no history that could be asked for",
      directory: "the receiver has no directory",
      "read-receipts": reason,
      login: "a shared secret is all it needs",
    },
    // Nothing arrives unless somebody writes, so silence proves nothing.
    silenceMs: Number.POSITIVE_INFINITY,
  },
  credentials: [
    { key: "secret", flag: "--secret", title: "Shared secret both sides sign with, at least 16 characters" },
    { key: "url", flag: "--service-url", title: "Address replies are posted to" },
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
