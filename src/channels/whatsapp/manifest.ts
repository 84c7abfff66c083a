import type { ChannelManifest } from "../contract.ts";
import { readSettings } from "./settings.ts";

const noHistory = "WhatsApp keeps no history that a linked device could ask for";

export const whatsappManifest: ChannelManifest = {
  id: "whatsapp",
  label: "WhatsApp",
  capabilities: {
    // A message is identified by chat, sender and the id its sender chose; phones show one of each. Ours follows from
    // the delivery's key, so a second try is the same message: the protocol's own resending (retry receipts) rests on it.
    ambiguousSend: "dedupes",
    maxTextLength: 4000,
    maxMediaBytes: 64 * 1024 * 1024,
    can: [
      "direct",
      "groups",
      "mentions",
      "replies",
      "edit",
      "delete",
      "react",
      "receive-edits",
      "receive-reactions",
      "typing",
      "polls",
      "media-in",
      "media-out",
      "voice-in",
      "location",
      "contacts",
      "directory",
      "read-receipts",
      "login",
    ],
    gaps: {
      threads: "WhatsApp has no threads inside a chat",
      buttons: "WhatsApp shows buttons only of companies that use its paid interface",
      commands: "WhatsApp knows no commands; a message that begins with / is read as one by the gateway",
      history: noHistory,
      search: noHistory,
      webhook: "a linked device holds a connection; WhatsApp calls nobody",
    },
    // Three unanswered pings.
    silenceMs: 90_000,
  },
  credentials: [],
  // One connection per login: a second one would replace the first.
  exclusive: (_config, dir) => `whatsapp:${dir}`,
  check: (config) => readSettings(config).problems,
  load: async () => (await import("./index.ts")).whatsappChannel,
};
