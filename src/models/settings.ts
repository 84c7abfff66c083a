import type { CatalogModel } from "./contract.ts";
import type { Secret } from "../core/secret.ts";
import { agentEntry, type OpenClawConfig } from "../config/index.ts";
import { Secret as SecretValue } from "../core/secret.ts";
import type { Wire } from "./wire-rules.ts";

/** One entry of `models.providers`. */
export interface ProviderSettings {
  baseUrl: string | null;
  apiKey: Secret | null;
  wire: Wire | null;
  /** Set when the config says what kind of credential is sent. */
  auth: "api_key" | "token" | "oauth" | "none" | null;
  headers: Record<string, string>;
  models: CatalogModel[];
}

/** What the router needs to know of the config, for one agent. Read afresh for every request. */
export interface ModelSettings {
  primary: string | null;
  fallbacks: string[];
  /** Keys are provider ids. */
  providers: Record<string, ProviderSettings>;
  /** `auth.order`: profile ids by provider. */
  order: Record<string, string[]>;
  aliases: Record<string, string>;
  detectLocal: boolean;
  pauses: { rateLimitMs: number; overloadedMs: number; billingMs: number; billingMaxMs: number };
}

const wireNames: Record<string, Wire> = {
  "anthropic-messages": "anthropic-messages",
  "openai-responses": "openai-responses",
  "openai-completions": "openai-chat",
  "openai-chat": "openai-chat",
  "google-generative": "google-generative",
  "google-generative-ai": "google-generative",
  offline: "offline",
};

/** The part of the config that concerns models, for one agent (CFG-022…029, CONF-55). */
export function modelSettings(config: OpenClawConfig, agentId: string): ModelSettings {
  const defaults = config.agents.defaults;
  const own = agentEntry(config, agentId)?.model;
  const aliases: Record<string, string> = {};
  for (const [ref, entry] of Object.entries(defaults.models)) if (entry.alias) aliases[entry.alias] = ref;
  const pauses = config.auth.cooldowns;
  return {
    primary: own?.primary || defaults.model.primary || null,
    fallbacks: own?.fallbacks?.length ? own.fallbacks : defaults.model.fallbacks,
    providers: Object.fromEntries(
      Object.entries(config.models.providers).map(([id, entry]) => [
        id.toLowerCase(),
        providerSettings(id.toLowerCase(), entry),
      ]),
    ),
    order: config.auth.order,
    aliases,
    detectLocal: config.models.detectLocal,
    pauses: {
      rateLimitMs: pauses.rateLimitSeconds * 1000,
      overloadedMs: pauses.overloadedSeconds * 1000,
      billingMs: pauses.billingHours * 3_600_000,
      billingMaxMs: pauses.billingMaxHours * 3_600_000,
    },
  };
}

type ProviderEntry = OpenClawConfig["models"]["providers"][string];

function providerSettings(id: string, entry: ProviderEntry): ProviderSettings {
  return {
    baseUrl: entry.baseUrl ?? null,
    apiKey: entry.apiKey ? new SecretValue(entry.apiKey) : null,
    wire: entry.api ? (wireNames[entry.api] ?? null) : null,
    auth: entry.auth ? (entry.auth === "api-key" ? "api_key" : entry.auth) : null,
    headers: entry.headers ?? {},
    models: entry.models.map((model) => ({
      ref: `${id}/${model.id}`,
      provider: id,
      id: model.id,
      name: model.name ?? model.id,
      contextWindow: model.contextWindow ?? 128_000,
      maxOutputTokens: model.maxTokens ?? 8_192,
      reasoning: model.reasoning ?? false,
      input: model.input.includes("image") ? ["text", "image"] : ["text"],
      ...(model.cost?.input !== undefined &&
        model.cost.output !== undefined && {
          price: {
            input: model.cost.input,
            output: model.cost.output,
            ...(model.cost.cacheRead !== undefined && { cacheRead: model.cost.cacheRead }),
            ...(model.cost.cacheWrite !== undefined && { cacheWrite: model.cost.cacheWrite }),
          },
        }),
    })),
  };
}
