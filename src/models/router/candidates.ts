import { OpenClawError } from "../../core/errors.ts";
import { allModels, modelOf, providerIds, providerOf, type ReachableProvider } from "../catalog/catalog.ts";
import { offlineModel } from "../catalog/known-models.ts";
import { parseRef } from "../catalog/refs.ts";
import type { CatalogModel, ModelFailure } from "../contract.ts";
import type { CredentialProfile, CredentialSource } from "../credentials/contract.ts";
import type { LocalServer } from "../local-servers.ts";
import type { ModelSettings } from "../settings.ts";

/** One way to answer a request: a model, its provider and a login. */
export interface Candidate {
  model: CatalogModel;
  provider: ReachableProvider;
  profile: CredentialProfile;
}

/** Why a model gave no candidate, told when nothing else worked either. */
export interface Unusable {
  ref: string;
  failure: ModelFailure;
}

export interface Choice {
  agentId: string;
  settings: ModelSettings;
  credentials: CredentialSource;
  local: readonly LocalServer[];
}

/**
 * The models a request may use, in order: the override or the configured primary, then the fallbacks. When nothing is
 * configured: a provider written into the config, a vendor with a login, a server on this machine, `builtin/offline`.
 * @throws UserError MODEL_REF_INVALID for an override that cannot be read
 */
export function modelOrder(choice: Choice, override?: string): CatalogModel[] {
  const { settings } = choice;
  const found = choice.local.flatMap((server) => server.models);
  const first = override || settings.primary;
  const refs = [...(first ? [first] : []), ...settings.fallbacks].map((ref) =>
    parseRef(ref, settings.aliases),
  );
  const models = refs.map((ref) => modelOf(ref, settings, found));
  if (!first) models.unshift(defaultModel(choice));
  const seen = new Set<string>();
  return models.filter((model) => !seen.has(model.ref) && seen.add(model.ref));
}

function defaultModel(choice: Choice): CatalogModel {
  const { settings, credentials, agentId, local } = choice;
  const hasLogin = (id: string) => credentials.profiles(id, agentId).some((profile) => !profile.problem);
  for (const [id, provider] of Object.entries(settings.providers)) {
    const [first] = provider.models;
    if (first && (hasLogin(id) || needsNoLogin(safeProvider(id, settings)))) return first;
  }
  for (const id of providerIds(settings)) {
    const brand = safeProvider(id, settings)?.brand;
    if (brand?.defaultModel && brand.wire !== "offline" && hasLogin(id))
      return modelOf({ provider: id, model: brand.defaultModel }, settings);
  }
  return local[0]?.models[0] ?? offlineModel;
}

/** Every login of every model, models first: a fallback model is tried only after all logins of the one before. */
export function candidatesOf(
  models: readonly CatalogModel[],
  choice: Choice,
): { candidates: Candidate[]; unusable: Unusable[] } {
  const candidates: Candidate[] = [];
  const unusable: Unusable[] = [];
  for (const model of models) {
    let provider: ReachableProvider;
    try {
      provider = providerOf(model.provider, choice.settings);
    } catch (error) {
      if (!(error instanceof OpenClawError)) throw error;
      unusable.push({
        ref: model.ref,
        failure: {
          kind: "not_configured",
          message: error.message,
          ...(error.hint && { hint: error.hint }),
        },
      });
      continue;
    }
    const profiles = choice.credentials.profiles(provider.id, choice.agentId);
    if (profiles.length === 0 && needsNoLogin(provider)) profiles.push(loginless(provider));
    if (profiles.length === 0) unusable.push({ ref: model.ref, failure: noKey(provider.id) });
    for (const profile of profiles) {
      const failure = unfit(profile, provider);
      if (failure) unusable.push({ ref: model.ref, failure });
      else candidates.push({ model, provider, profile });
    }
  }
  return { candidates, unusable };
}

function needsNoLogin(provider: ReachableProvider | null): boolean {
  if (!provider) return false;
  if (provider.wire === "offline" || provider.configured?.auth === "none") return true;
  return provider.loopback && provider.configured?.auth == null;
}

/** Stands for "no login needed" where a profile is expected. */
export function loginless(provider: ReachableProvider): CredentialProfile {
  return {
    id: `${provider.id}:none`,
    provider: provider.id,
    kind: "none",
    source: provider.wire === "offline" ? "builtin" : provider.loopback ? "loopback" : "config",
    revision: "none",
    origin: null,
  };
}

export function safeProvider(id: string, settings: ModelSettings): ReachableProvider | null {
  try {
    return providerOf(id, settings);
  } catch (error) {
    if (error instanceof OpenClawError) return null;
    throw error;
  }
}

/** All models of which at least one login (or none needed) exists. */
export function usableModels(choice: Choice): CatalogModel[] {
  const found = choice.local.flatMap((server) => server.models);
  const usable = new Map<string, boolean>();
  return allModels(choice.settings, found).filter((model) => {
    let known = usable.get(model.provider);
    if (known === undefined) {
      const provider = safeProvider(model.provider, choice.settings);
      const local = choice.local.some((server) => server.provider === model.provider);
      known =
        local ||
        (provider !== null &&
          ((needsNoLogin(provider) &&
            (provider.brand?.localPort === undefined || provider.configured !== null)) ||
            choice.credentials.profiles(model.provider, choice.agentId).length > 0));
      usable.set(model.provider, known);
    }
    return known;
  });
}

export function noKey(provider: string): ModelFailure {
  return {
    kind: "not_configured",
    message: `No API key found for provider "${provider}"`,
    hint: `openclaw models auth add --provider ${provider}`,
  };
}

function unfit(profile: CredentialProfile, provider: ReachableProvider): ModelFailure | null {
  if (profile.problem) {
    return {
      kind: profile.problem.state === "missing" ? "not_configured" : "auth",
      message: profile.problem.detail,
      hint: `openclaw models auth add --provider ${profile.provider}`,
    };
  }
  const origin = provider.baseUrl === null ? null : new URL(provider.baseUrl).origin;
  if (profile.origin !== null && origin !== null && profile.origin !== origin) {
    return {
      kind: "auth",
      message: `profile "${profile.id}" was made for ${profile.origin} and is not sent to ${origin}`,
      hint: `openclaw models auth add --provider ${profile.provider}`,
    };
  }
  return null;
}
