import { join } from "node:path";
import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { elevatedLevels, type ElevatedLevel, type SandboxDesk } from "../agent/run-sandbox.ts";
import { policySessionKind, type PolicySessionKind, type SandboxPolicyInput } from "../agent/tools-policy.ts";
import { agentIds, defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import {
  configuredSandbox,
  createSandboxes,
  decideSandbox,
  type SandboxDecision,
  type Sandboxes,
  type SandboxSettings,
} from "../sandbox/box/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import type { Paths } from "../state/paths.ts";
import { expandPath, workspaceDir } from "./settings.ts";

// From the configuration to where tools of sandboxed runs execute.

const pruneEveryMs = 3_600_000;

/** `agents.*.sandbox` of one agent. */
export function sandboxSettings(config: OpenClawConfig, paths: Paths, agentId: string): SandboxSettings {
  return configuredSandbox(config, agentId, {
    folder: join(paths.stateDir, "sandboxes"),
    expand: (path) => expandPath(path, paths),
  });
}

export interface SandboxPlace {
  config: () => OpenClawConfig;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  logger: Logger;
}

/** The sandboxes of a state directory; the gateway and the commands that look at it from outside share this. */
export function openSandboxes({ config, paths, env, clock, logger }: SandboxPlace): Sandboxes {
  const settings = (agentId: string) => sandboxSettings(config(), paths, agentId);
  return createSandboxes({
    settings,
    folders: () => [...new Set(agentIds(config()).map((agentId) => settings(agentId).folder))],
    stateDir: paths.stateDir,
    workspaces: () => [
      settings(defaultAgentId(config())).folder,
      ...agentIds(config()).flatMap((agentId) => {
        // Only where the state directory is meant to hold it: a workspace that somebody points into it is refused.
        const folder = workspaceDir(config(), paths, agentId);
        const isOurs =
          folder === paths.defaultWorkspaceDir || folder === `${paths.defaultWorkspaceDir}-${agentId}`;
        return isOurs ? [folder] : [];
      }),
    ],
    forbidden: { home: paths.home, secret: [paths.stateDir, paths.configPath] },
    env,
    clock,
    logger,
  });
}

/** What holds for the owner in a session, by the configuration alone; a run may be sandboxed for more reasons. */
export function decisionFor(
  config: OpenClawConfig,
  settings: SandboxSettings,
  session: { key: string; agentId: string; spawnedBy: string | null },
): SandboxDecision {
  const { mode } = settings;
  const isMain = (key: string) => policySessionKind(key, config.session.mainKey) === "main";
  const { spawnedBy } = session;
  return decideSandbox({
    mode,
    agentId: session.agentId,
    main: isMain(session.key),
    owner: true,
    fromSandbox: false,
    recorded: false,
    parent: spawnedBy !== null && (mode === "all" || (mode === "non-main" && !isMain(spawnedBy))),
  });
}

/** What tool policy is told of sandboxes in a kind of session; null where tools execute on the machine. */
export function sandboxPolicy(
  settings: SandboxSettings,
  who: { session: PolicySessionKind; owner: boolean },
): SandboxPolicyInput | null {
  const { mode, access, network, scope, binds } = settings;
  if (mode === "off" || (mode === "non-main" && who.session === "main" && who.owner)) return null;
  const isSealed = access === "none" && network === "none" && !binds.some((bind) => bind.endsWith(":rw"));
  return { writable: access === "rw", ownFolder: isSealed && scope === "session" };
}

/** What runs ask of sandboxes, and their lifetime. */
export function createSandboxDesk(place: SandboxPlace & { sessions: SessionStore }): {
  desk: SandboxDesk;
  sandboxes: Sandboxes;
  start(): void;
  stop(): Promise<void>;
} {
  const { config, paths, clock, logger, sessions } = place;
  const sandboxes = openSandboxes(place);
  let cancel = () => {};
  const tend = (work: () => Promise<unknown>) => {
    work().catch((error: unknown) =>
      logger.warn("old sandboxes could not be removed", { error: messageOf(error) }),
    );
  };
  const isUsed = () =>
    agentIds(config()).some((agentId) => sandboxSettings(config(), paths, agentId).mode !== "off");
  const again = () => {
    tend(() => sandboxes.prune(config().agents.defaults.sandbox));
    cancel = clock.after(pruneEveryMs, again);
  };
  return {
    sandboxes,
    desk: {
      mode: (agentId) => sandboxSettings(config(), paths, agentId).mode,
      perSession: (agentId) => sandboxSettings(config(), paths, agentId).scope === "session",
      box: (subject) => sandboxes.of(subject),
      parentOf: (sessionKey) => sessions.get(sessionKey)?.spawnedBy ?? null,
      mayElevate: (principal) => mayElevate(config(), principal),
      elevatedLevel: (sessionKey) =>
        elevatedLevel(config(), sessions.get(sessionKey)?.settings.elevatedLevel),
    },
    start() {
      if (isUsed()) tend(() => sandboxes.sweep());
      cancel = clock.after(pruneEveryMs, again);
    },
    async stop() {
      cancel();
      await sandboxes.stop();
    },
  };
}

/**
 * Whether `tools.exec.elevated` names somebody: an owner by exact sender id of a channel, or an operator who may change the
 * configuration anyway. An empty list is nobody, and `*` means no one (threats.md, invariant 4).
 */
export function mayElevate(config: OpenClawConfig, principal: Principal): boolean {
  const { enabled, allowFrom } = config.tools.exec.elevated;
  if (!enabled || !principal.owner || principal.sandboxed) return false;
  if (principal.kind !== "sender")
    return (
      (principal.kind === "operator" || principal.kind === "local") && principal.scopes.has("operator.admin")
    );
  const [channel = "", , ...rest] = principal.id.split(":");
  const sender = rest.join(":");
  return sender !== "" && sender !== "*" && (allowFrom[channel] ?? []).includes(sender);
}

function elevatedLevel(config: OpenClawConfig, own: string | undefined): ElevatedLevel {
  const word = own ?? config.agents.defaults.elevatedDefault;
  return elevatedLevels.find((level) => level === word) ?? "off";
}
