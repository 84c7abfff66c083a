import type { JsonObject } from "../../core/json.ts";

/** What an account's configuration says, beyond what the host reads itself. */
export interface WhatsAppSettings {
  sendReadReceipts: boolean;
  /** Null for WhatsApp's own servers; other addresses are for tests. */
  webSocketUrl: string | null;
  mediaOrigin: string | null;
}

export interface SettingProblem {
  key: string;
  message: string;
}

/** Reads an account's keys; problems name the key as it stands in the configuration. */
export function readSettings(config: JsonObject): { settings: WhatsAppSettings; problems: SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const address = (key: string, protocols: readonly string[]): URL | null => {
    const value = config[key];
    if (value === undefined || value === null) return null;
    if (typeof value === "string" && URL.canParse(value)) {
      const url = new URL(value);
      if (protocols.includes(url.protocol)) return url;
    }
    problems.push({
      key,
      message: `needs an address beginning with ${protocols.map((each) => `${each}//`).join(" or ")}`,
    });
    return null;
  };
  const receipts = config["sendReadReceipts"];
  if (receipts !== undefined && typeof receipts !== "boolean")
    problems.push({ key: "sendReadReceipts", message: "needs true or false" });
  const settings = {
    sendReadReceipts: receipts !== false,
    webSocketUrl: address("webSocketUrl", ["wss:", "ws:"])?.href ?? null,
    mediaOrigin: address("mediaRoot", ["https:", "http:"])?.origin ?? null,
  };
  return { settings, problems };
}
