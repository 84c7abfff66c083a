import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { providerOf } from "./catalog/catalog.ts";
import type { AuthStatus } from "./contract.ts";
import { isAnthropicToken } from "./credentials/source.ts";
import { probe } from "./probe.ts";
import type { ModelSettings } from "./settings.ts";

/**
 * Shows a key that is stored nowhere to its provider, with a request that costs nothing. Never throws for what the
 * provider answers. @throws UserError PROVIDER_UNKNOWN
 */
export async function tryKey(
  provider: string,
  secret: Secret,
  deps: { settings: ModelSettings; clock: Clock; fetch: typeof fetch; signal?: AbortSignal },
): Promise<Pick<AuthStatus, "state" | "detail">> {
  const { settings, clock, fetch, signal } = deps;
  const reachable = providerOf(provider, settings);
  const kind = isAnthropicToken(secret.reveal()) ? "token" : "api_key";
  const profile = {
    id: `${provider}:new`,
    provider,
    kind,
    source: "entered",
    revision: "",
    origin: reachable.baseUrl === null ? null : new URL(reachable.baseUrl).origin,
  } as const;
  const credentials = { profiles: () => [profile], open: () => Promise.resolve(secret) };
  const choice = { agentId: "main", settings, credentials, local: [] };
  const { state, detail } = await probe(profile, reachable, {
    choice,
    clock,
    fetch,
    ...(signal ? { signal } : {}),
  });
  return { state, ...(detail === undefined ? {} : { detail }) };
}
