import type { ChannelManifest } from "../contract.ts";
import { problemsOf, settingsOf } from "./settings.ts";

const noHistory = "signal-cli keeps no messages that could be asked for";

/** Signal by the daemon of signal-cli (CHAN-006). */
export const signalManifest: ChannelManifest = {
  id: "signal",
  label: "Signal",
  capabilities: {
    // signal-cli chooses the time that names a message when it sends it, and keeps no list of what was sent.
    ambiguousSend: "unknown",
    // What is longer goes as a file that only newer apps show as text.
    maxTextLength: 2000,
    maxMediaBytes: 95 * 1024 * 1024,
    fewEdits: true,
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
      "media-in",
      "media-out",
      "voice-in",
      "contacts",
      "directory",
      "read-receipts",
      "login",
    ],
    gaps: {
      threads: "Signal has no threads",
      buttons: "Signal has no buttons",
      polls: "polls came to Signal late: many apps and signal-cli before 0.13.22 do not know them",
      location: "Signal sends a place as a picture with a link",
      commands: "Signal knows no commands; a message that begins with / is read as one by the gateway",
      history: noHistory,
      search: noHistory,
      webhook: "the daemon is connected to; it calls nobody",
    },
    // The daemon's stream says something every 15 s.
    silenceMs: 90_000,
  },
  credentials: [
    {
      key: "number",
      flag: "--number",
      title: "Phone number of the account, e.g. +4915112345678",
      titles: { ja: "アカウントの電話番号（例：+819012345678）" },
      optional: true,
    },
    {
      key: "httpUrl",
      flag: "--service-url",
      title: "Address of a running signal-cli daemon",
      titles: { ja: "起動中の signal-cli デーモンのアドレス" },
      optional: true,
    },
  ],
  // Two listeners of one account would each get half of the messages.
  exclusive(config, dir) {
    const { number, httpUrl } = settingsOf(config);
    return number === "" ? `signal:${httpUrl ?? dir}` : `signal:${number}`;
  },
  check: problemsOf,
  load: async () => (await import("./index.ts")).signalChannel,
};
