import { createHash } from "node:crypto";
import type { ChannelManifest } from "../contract.ts";
import { problemsOf, textAt } from "./settings.ts";

const megabyte = 1024 * 1024;

/** Slack by Socket Mode, or by the Events API over HTTP (CHAN-004). */
export const slackManifest: ChannelManifest = {
  id: "slack",
  label: "Slack",
  capabilities: {
    // A message carries its key as metadata, which only our app reads back from the history of the conversation or
    // thread; uploaded files have ids that were written down before they were shared.
    ambiguousSend: "queryable",
    // Slack cuts at 40,000; above 4,000 its own clients fold a message up.
    maxTextLength: 4000,
    maxMediaBytes: 100 * megabyte,
    can: [
      "direct",
      "groups",
      "threads",
      "mentions",
      "edit",
      "delete",
      "react",
      "receive-edits",
      "receive-reactions",
      "buttons",
      "media-in",
      "media-out",
      "voice-in",
      "commands",
      "history",
      "directory",
      "webhook",
    ],
    gaps: {
      replies: "Slack quotes nothing: an answer to a message is a thread",
      typing: "Slack shows nobody that an app writes, outside of its assistant panes",
      polls: "Slack has no polls of its own",
      location: "Slack has no locations",
      contacts: "Slack has no contact cards",
      search: "Slack lets no bot token search messages",
      "read-receipts": "Slack has no read receipts",
      login: "the tokens of the app are all it needs",
    },
    // A ping every 30 s, answered within 10 s.
    silenceMs: 90_000,
  },
  credentials: [
    {
      key: "botToken",
      flag: "--bot-token",
      title: "Bot token (xoxb-…)",
      titles: { ja: "ボットトークン（xoxb-…）" },
    },
    {
      key: "appToken",
      flag: "--app-token",
      title: "App-level token for Socket Mode (xapp-…)",
      titles: { ja: "Socket Mode 用のアプリレベルトークン（xapp-…）" },
      optional: true,
    },
    {
      key: "signingSecret",
      flag: "--signing-secret",
      title: "Signing secret, for events over HTTP",
      titles: { ja: "HTTP でイベントを受け取るための Signing Secret" },
      optional: true,
    },
  ],
  exclusive(config) {
    // Over HTTP Slack calls one address. Connections of one app share its events, so there must be one of us.
    const token = textAt(config, "appToken") || textAt(config, "botToken");
    return token === "" ? null : createHash("sha256").update(`slack ${token}`).digest("hex");
  },
  check: problemsOf,
  load: async () => (await import("./index.ts")).slackChannel,
};
