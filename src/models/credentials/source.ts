import type { Clock } from "../../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import { brandOf } from "../catalog/brands.ts";
import { providerOf } from "../catalog/catalog.ts";
import type { ModelSettings } from "../settings.ts";
import type { AgentFiles } from "./agent-file.ts";
import type { CredentialProfile, CredentialSource } from "./contract.ts";
import type { Variable } from "./environment.ts";
import { createLegacyFiles, legacyLogins, type LegacyLogin } from "./legacy.ts";
import { oauthSpecs, requestTokens, type OauthSpec } from "./oauth.ts";
import { missing, splitId, type LoginStore, type StoredLogin } from "./store.ts";

export interface CredentialDeps {
  settings: (agentId: string) => ModelSettings;
  store: LoginStore;
  agentFiles: AgentFiles;
  credentialsDir: string;
  variable: (name: string) => Variable | null;
  clock: Clock;
  logger: Logger;
  fetch: typeof fetch;
  /** Overrides of {@link oauthSpecs} by provider. */
  oauth?: Readonly<Record<string, OauthSpec>>;
}

/** Tokens are renewed this long before they run out, so that they last for the request. */
const renewBeforeMs = 60_000;

/**
 * Logins in order: the ones stored with `models auth`, then legacy files, the config's `apiKey`, the environment.
 * `auth.order` or the agent's own order comes before that. Nothing is remembered but what lies in files.
 */
export function createCredentials(deps: CredentialDeps): CredentialSource {
  const { store, clock } = deps;
  /** Variables cannot change within a process; a new process tries a refused one again. */
  const processRevision = `process:${clock.now()}`;
  const sharedLegacy = createLegacyFiles(deps.credentialsDir);
  const renewals = new Map<string, Promise<Secret>>();

  function profiles(provider: string, agentId: string): CredentialProfile[] {
    const all = new Map<string, CredentialProfile>();
    const add = (profile: CredentialProfile) => {
      if (!all.has(profile.id)) all.set(profile.id, profile);
    };
    for (const login of store.list()) if (login.provider === provider) add(storedProfile(login));
    for (const login of legacy(agentId)) if (login.provider === provider) add(legacyProfile(login));
    const settings = deps.settings(agentId);
    const origin = originOf(provider, settings);
    const configured = settings.providers[provider];
    if (configured?.apiKey) {
      const kind = configured.auth === "token" || configured.auth === "oauth" ? "token" : "api_key";
      add({ id: `${provider}:config`, provider, kind, source: "config", revision: processRevision, origin });
    }
    const found = environmentKey(provider);
    if (found) {
      const kind = isAnthropicToken(found.value) ? "token" : "api_key";
      const { source } = found;
      add({ id: `${provider}:env`, provider, kind, source, revision: processRevision, origin });
    }
    return inOrder(provider, agentId, settings, all);
  }

  function inOrder(
    provider: string,
    agentId: string,
    settings: ModelSettings,
    all: Map<string, CredentialProfile>,
  ): CredentialProfile[] {
    const wanted = deps.agentFiles.order(agentId)[provider] ?? settings.order[provider];
    if (!wanted) return [...all.values()];
    return wanted.map((id) => all.get(id) ?? absent(id, provider));
  }

  async function open(
    profile: CredentialProfile,
    agentId: string,
    signal: AbortSignal,
  ): Promise<Secret | null> {
    if (profile.kind === "none") return null;
    const [, name] = profile.id.split(":");
    if (name === "env" && /^\.?env:/.test(profile.source)) {
      const found = environmentKey(profile.provider);
      if (!found) throw missing(profile.id);
      return new Secret(found.value);
    }
    if (profile.source === "config") {
      const key = deps.settings(agentId).providers[profile.provider]?.apiKey;
      if (!key) throw missing(profile.id);
      return key;
    }
    const stored = store.get(profile.id);
    if (stored) {
      const { login, secret } = store.open(profile.id);
      return current(login, secret.reveal(), signal);
    }
    const old = legacy(agentId).find((login) => login.id === profile.id);
    if (!old) throw missing(profile.id);
    const { provider } = splitId(old.id);
    const origin = originOf(provider, deps.settings(agentId)) ?? "";
    const { name: oldName } = splitId(old.id);
    const expiresAt = old.expiresAt === undefined ? {} : { expiresAt: old.expiresAt };
    return current(
      { id: old.id, provider, name: oldName, kind: old.kind, origin, ...expiresAt },
      old.secret.reveal(),
      signal,
    );
  }

  /** The token itself, renewed when it is about to run out. Two requests at once renew it once. */
  async function current(
    login: Omit<StoredLogin, "updatedAt">,
    secret: { value: string; refresh?: string },
    signal: AbortSignal,
  ): Promise<Secret> {
    const left = (login.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
    if (left > renewBeforeMs) return new Secret(secret.value);
    if (login.kind !== "oauth" || !secret.refresh) {
      if (left > 0) return new Secret(secret.value);
      throw expired(login);
    }
    const running =
      renewals.get(login.id) ?? renew(login, secret.refresh, signal).finally(() => renewals.delete(login.id));
    renewals.set(login.id, running);
    return running;
  }

  async function renew(
    login: Omit<StoredLogin, "updatedAt">,
    refresh: string,
    signal: AbortSignal,
  ): Promise<Secret> {
    const spec = deps.oauth?.[login.provider] ?? oauthSpecs[login.provider];
    if (!spec) throw expired(login);
    try {
      const fields = { grant_type: "refresh_token", refresh_token: refresh };
      const tokens = await requestTokens(spec, fields, { fetch: deps.fetch, clock, signal });
      const { id: _, expiresAt: __, ...kept } = login;
      store.save(
        { ...kept, ...(tokens.expiresAt !== undefined && { expiresAt: tokens.expiresAt }) },
        tokens.secret.reveal(),
      );
      return new Secret(tokens.secret.reveal().value);
    } catch (error) {
      // Refresh tokens are for one use: another process may have renewed it a moment ago.
      const now = store.get(login.id);
      if (now && (now.expiresAt ?? 0) > clock.now() + renewBeforeMs)
        return new Secret(store.open(login.id).secret.reveal().value);
      deps.logger.warn("login could not be renewed", { profile: login.id, reason: messageOf(error) });
      if (error instanceof OpenClawError && error.code === "OAUTH_REFUSED") throw expired(login, error);
      throw error;
    }
  }

  const legacy = (agentId: string): LegacyLogin[] => [
    ...legacyLogins(deps.agentFiles.legacyProfiles(agentId), `agents/${agentId}/agent/auth-profiles.json`),
    ...sharedLegacy(),
  ];

  function environmentKey(provider: string): Variable | null {
    const names = brandOf(provider)?.env ?? [`${provider.replace(/[^a-z0-9]/g, "_").toUpperCase()}_API_KEY`];
    for (const name of names) {
      const found = deps.variable(name);
      if (found) return found;
    }
    return null;
  }

  function storedProfile(login: StoredLogin): CredentialProfile {
    const expires = login.expiresAt === undefined ? {} : { expiresAt: login.expiresAt };
    return {
      id: login.id,
      provider: login.provider,
      kind: login.kind,
      source: `credentials/${login.provider}.${login.name}.json`,
      revision: `stored:${login.updatedAt}`,
      origin: login.origin,
      ...expires,
      ...problemOf(login),
    };
  }

  function legacyProfile(login: LegacyLogin): CredentialProfile {
    const expires = login.expiresAt === undefined ? {} : { expiresAt: login.expiresAt };
    return {
      id: login.id,
      provider: login.provider,
      kind: login.kind,
      source: login.source,
      revision: `legacy:${login.expiresAt ?? 0}`,
      // These files name no origin; such logins were only ever made for the vendor's own.
      origin: vendorOrigin(login.provider),
      ...expires,
      ...problemOf(login),
    };
  }

  /** A token without a way to renew it is known to be dead before it is sent. */
  function problemOf(login: { id: string; kind: string; expiresAt?: number }) {
    if (login.kind !== "token" || login.expiresAt === undefined || login.expiresAt > clock.now()) return {};
    return { problem: { state: "expired" as const, detail: `profile "${login.id}" expired` } };
  }

  return { profiles, open };
}

/** Setup and OAuth tokens of Anthropic go into another header than API keys; their prefix tells. */
export function isAnthropicToken(value: string): boolean {
  return value.startsWith("sk-ant-oat");
}

function absent(id: string, provider: string): CredentialProfile {
  return {
    id,
    provider,
    kind: "none",
    source: "auth.order",
    revision: "absent",
    origin: null,
    problem: { state: "missing", detail: missing(id).message },
  };
}

function expired(login: { id: string; provider: string }, cause?: unknown): UserError {
  return new UserError("CREDENTIAL_EXPIRED", `profile "${login.id}" expired and could not be renewed`, {
    hint: `openclaw models auth login --provider ${login.provider}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function vendorOrigin(provider: string): string | null {
  const base = brandOf(provider)?.baseUrl;
  return base ? new URL(base).origin : null;
}

/** Where the provider is configured to be; null while that cannot be told. */
function originOf(provider: string, settings: ModelSettings): string | null {
  try {
    const { baseUrl } = providerOf(provider, settings);
    return baseUrl === null ? null : new URL(baseUrl).origin;
  } catch (error) {
    if (error instanceof OpenClawError) return null;
    throw error;
  }
}
