import { join } from "node:path";
import { isObject } from "../../core/json.ts";
import { Secret } from "../../core/secret.ts";
import { readTextIfExists } from "../../state/index.ts";
import { fileStamp } from "./file-stamp.ts";
import type { LoginSecret } from "./store.ts";

/** A login in one of the older plain-text files (legacy-state 1.6, STATE-006). Read, never written. */
export interface LegacyLogin {
  id: string;
  provider: string;
  kind: "api_key" | "token" | "oauth";
  expiresAt?: number;
  secret: Secret<LoginSecret>;
  source: string;
}

/**
 * Logins of `credentials/auth-profiles.json` and `credentials/oauth.json`, read again when one changed. Unreadable
 * content counts as none.
 */
export function createLegacyFiles(credentialsDir: string): () => LegacyLogin[] {
  let cached: { stamp: string; logins: LegacyLogin[] } = { stamp: "", logins: [] };
  return () => {
    const stamp = ["auth-profiles.json", "oauth.json"]
      .map((name) => fileStamp(join(credentialsDir, name)))
      .join();
    if (stamp !== cached.stamp) cached = { stamp, logins: readLegacyFiles(credentialsDir) };
    return cached.logins;
  };
}

function readLegacyFiles(credentialsDir: string): LegacyLogin[] {
  const shared = readObject(join(credentialsDir, "auth-profiles.json"));
  const profiles = isObject(shared["profiles"]) ? shared["profiles"] : {};
  const tokens = readObject(join(credentialsDir, "oauth.json"));
  return [
    ...legacyLogins(profiles, "credentials/auth-profiles.json"),
    ...Object.entries(tokens).flatMap(([provider, entry]) =>
      isObject(entry)
        ? (parseLogin(
            `${provider}:default`,
            { type: "oauth", provider, ...entry },
            "credentials/oauth.json",
          ) ?? [])
        : [],
    ),
  ];
}

/** Logins of a `profiles` object. */
export function legacyLogins(profiles: Record<string, unknown>, source: string): LegacyLogin[] {
  return Object.entries(profiles).flatMap(([id, entry]) => parseLogin(id, entry, source) ?? []);
}

function parseLogin(id: string, entry: unknown, source: string): LegacyLogin | null {
  if (!isObject(entry)) return null;
  const provider = typeof entry["provider"] === "string" ? entry["provider"] : id.split(":")[0];
  if (!provider) return null;
  const text = (name: string) => {
    const value = entry[name];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const expires = entry["expires"] ?? entry["expiresAt"];
  const expiresAt = typeof expires === "number" && expires > 0 ? { expiresAt: expires } : {};
  const base = { id: id.includes(":") ? id : `${provider}:${id}`, provider, source };
  const key = text("key") ?? text("apiKey");
  if (key) return { ...base, kind: "api_key", secret: new Secret({ value: key }) };
  const token = text("token");
  if (token) return { ...base, kind: "token", ...expiresAt, secret: new Secret({ value: token }) };
  const access = text("access");
  if (!access) return null;
  const refresh = text("refresh");
  return {
    ...base,
    kind: "oauth",
    ...expiresAt,
    secret: new Secret({ value: access, ...(refresh && { refresh }) }),
  };
}

function readObject(path: string): Record<string, unknown> {
  const text = readTextIfExists(path);
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // a damaged legacy file must not take the other logins away; `doctor` reports it
  }
}
