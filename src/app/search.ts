import { Secret } from "../core/secret.ts";
import type { Clock } from "../core/clock.ts";
import type { SearchServices, SearchSettings } from "../agent/tools/web-search/contract.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { createGuardedFetch } from "../guard/index.ts";

const keyNames = {
  brave: "BRAVE_API_KEY",
  perplexity: "PERPLEXITY_API_KEY",
  searxng: "SEARXNG_API_KEY",
} as const;

/** `tools.web.search` as it stands; null when it is off or lacks what its service needs. */
export function searchSettings(
  config: OpenClawConfig,
  env: Readonly<Record<string, string | undefined>>,
): SearchSettings | null {
  const { search } = config.tools.web;
  const key = search.apiKey || env[keyNames[search.provider]];
  const baseUrl = search.baseUrl ? search.baseUrl.replace(/\/+$/, "") : null;
  const ready = search.provider === "searxng" ? baseUrl !== null : Boolean(key);
  if (!search.enabled || !ready) return null;
  return {
    provider: search.provider,
    apiKey: key ? new Secret(key) : null,
    baseUrl,
    maxResults: search.maxResults,
    timeoutMs: search.timeoutSeconds * 1000,
    cacheTtlMs: search.cacheTtlMinutes * 60_000,
  };
}

export function createSearch(deps: {
  config: () => OpenClawConfig;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}): SearchServices {
  const settings = () => searchSettings(deps.config(), deps.env);
  return {
    settings,
    fetch: createGuardedFetch({
      clock: deps.clock,
      // A server of one's own may stand in one's own network.
      allowOrigins() {
        const base = settings()?.baseUrl;
        return base && URL.canParse(base) ? [new URL(base).origin] : [];
      },
    }),
  };
}
