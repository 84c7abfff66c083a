import type { Clock } from "../../core/clock.ts";
import { OpenClawError } from "../../core/errors.ts";
import type { AuthStatus } from "../contract.ts";
import type { CredentialProfile } from "../credentials/contract.ts";
import { providerIds, type ReachableProvider } from "../catalog/catalog.ts";
import { parseRef } from "../catalog/refs.ts";
import { probe } from "../probe.ts";
import { loginless, modelOrder, noKey, safeProvider, type Choice } from "./candidates.ts";
import { unavailable, type HealthStore } from "./health.ts";

interface StatusQuery {
  choice: Choice;
  health: HealthStore;
  clock: Clock;
  fetch: typeof fetch;
  probe?: boolean;
  signal?: AbortSignal;
}

/**
 * State of every login (CLI-024, OUT-022), of the providers the configured models need, of servers found on this
 * machine and of the built-in model. With `probe` each login is shown to its provider.
 */
export async function authStatus(query: StatusQuery): Promise<AuthStatus[]> {
  const { choice } = query;
  const needed = new Set(neededProviders(choice));
  const rows: Array<Promise<AuthStatus>> = [];
  for (const id of providerIds(choice.settings)) {
    const provider = safeProvider(id, choice.settings);
    const profiles = choice.credentials.profiles(id, choice.agentId);
    const found = choice.local.find((server) => server.provider === id);
    if (id === "builtin" && provider)
      rows.push(Promise.resolve({ ...base(loginless(provider)), profileId: "builtin:offline" }));
    else if (profiles.length > 0) rows.push(...profiles.map((profile) => one(profile, provider, query)));
    else if (provider?.loopback && (found || provider.configured || needed.has(id)))
      rows.push(one(loginless(provider), provider, found ? query : { ...query, probe: true }));
    else if (needed.has(id)) rows.push(Promise.resolve(missing(id)));
  }
  for (const id of needed) {
    if (!providerIds(choice.settings).includes(id)) rows.push(Promise.resolve(missing(id)));
  }
  return Promise.all(rows);
}

function neededProviders(choice: Choice): string[] {
  const { settings } = choice;
  const refs = [settings.primary, ...settings.fallbacks].filter((ref) => ref !== null);
  if (refs.length === 0) return modelOrder(choice).map((model) => model.provider);
  return refs.flatMap((ref) => {
    try {
      return [parseRef(ref, settings.aliases).provider];
    } catch (error) {
      if (error instanceof OpenClawError) return []; // `models list` and `config validate` tell of it
      throw error;
    }
  });
}

async function one(
  profile: CredentialProfile,
  provider: ReachableProvider | null,
  query: StatusQuery,
): Promise<AuthStatus> {
  const { choice, clock } = query;
  const row = base(profile);
  if (profile.problem) return { ...row, state: profile.problem.state, detail: profile.problem.detail };
  const origin = provider?.baseUrl ? new URL(provider.baseUrl).origin : null;
  if (profile.origin && origin && profile.origin !== origin) {
    return { ...row, state: "invalid", detail: `made for ${profile.origin}, but ${origin} is configured` };
  }
  if (query.probe && provider) {
    const result = await probe(profile, provider, query);
    return { ...row, ...result };
  }
  const entry = query.health.read(choice.agentId)[profile.id];
  const whole = unavailable(entry, { model: "", revision: profile.revision, now: clock.now() });
  if (whole?.disabled)
    return { ...row, state: whole.reason === "auth" ? "invalid" : "disabled", detail: whole.reason };
  if (whole) return { ...row, state: "cooldown", detail: whole.reason, cooldownUntil: whole.until };
  const paused = Object.entries(entry?.models ?? {}).find(([, model]) => model.cooldownUntil > clock.now());
  if (paused) {
    const [model, pause] = paused;
    return {
      ...row,
      state: "cooldown",
      detail: `${model}: ${pause.reason}`,
      cooldownUntil: pause.cooldownUntil,
    };
  }
  return row;
}

function base(profile: CredentialProfile): AuthStatus {
  return {
    provider: profile.provider,
    profileId: profile.id,
    kind: profile.kind,
    source: profile.source,
    state: "valid",
    ...(profile.expiresAt !== undefined && { expiresAt: profile.expiresAt }),
  };
}

function missing(provider: string): AuthStatus {
  return {
    provider,
    profileId: `${provider}:none`,
    kind: "none",
    source: "none",
    state: "missing",
    detail: noKey(provider).message,
  };
}
