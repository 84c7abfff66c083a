import type { ChannelManifest } from "./contract.ts";
import { discordManifest } from "./discord/manifest.ts";
import { signalManifest } from "./signal/manifest.ts";
import { slackManifest } from "./slack/manifest.ts";
import { telegramManifest } from "./telegram/manifest.ts";
import { webhookManifest } from "./webhook/manifest.ts";
import { whatsappManifest } from "./whatsapp/manifest.ts";

/** Every channel of this build, in the order people are shown. Their libraries are loaded when an account starts. */
export const channelCatalog: readonly ChannelManifest[] = [
  telegramManifest,
  whatsappManifest,
  discordManifest,
  slackManifest,
  signalManifest,
  webhookManifest,
];
