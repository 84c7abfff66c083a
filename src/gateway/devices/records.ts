import { UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";

export type Role = "operator" | "node";

/** A device token as `devices/paired.json` holds it (legacy-state.md); 32 lower-case hex characters. */
export interface TokenRecord {
  token: string;
  role: string;
  scopes: string[];
  createdAtMs: number;
  rotatedAtMs?: number;
  revokedAtMs?: number;
  lastUsedAtMs?: number;
}

export interface PairedDevice {
  deviceId: string;
  publicKey: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  clientMode?: string;
  role?: string;
  roles: string[];
  scopes: string[];
  remoteIp?: string;
  tokens: Record<string, TokenRecord>;
  createdAtMs: number;
  approvedAtMs: number;
}

export interface PendingDevice {
  requestId: string;
  deviceId: string;
  publicKey: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  clientMode?: string;
  role: string;
  roles: string[];
  scopes: string[];
  remoteIp?: string;
  silent: boolean;
  isRepair: boolean;
  ts: number;
}

/** What the handshake asks for on behalf of a verified device. */
export interface PairRequest {
  deviceId: string;
  publicKey: string;
  displayName?: string | undefined;
  platform?: string | undefined;
  clientId?: string | undefined;
  clientMode?: string | undefined;
  role: Role;
  scopes: readonly string[];
  remoteIp?: string | undefined;
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];

/** Checks the document map of a pairing file; entries keep members we do not know. @throws UserError */
export function parseDeviceMap<T extends { deviceId: string }>(value: unknown): Map<string, T> {
  if (!isObject(value)) throw new UserError("STATE_FILE_INVALID", "it does not hold a JSON object");
  const devices = new Map<string, T>();
  for (const [key, entry] of Object.entries(value)) {
    if (!isObject(entry) || typeof entry["deviceId"] !== "string" || typeof entry["publicKey"] !== "string") {
      throw new UserError("STATE_FILE_INVALID", `entry ${JSON.stringify(key)} is not a device`);
    }
    const role = typeof entry["role"] === "string" ? entry["role"] : undefined;
    const roles = strings(entry["roles"]);
    devices.set(key, {
      ...entry,
      roles: roles.length === 0 && role !== undefined ? [role] : roles,
      scopes: strings(entry["scopes"]),
      tokens: isObject(entry["tokens"]) ? parseTokens(entry["tokens"]) : {},
    } as unknown as T);
  }
  return devices;
}

function parseTokens(value: Record<string, unknown>): Record<string, TokenRecord> {
  const tokens: Record<string, TokenRecord> = {};
  for (const [role, entry] of Object.entries(value)) {
    // An entry that cannot be understood is no token: the device signs in with the shared secret and gets a new one.
    if (!isObject(entry) || typeof entry["token"] !== "string" || entry["token"] === "") continue;
    tokens[role] = { ...entry, role, scopes: strings(entry["scopes"]) } as unknown as TokenRecord;
  }
  return tokens;
}
