import { delimiter, dirname, join } from "node:path";
import { skillsOf, skillsStatus, skillVariables } from "../agent/index.ts";
import type { SkillCache, SkillEntry, SkillHost, SkillsReport, SkillVariable } from "../agent/index.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { buildChildEnv, searchPath, type GuardedFetch } from "../guard/index.ts";
import type { SessionRecord } from "../sessions/index.ts";
import type { Paths } from "../state/index.ts";
import { install, planInstall, toolboxBin, type InstallHost, type InstallResult } from "../toolbox/index.ts";
import { agentSettings } from "./settings.ts";

export interface SkillPartsOptions {
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  config: () => OpenClawConfig;
  /** The stored record of a conversation: its group may have a list of its own. */
  session: (key: string) => SessionRecord | null;
  fetch: GuardedFetch;
  clock: Clock;
  logger: Logger;
}

/** The skills of this installation: what they need, what they were given, and what is installed for them. */
export interface SkillParts {
  host: SkillHost;
  /** Folder of what was installed for skills; commands look there last. */
  bin: string;
  status(agentId: string): Promise<SkillsReport>;
  /** Values for commands of a conversation, for `tools.exec`. */
  variables(where: { agentId: string; sessionKey: string }): Promise<readonly SkillVariable[]>;
  /**
   * Installs what a skill needs, in one of the ways its file names.
   * @param wish.plan digest of what was shown; another plan by now is refused
   * @throws UserError SKILL_UNKNOWN, SKILL_INSTALL_UNKNOWN, SKILL_INSTALL_CHANGED, STATE_BUSY
   */
  install(wish: SkillInstallWish): Promise<InstallResult>;
  /** Ends an installation that is going on. */
  stop(): void;
}

export interface SkillInstallWish {
  agentId: string;
  /** Name or key of the skill. */
  name: string;
  installId: string;
  plan?: string | undefined;
  timeoutMs?: number | undefined;
  by: string;
  signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 300_000;
const maxTimeoutMs = 900_000;

export function createSkillParts(options: SkillPartsOptions): SkillParts {
  const { paths, env, config, clock, logger } = options;
  const cache: SkillCache = new Map();
  const stopping = new AbortController();
  const bin = toolboxBin(join(paths.stateDir, "tools"));
  const settingsOf = (agentId: string, sessionKey?: string) =>
    agentSettings(config(), paths, agentId, sessionKey === undefined ? null : options.session(sessionKey));
  const host: SkillHost = {
    platform: process.platform,
    get path() {
      return searchPath(config().tools.exec.pathPrepend, [bin]).join(delimiter);
    },
    hasEnv(name) {
      const { passEnv } = config().tools.exec;
      return Boolean(buildChildEnv({ source: env, allowNames: passEnv })[name]);
    },
    hasConfig: (path) =>
      Boolean(
        path
          .split(".")
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config()),
      ),
    get toolbox(): InstallHost {
      const node = process.execPath;
      return {
        dir: join(paths.stateDir, "tools"),
        platform: process.platform,
        folders: searchPath([dirname(node), ...config().tools.exec.pathPrepend]),
        node,
      };
    },
  };
  return {
    host,
    bin,
    status: (agentId) => skillsStatus({ settings: settingsOf(agentId), host, cache, logger }),
    async variables({ agentId, sessionKey }) {
      const entries = entriesOf(config());
      // Most installations give none: then nothing is read for a command.
      if (Object.keys(entries).length === 0) return [];
      const { skills } = await skillsStatus({
        settings: settingsOf(agentId, sessionKey),
        host,
        cache,
        logger,
      });
      return skillVariables(skills, entries);
    },
    async install({ agentId, name, installId, plan: shown, timeoutMs, by, signal }) {
      const skills = await skillsOf({ settings: settingsOf(agentId), cache, logger });
      const skill =
        skills.find((each) => each.name === name) ?? skills.find((each) => each.skillKey === name);
      if (!skill) throw unknownSkill(name);
      const way = skill.install.find(({ id }) => id === installId);
      const toolbox = host.toolbox;
      if (!way || !toolbox)
        throw new UserError(
          "SKILL_INSTALL_UNKNOWN",
          `skill ${skill.name} names no installer ${JSON.stringify(installId.slice(0, 80))}`,
          { hint: `it names: ${skill.install.map(({ id }) => id).join(", ") || "none"}` },
        );
      const { plan, refused } = planInstall(way, toolbox);
      if (plan === undefined) return { ok: false, message: refused, stdout: "", stderr: "", code: null };
      if (shown !== undefined && shown !== plan.digest)
        throw new UserError(
          "SKILL_INSTALL_CHANGED",
          `the file of skill ${skill.name} changed since this was shown; nothing was done`,
          { hint: `look again: openclaw skills info ${skill.name}` },
        );
      const about = { skill: skill.skillKey, installer: way.id, command: plan.shown, by };
      logger.info("installing what a skill needs", about);
      const done = await install(plan, {
        host: toolbox,
        env,
        fetch: options.fetch,
        clock,
        signal: signal ? AbortSignal.any([stopping.signal, signal]) : stopping.signal,
        timeoutMs: Math.min(timeoutMs ?? defaultTimeoutMs, maxTimeoutMs),
        by,
        skill: skill.skillKey,
      });
      const { ok, message, code } = done;
      logger[ok ? "info" : "warn"]("installing what a skill needs ended", { ...about, ok, message, code });
      return done;
    },
    stop: () => stopping.abort(new UserError("GATEWAY_STOPPING", "the gateway stops", { retryable: true })),
  };
}

function unknownSkill(name: string): UserError {
  return new UserError("SKILL_UNKNOWN", `there is no skill ${JSON.stringify(name.slice(0, 80))}`, {
    hint: "openclaw skills list",
  });
}

/** Entries of `skills.entries` that hold a value. */
function entriesOf(config: OpenClawConfig): Record<string, SkillEntry> {
  return Object.fromEntries(
    Object.entries(config.skills.entries).flatMap(([key, { apiKey, env = {} }]) =>
      apiKey || Object.keys(env).length > 0
        ? [
            [
              key,
              {
                apiKey: apiKey ? new Secret(apiKey) : null,
                env: Object.fromEntries(
                  Object.entries(env).map(([name, value]) => [name, new Secret(value)]),
                ),
              },
            ],
          ]
        : [],
    ),
  );
}
