import type { CatalogModel, ModelRef } from "../contract.ts";
import { UserError } from "../../core/errors.ts";
import type { ModelSettings, ProviderSettings } from "../settings.ts";
import type { Wire } from "../wire-rules.ts";
import { brandOf, brands, type Brand } from "./brands.ts";
import { knownModels } from "./known-models.ts";
import { formatRef } from "./refs.ts";

/** A provider as configured: how to reach it. */
export interface ReachableProvider {
  id: string;
  name: string;
  wire: Wire;
  /** Without a slash at the end; null only for the built-in model. */
  baseUrl: string | null;
  headers: Record<string, string>;
  brand: Brand | null;
  configured: ProviderSettings | null;
  /** Runs on this machine: no key is needed, answers may take long to begin. */
  loopback: boolean;
}

/** The provider with this id. @throws UserError PROVIDER_UNKNOWN */
export function providerOf(id: string, settings: ModelSettings): ReachableProvider {
  const brand = brandOf(id);
  const configured = settings.providers[id] ?? null;
  const wire = configured?.wire ?? brand?.wire ?? "openai-chat";
  const baseUrl = configured?.baseUrl ?? brand?.baseUrl ?? null;
  if ((!brand && !configured) || (baseUrl === null && wire !== "offline")) {
    throw new UserError("PROVIDER_UNKNOWN", `no model provider ${JSON.stringify(id)} is known`, {
      hint: `give its address: openclaw config set models.providers.${/^[a-z0-9_-]+$/.test(id) ? id : "<id>"}.baseUrl https://…/v1`,
    });
  }
  const base = baseUrl === null ? null : normalizeBaseUrl(baseUrl, wire, id);
  return {
    id,
    name: brand?.name ?? id,
    wire,
    baseUrl: base,
    headers: configured?.headers ?? {},
    brand,
    configured,
    loopback: base !== null && isLoopback(base),
  };
}

/** Every provider id that is known or configured, preferred ones first. */
export function providerIds(settings: ModelSettings): string[] {
  const own = Object.keys(settings.providers);
  return [...new Set([...brands.map((brand) => brand.id), ...own])];
}

/**
 * What is known about a model: what the config says, else the built-in list, else careful guesses, so that a model
 * newer than this program works by its name.
 */
export function modelOf(
  ref: ModelRef,
  settings: ModelSettings,
  found: readonly CatalogModel[] = [],
): CatalogModel {
  const wanted = formatRef(ref);
  const known =
    settings.providers[ref.provider]?.models.find((model) => model.ref === wanted) ??
    knownModels.find((model) => model.ref === wanted) ??
    found.find((model) => model.ref === wanted);
  if (known) return known;
  const local = brandOf(ref.provider)?.localPort !== undefined;
  return local ? localModel(ref.provider, ref.model) : { ...guess(ref) };
}

/** A model served on this machine: small window, no price. */
export function localModel(provider: string, id: string): CatalogModel {
  return {
    ref: `${provider}/${id}`,
    provider,
    id,
    name: id,
    contextWindow: 32_768,
    maxOutputTokens: 8_192,
    reasoning: false,
    input: ["text"],
    price: { input: 0, output: 0 },
  };
}

function guess(ref: ModelRef): CatalogModel {
  const sibling = knownModels.find((model) => model.provider === ref.provider);
  return {
    ref: formatRef(ref),
    provider: ref.provider,
    id: ref.model,
    name: ref.model,
    contextWindow: Math.min(sibling?.contextWindow ?? 128_000, 200_000),
    maxOutputTokens: Math.min(sibling?.maxOutputTokens ?? 8_192, 32_000),
    reasoning: sibling?.reasoning ?? false,
    input: sibling?.input ?? ["text"],
  };
}

/** All models of the config and the built-in list; the config's entry wins. */
export function allModels(settings: ModelSettings, found: readonly CatalogModel[] = []): CatalogModel[] {
  const own = Object.values(settings.providers).flatMap((provider) => provider.models);
  const byRef = new Map<string, CatalogModel>();
  for (const model of [...own, ...knownModels, ...found])
    if (!byRef.has(model.ref)) byRef.set(model.ref, model);
  return [...byRef.values()];
}

function normalizeBaseUrl(raw: string, wire: Wire, id: string): string {
  let url: URL;
  try {
    url = new URL(raw);
  } catch (cause) {
    throw badBaseUrl(id, "is not a URL", cause);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw badBaseUrl(id, "is not http or https");
  if (url.username || url.password) throw badBaseUrl(id, "holds a user name or password");
  if (url.protocol === "http:" && !isPrivateHost(url.hostname))
    throw badBaseUrl(id, "would send keys over plain http; use https");
  // People write the host alone for Anthropic and Google, as those vendors' own SDKs want it.
  const version = wire === "anthropic-messages" ? "/v1" : wire === "google-generative" ? "/v1beta" : "";
  const path = url.pathname.replace(/\/+$/, "") || version;
  return `${url.origin}${path}`;
}

function badBaseUrl(id: string, what: string, cause?: unknown): UserError {
  return new UserError("CONFIG_INVALID", `models.providers.${id}.baseUrl ${what}`, {
    hint: `set it: openclaw config set models.providers.${id}.baseUrl https://host/v1`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Names and addresses that do not leave the machine or the house: plain http is usual there. */
function isPrivateHost(host: string): boolean {
  return (
    host === "localhost" ||
    host.startsWith("[") ||
    !host.includes(".") ||
    /\.(?:local|lan|internal|home\.arpa|ts\.net)$/.test(host) ||
    /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    )
  );
}
