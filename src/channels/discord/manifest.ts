import { createHash } from "node:crypto";
import type { ChannelManifest } from "../contract.ts";
import { botIdOf, problemsOf } from "./settings.ts";

const megabyte = 1024 * 1024;

/** Discord by its gateway and REST API, version 10 (CHAN-003). Limits are those of discord.com/developers/docs. */
export const discordManifest: ChannelManifest = {
  id: "discord",
  label: "Discord",
  capabilities: {
    // Discord drops repeats of a nonce for some minutes only, and forgets the nonce then; but what we said can be read
    // again, for as long as a delivery may take.
    ambiguousSend: "queryable",
    // Of 2000; the rest is for the marks that formatting adds.
    maxTextLength: 1900,
    maxMediaBytes: 10 * megabyte,
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
      "commands",
      "history",
      "search",
      "directory",
    ],
    gaps: {
      location: "Discord has no locations",
      contacts: "Discord has no contact cards",
      "read-receipts": "Discord has no read receipts",
      login: "a bot token is all it needs",
      webhook: "events come over a connection of ours",
    },
    // A heartbeat is answered every 41 s.
    silenceMs: 120_000,
  },
  credentials: [
    {
      key: "token",
      flag: "--token",
      title: "Bot token from discord.com/developers/applications",
      titles: { ja: "discord.com/developers/applications で発行したボットトークン" },
    },
  ],
  exclusive(config) {
    const token = config["token"];
    const bot = typeof token === "string" ? botIdOf(token) : "";
    return bot ? createHash("sha256").update(`discord ${bot}`).digest("hex") : null;
  },
  check: problemsOf,
  load: async () => (await import("./index.ts")).discordChannel,
};
