import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { skillsStatus } from "../agent/index.ts";
import { channelCatalog } from "../channels/catalog.ts";
import {
  configInvalid,
  defaultAgentId,
  getAt,
  type ConfigStore,
  type OpenClawConfig,
} from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Language } from "../core/language.ts";
import { silentLogger } from "../core/logger.ts";
import type { Secret } from "../core/secret.ts";
import {
  forgetProgress,
  type Facts,
  type Plan,
  type Probes,
  type Surface,
  type Trial,
} from "../onboarding/index.ts";
import { detectSupervisor, resolveGatewayService, thisHost } from "../service/index.ts";
import { ensureWorkspace, expandHome, prepareStateDir, type Env, type Paths } from "../state/index.ts";
import { openModelDesk } from "./models.ts";
import { agentSettings } from "./settings.ts";

/** What was written. */
export interface Applied {
  /** Whether the configuration file changed. */
  changed: boolean;
  workspace: string | null;
  /** What was made in the workspace. */
  created: string[];
  /** Ids of the logins that were stored. */
  stored: string[];
}

/** Everything the wizard needs of this installation, with or without a gateway. */
export interface OnboardingDesk {
  /** What is here. @throws UserError CONFIG_INVALID for a file that must be mended first */
  facts(surface: Surface, language: Language): Promise<Facts>;
  probes: Probes;
  newToken(): string;
  /** Writes what the plan says; the service and the first message are the caller's. Twice is once. */
  apply(plan: Plan, reason: string): Promise<Applied>;
}

export function openOnboarding(options: {
  paths: Paths;
  env: Env;
  store: ConfigStore;
  clock: Clock;
  signal: AbortSignal;
}): OnboardingDesk {
  const { paths, env, store, clock, signal } = options;
  const config = () => store.read().config;
  const models = openModelDesk({ paths, env, config, clock });

  return {
    async facts(surface, language) {
      const { valid, issues } = store.read();
      // Better told before the questions than after them.
      if (!valid) throw configInvalid(paths.configPath, issues);
      const [status, servers, skills] = await Promise.all([
        models.status({ probe: false, signal }),
        config().models.detectLocal ? models.scan() : [],
        skillFacts({ paths, env, config: config() }),
      ]);
      const vendors = models.vendors();
      return {
        surface,
        language,
        node: process.versions.node,
        platform: process.platform,
        profile: paths.profile,
        stateDir: paths.stateDir,
        configPath: paths.configPath,
        config: configFacts(store, paths),
        logins: status
          .filter(({ kind, state }) => kind !== "none" && state !== "missing")
          .map(({ provider, source }) => ({
            provider,
            name: vendors.find(({ id }) => id === provider)?.name ?? provider,
            source,
            passing: source.startsWith("env:"),
          })),
        servers,
        vendors: vendors.map(({ id, name, model }) => ({ id, name, model })),
        channels: channelCatalog.map((channel) => ({
          id: channel.id,
          label: channel.label,
          login: channel.capabilities.can.includes("login"),
          credentials: channel.credentials,
          check: (section) => channel.check(section),
        })),
        skills,
        service: surface === "web" ? { installed: false, problem: null } : await serviceFacts(options),
      };
    },
    probes: {
      key: async (provider, secret) => trialOf(await models.tryKey(provider, secret, signal)),
      async login(provider) {
        const secret = await models.secretOf(provider, signal).catch((error: unknown) => messageOf(error));
        if (typeof secret === "string") return { is: "unreadable", why: secret };
        return secret === null ? { is: "missing" } : trialOf(await models.tryKey(provider, secret, signal));
      },
    },
    newToken: () => randomBytes(32).toString("hex"),
    async apply(plan, reason) {
      prepareStateDir(paths);
      const changed = Object.keys(plan.patch).length > 0;
      if (changed) store.merge(plan.patch, { author: "onboarding", reason });
      const stored: string[] = [];
      const keep = (provider: string, secret: Secret) => stored.push(models.add({ provider, secret }).id);
      for (const { provider, secret } of plan.logins) keep(provider, secret);
      for (const provider of plan.keep) {
        const secret = await models.secretOf(provider, signal);
        if (secret) keep(provider, secret);
      }
      const folder = plan.workspace === null ? null : resolve(expandHome(plan.workspace, paths.home));
      const created = folder === null ? [] : ensureWorkspace(folder).created;
      forgetProgress(paths.stateDir);
      return { changed, workspace: folder, created, stored };
    },
  };
}

function trialOf({ state, detail }: { state: string; detail?: string }): Trial {
  if (state === "valid") return { is: "fine" };
  return {
    is: state === "invalid" || state === "expired" ? "refused" : "untried",
    why: detail ?? state,
  };
}

function configFacts(store: ConfigStore, paths: Paths): Facts["config"] {
  const { config, exists, parsed } = store.read();
  const { gateway, agents } = config;
  const channels = isObject(parsed) ? getAt(parsed, ["channels"]) : undefined;
  return {
    exists,
    mode: gateway.mode ?? null,
    port: gateway.port,
    bind: gateway.bind,
    bindHost: gateway.customBindHost ?? null,
    auth: gateway.auth.mode,
    hasToken: Boolean(gateway.auth.token),
    hasPassword: Boolean(gateway.auth.password),
    workspace: agents.defaults.workspace ?? paths.defaultWorkspaceDir,
    primary: agents.defaults.model.primary ?? null,
    remoteUrl: gateway.remote.url ?? null,
    hasRemoteToken: Boolean(gateway.remote.token),
    channels: isObject(channels) ? Object.keys(channels).filter((id) => isObject(channels[id])) : [],
  };
}

async function skillFacts(given: {
  paths: Paths;
  env: Env;
  config: OpenClawConfig;
}): Promise<Facts["skills"]> {
  const { paths, env, config } = given;
  const report = await skillsStatus({
    settings: agentSettings(config, paths, defaultAgentId(config)),
    host: {
      platform: process.platform,
      path: env["PATH"] ?? "",
      hasEnv: (name) => Boolean(env[name]),
      hasConfig: (path) => Boolean(getAt(config, path.split("."))),
    },
    cache: new Map(),
    logger: silentLogger,
  });
  return report.skills.map((skill) => ({
    key: skill.skillKey,
    name: skill.name,
    description: skill.description,
    enabled: !skill.disabled,
    missing: [...skill.missing.bins, ...skill.missing.env].join(", "),
  }));
}

async function serviceFacts(given: { paths: Paths; env: Env; clock: Clock }): Promise<Facts["service"]> {
  const { paths, env, clock } = given;
  const host = thisHost({ env, home: paths.home, clock });
  const kind = detectSupervisor(host);
  if (kind === null) return { installed: false, problem: `no service manager is known on ${host.platform}` };
  if (kind === "systemd-user" && !host.systemdBooted)
    return { installed: false, problem: "systemd does not run here" };
  const { profile, stateDir } = paths;
  try {
    const state = await resolveGatewayService(host, { profile, stateDir }).inspect();
    return { installed: state.installed, problem: null };
  } catch (error) {
    return { installed: false, problem: messageOf(error) };
  }
}
