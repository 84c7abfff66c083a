import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { codeOf, UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { Secret } from "../../core/secret.ts";
import { readTextIfExists, writeFileAtomic } from "../../state/index.ts";
import { fileStamp } from "./file-stamp.ts";
import type { Sealed, Vault } from "./vault.ts";

/** What is stored about a login beside its secret (STATE-005). */
export interface StoredLogin {
  /** `<provider>:<name>` */
  id: string;
  provider: string;
  name: string;
  kind: "api_key" | "token" | "oauth";
  /** The only origin it may be sent to. */
  origin: string;
  /** Epoch milliseconds. */
  updatedAt: number;
  expiresAt?: number;
  /** Account it belongs to, for display. */
  email?: string;
}

/** The secret part. `refresh` only with OAuth. */
export interface LoginSecret {
  value: string;
  refresh?: string;
}

export interface LoginStore {
  list(): StoredLogin[];
  get(id: string): StoredLogin | null;
  /** @throws UserError CREDENTIAL_INVALID, CREDENTIAL_MISSING */
  open(id: string): { login: StoredLogin; secret: Secret<LoginSecret> };
  save(login: Omit<StoredLogin, "id" | "updatedAt">, secret: LoginSecret): StoredLogin;
  /** Whether there was one. */
  remove(id: string): boolean;
  pathOf(id: string): string;
}

interface FileContent {
  login: StoredLogin;
  sealed: Sealed;
}

const providerPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_@+.-]{0,63}$/;

/** Logins in `credentials/<provider>.<name>.json`, 0600, secrets sealed. Read afresh whenever a file changed. */
export function createLoginStore(deps: { dir: string; vault: Vault; clock: Clock }): LoginStore {
  const cache = new Map<string, { stamp: string; content: FileContent | null }>();

  function load(path: string): FileContent | null {
    const stamp = fileStamp(path);
    if (stamp === "none") return null;
    const cached = cache.get(path);
    if (cached?.stamp === stamp) return cached.content;
    const content = parse(readTextIfExists(path));
    cache.set(path, { stamp, content });
    return content;
  }

  function pathOf(id: string): string {
    const { provider, name } = splitId(id);
    return join(deps.dir, `${provider}.${name}.json`);
  }

  return {
    pathOf,
    list() {
      return fileNames(deps.dir)
        .flatMap((file) => load(join(deps.dir, file)) ?? [])
        .map((content) => content.login)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    get: (id) => load(pathOf(id))?.login ?? null,
    open(id) {
      const content = load(pathOf(id));
      if (!content) throw missing(id);
      const text = deps.vault.open(content.sealed, labelOf(content.login));
      const value: unknown = JSON.parse(text.reveal());
      if (!isObject(value) || typeof value["value"] !== "string")
        throw new UserError("CREDENTIAL_INVALID", `the login "${id}" holds no secret`, {
          hint: `openclaw models auth add --provider ${content.login.provider}`,
        });
      const refresh = typeof value["refresh"] === "string" ? { refresh: value["refresh"] } : {};
      return { login: content.login, secret: new Secret({ value: value["value"], ...refresh }) };
    },
    save(given, secret) {
      const id = `${given.provider}:${given.name}`;
      const path = pathOf(id);
      const previous = load(path)?.login.updatedAt ?? 0;
      // Strictly newer than before: the revision tells a changed secret from an unchanged one.
      const login: StoredLogin = { id, ...given, updatedAt: Math.max(deps.clock.now(), previous + 1) };
      const sealed = deps.vault.seal(new Secret(JSON.stringify(secret)), labelOf(login));
      const { id: _, ...fields } = login;
      writeFileAtomic(path, `${JSON.stringify({ version: 1, ...fields, sealed }, null, 2)}\n`);
      cache.delete(path);
      return login;
    },
    remove(id) {
      const path = pathOf(id);
      const existed = fileStamp(path) !== "none";
      rmSync(path, { force: true });
      cache.delete(path);
      return existed;
    },
  };
}

/** Splits `anthropic:work` (or `anthropic`, meaning `default`). @throws UserError PROFILE_INVALID */
export function splitId(id: string): { provider: string; name: string } {
  const colon = id.indexOf(":");
  const provider = colon < 0 ? id : id.slice(0, colon);
  const name = colon < 0 ? "default" : id.slice(colon + 1);
  if (!providerPattern.test(provider) || !namePattern.test(name)) {
    throw new UserError("PROFILE_INVALID", `${JSON.stringify(id.slice(0, 80))} is not a profile`, {
      hint: "profiles are provider:name, e.g. anthropic:default",
    });
  }
  return { provider, name };
}

export function missing(id: string): UserError {
  return new UserError("CREDENTIAL_MISSING", `No credentials found for profile "${id}"`, {
    hint: `openclaw models auth add --provider ${id.split(":")[0]}`,
  });
}

/** Origin and owner are sealed in with the secret: editing them in the file does not redirect it. */
function labelOf(login: StoredLogin): string {
  return `${login.id}|${login.kind}|${login.origin}`;
}

function parse(text: string | null): FileContent | null {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // not ours; `doctor` looks at damaged files
  }
  if (!isObject(value) || value["version"] !== 1 || !isObject(value["sealed"])) return null;
  const { provider, name, kind, origin, updatedAt, expiresAt, email, sealed } = value;
  const kinds = ["api_key", "token", "oauth"];
  if (typeof provider !== "string" || typeof name !== "string" || typeof origin !== "string") return null;
  if (typeof kind !== "string" || !kinds.includes(kind) || typeof updatedAt !== "number") return null;
  return {
    login: {
      id: `${provider}:${name}`,
      provider,
      name,
      kind: kind as StoredLogin["kind"],
      origin,
      updatedAt,
      ...(typeof expiresAt === "number" && { expiresAt }),
      ...(typeof email === "string" && { email }),
    },
    sealed: sealed as unknown as Sealed,
  };
}

function fileNames(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => /^[a-z0-9][a-z0-9_-]*\.[a-zA-Z0-9].*\.json$/.test(name));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
