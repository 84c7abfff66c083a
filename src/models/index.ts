import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { Env, Paths } from "../state/index.ts";
import type { ModelRouter } from "./contract.ts";
import { createAgentFiles, type AgentFiles } from "./credentials/agent-file.ts";
import type { CredentialSource } from "./credentials/contract.ts";
import { createEnvironment } from "./credentials/environment.ts";
import { createCredentials } from "./credentials/source.ts";
import { createLoginStore, type LoginStore } from "./credentials/store.ts";
import { createVault } from "./credentials/vault.ts";
import { createLocalServers, type LocalServers } from "./local-servers.ts";
import { createProviderLoader, defaultTimeouts, type ProviderTimeouts } from "./providers/load.ts";
import { createModelRouter } from "./router/router.ts";
import { modelSettings } from "./settings.ts";

export type * from "./contract.ts";
export type { LoginStore, StoredLogin } from "./credentials/store.ts";
export { legacyLogins, type LegacyLogin } from "./credentials/legacy.ts";
export { acceptSecret } from "./credentials/accept.ts";
export { loginWithOauth, type LoginFlow } from "./credentials/login.ts";
export { oauthSpecs, type OauthSpec } from "./credentials/oauth.ts";
export { brands } from "./catalog/brands.ts";
export { providerOf } from "./catalog/catalog.ts";
export { tryKey } from "./try-key.ts";
export { formatRef, parseRef } from "./catalog/refs.ts";
export { modelSettings } from "./settings.ts";

export interface ModelsOptions {
  /** The configuration as it is now; asked for every request. */
  config: () => OpenClawConfig;
  paths: Pick<Paths, "credentialsDir" | "agentsDir" | "dotenvPath">;
  env: Env;
  clock: Clock;
  logger: Logger;
  /** Carries all requests to providers. Each goes only to the origin its login belongs to, without redirects. */
  fetch: typeof fetch;
  /** Carries the look for servers on this machine, loopback only; `fetch` unless given. */
  localFetch?: typeof fetch;
  timeouts?: ProviderTimeouts;
  /** Base URLs of local servers by provider id, instead of their well-known ports. */
  localBaseUrls?: Readonly<Record<string, string>>;
}

export interface Models {
  router: ModelRouter;
  logins: LoginStore;
  credentials: CredentialSource;
  agentFiles: AgentFiles;
  local: LocalServers;
}

/** The stored logins alone; the key is read (or made) with the first secret. */
export function openLogins(options: {
  paths: Pick<Paths, "credentialsDir">;
  env: Env;
  clock: Clock;
}): LoginStore {
  const { paths, env, clock } = options;
  const vault = createVault({
    keyPath: join(paths.credentialsDir, ".key"),
    envKey: env["OPENCLAW_CREDENTIALS_KEY"],
  });
  return createLoginStore({ dir: paths.credentialsDir, vault, clock });
}

/** Everything about models, ready to use. Opens no socket, and reads only `.env`, until it is asked something. */
export function createModels(options: ModelsOptions): Models {
  const { clock, logger, paths } = options;
  const settings = (agentId: string) => modelSettings(options.config(), agentId);
  const logins = openLogins({ paths, env: options.env, clock });
  const agentFiles = createAgentFiles(paths.agentsDir);
  const credentials = createCredentials({
    settings,
    store: logins,
    agentFiles,
    credentialsDir: paths.credentialsDir,
    variable: createEnvironment(options.env, paths.dotenvPath),
    clock,
    logger,
    fetch: options.fetch,
  });
  const local = createLocalServers({
    fetch: options.localFetch ?? options.fetch,
    clock,
    ...(options.localBaseUrls && { baseUrls: options.localBaseUrls }),
  });
  const provider = createProviderLoader({
    fetch: options.fetch,
    clock,
    timeouts: options.timeouts ?? defaultTimeouts,
  });
  const health = agentFiles;
  const router = createModelRouter({
    settings,
    credentials,
    health,
    provider,
    local,
    clock,
    logger,
    fetch: options.fetch,
  });
  return { router, logins, credentials, agentFiles, local };
}
