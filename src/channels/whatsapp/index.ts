import type { Channel } from "../contract.ts";
import { startAccount } from "./account.ts";
import { login, logout } from "./login.ts";

/** WhatsApp as one of the linked devices of a phone (CHAN-001). docs/channels/whatsapp.md. */
export const whatsappChannel: Channel = {
  id: "whatsapp",
  label: "WhatsApp",
  start: startAccount,
  login,
  logout,
};
