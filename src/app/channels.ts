import type { Channel } from "../channels/contract.ts";

/** Every channel this build knows. Each is loaded when an account of it is started. */
export const availableChannels: Array<{ id: string; label: string; load: () => Promise<Channel> }> = [
  {
    id: "webhook",
    label: "Webhook",
    load: async () => (await import("../channels/webhook/index.ts")).webhookChannel,
  },
];
