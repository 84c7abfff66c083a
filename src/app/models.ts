import { createGuardedFetch } from "../guard/index.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { silentLogger } from "../core/logger.ts";
import type { Secret } from "../core/secret.ts";
import { type OpenClawConfig, defaultAgentId } from "../config/index.ts";
import {
  acceptSecret,
  brands,
  createModels,
  formatRef,
  loginWithOauth,
  modelSettings,
  oauthSpecs,
  parseRef,
  providerOf,
  tryKey,
  type AuthStatus,
  type CatalogModel,
  type LoginFlow,
  type OauthSpec,
  type StoredLogin,
} from "../models/index.ts";
import type { Env, Paths } from "../state/index.ts";

export type { AuthStatus, StoredLogin } from "../models/index.ts";

/** What `openclaw models …` needs; works without a gateway and beside a running one. */
export interface ModelDesk {
  /** Finds servers on this machine first, so that they are in the list. */
  list(options: { all: boolean }): Promise<CatalogModel[]>;
  status(options: { probe: boolean; agentId?: string; signal: AbortSignal }): Promise<AuthStatus[]>;
  /** What an agent would use now. */
  current(agentId?: string): Promise<CatalogModel>;
  /** `provider/model` of an alias, a known name or a reference. @throws UserError MODEL_REF_INVALID, PROVIDER_UNKNOWN */
  canonical(ref: string): string;
  /** Servers found on their well-known ports. */
  scan(): Promise<Array<{ provider: string; name: string; baseUrl: string; models: string[] }>>;
  /** Vendors to choose from, and whether they can be logged into with a browser. */
  vendors(): Array<{ id: string; name: string; oauth: boolean; model: string | null }>;
  logins(): StoredLogin[];
  /** Shows a key to its provider before it is stored. */
  tryKey(
    provider: string,
    secret: Secret,
    signal?: AbortSignal,
  ): Promise<Pick<AuthStatus, "state" | "detail">>;
  /** The secret an agent would use for this provider; null when there is none. */
  secretOf(provider: string, signal: AbortSignal): Promise<Secret | null>;
  /** Whether there is anything an agent could use for this provider. */
  hasLogin(provider: string): boolean;
  add(options: {
    provider: string;
    name?: string;
    secret: Secret;
    kind?: "api_key" | "token";
    expiresAt?: number;
  }): StoredLogin;
  login(
    options: { provider: string; name?: string } & Pick<LoginFlow, "signal" | "show" | "askCode">,
  ): Promise<StoredLogin>;
  /** Whether there was one. */
  remove(id: string): boolean;
}

/** Model servers on their well-known ports of this machine. */
export const localModelOrigins: readonly string[] = brands.flatMap((brand) =>
  brand.localPort === undefined
    ? []
    : [`http://127.0.0.1:${brand.localPort}`, `http://localhost:${brand.localPort}`],
);

/** Origins the operator named as model providers: they may be private, and plain http. */
export function configuredOrigins(config: OpenClawConfig): string[] {
  return Object.values(config.models.providers).flatMap((provider) => {
    const url = provider.baseUrl ? URL.parse(provider.baseUrl) : null;
    return url ? [url.origin] : [];
  });
}

export function openModelDesk(options: {
  paths: Paths;
  env: Env;
  config: () => OpenClawConfig;
  clock: Clock;
  /** Overrides of the vendors' OAuth addresses. */
  oauth?: Readonly<Record<string, OauthSpec>>;
}): ModelDesk {
  const { paths, env, config, clock } = options;
  const dial = createGuardedFetch({
    clock,
    allowOrigins: () => [...configuredOrigins(config()), ...localModelOrigins],
  });
  const models = createModels({
    config,
    paths,
    env,
    clock,
    logger: silentLogger,
    fetch: dial,
    localFetch: createGuardedFetch({ clock, allowOrigins: () => localModelOrigins }),
  });
  const agent = () => defaultAgentId(config());
  const settings = () => modelSettings(config(), agent());
  const specs = options.oauth ?? oauthSpecs;

  return {
    async list({ all }) {
      if (settings().detectLocal) await models.local.look();
      return models.router.list({ all });
    },
    status: ({ agentId, ...rest }) => models.router.status({ ...rest, agentId: agentId ?? agent() }),
    async current(agentId) {
      if (settings().detectLocal && !settings().primary) await models.local.look();
      return models.router.resolve(agentId ?? agent());
    },
    canonical(text) {
      const ref = parseRef(text, settings().aliases);
      providerOf(ref.provider, settings());
      return formatRef(ref);
    },
    async scan() {
      return (await models.local.look()).map((server) => ({
        provider: server.provider,
        name: server.name,
        baseUrl: server.baseUrl,
        models: server.models.map((model) => model.ref),
      }));
    },
    vendors: () =>
      brands
        .filter((brand) => brand.env.length > 0)
        .map((brand) => ({
          id: brand.id,
          name: brand.name,
          oauth: specs[brand.id] !== undefined,
          model: brand.defaultModel,
        })),
    logins: () => models.logins.list(),
    tryKey: (provider, secret, signal) =>
      tryKey(provider, secret, { settings: settings(), clock, fetch: dial, ...(signal ? { signal } : {}) }),
    async secretOf(provider, signal) {
      const usable = models.credentials.profiles(provider, agent()).find((profile) => !profile.problem);
      return usable ? models.credentials.open(usable, agent(), signal) : null;
    },
    hasLogin: (provider) =>
      models.credentials.profiles(provider, agent()).some((profile) => !profile.problem),
    add: (given) => acceptSecret({ store: models.logins, settings: settings(), ...given }),
    async login({ provider, name, ...flow }) {
      const spec = specs[provider];
      const { baseUrl } = providerOf(provider, settings());
      if (!spec || baseUrl === null) throw noOauth(provider, Object.keys(specs));
      const tokens = await loginWithOauth({ spec, fetch: dial, clock, ...flow });
      return models.logins.save(
        {
          provider,
          name: name ?? "default",
          kind: "oauth",
          origin: new URL(baseUrl).origin,
          ...(tokens.expiresAt !== undefined && { expiresAt: tokens.expiresAt }),
        },
        tokens.secret.reveal(),
      );
    },
    remove: (id) => models.logins.remove(id),
  };
}

function noOauth(provider: string, known: string[]): UserError {
  return new UserError(
    "OAUTH_UNKNOWN",
    `"${provider}" has no login in the browser; ${known.join(" and ")} have`,
    { hint: `give its key instead: openclaw models auth add --provider ${provider}` },
  );
}
