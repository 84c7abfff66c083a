import { join } from "node:path";
import { isObject } from "../../core/json.ts";
import type { DeviceTokenStore } from "../options.ts";
import { readDocument, writeDocument } from "./key.ts";

/**
 * Tokens gateways gave this device, in `<identityDir>/device-auth.json` (legacy-state.md). Tokens of another device
 * id are not used: they were signed for another key.
 */
export function openDeviceTokens(options: {
  identityDir: string;
  deviceId: string;
  now: () => number;
}): DeviceTokenStore {
  const path = join(options.identityDir, "device-auth.json");
  const read = (): Record<string, unknown> => {
    const document = readDocument(path);
    if (!isObject(document) || document["deviceId"] !== options.deviceId || !isObject(document["tokens"]))
      return {};
    return { ...document["tokens"] };
  };
  const write = (tokens: Record<string, unknown>) =>
    writeDocument(path, { version: 1, deviceId: options.deviceId, tokens });
  return {
    load({ role, url }) {
      const entry = read()[role];
      if (!isObject(entry) || typeof entry["token"] !== "string") return null;
      // Files of the earlier product name no gateway: their token was this machine's own gateway's.
      const issuer = entry["url"];
      const own = typeof issuer === "string" ? issuer === url : isLoopbackUrl(url);
      return own ? entry["token"] : null;
    },
    save({ role, token, scopes, url }) {
      const tokens = read();
      const entry = tokens[role];
      if (isObject(entry) && entry["token"] === token && entry["url"] === url) return;
      write({ ...tokens, [role]: { token, role, scopes, url, updatedAtMs: options.now() } });
    },
    erase({ role }) {
      const tokens = read();
      if (!(role in tokens)) return;
      delete tokens[role];
      write(tokens);
    },
  };
}

function isLoopbackUrl(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
