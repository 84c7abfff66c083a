import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { parseSessionKey } from "../core/session-key.ts";
import type { SkillsReport } from "../agent/index.ts";
import type { CronService, HeartbeatService, SystemEvents } from "../automation/index.ts";
import { type ConfigStore, defaultAgentId } from "../config/index.ts";
import type { GatewayServices, LastEnd, ReloadState, SafeMode } from "../gateway/contract.ts";
import { createLiveRuns, type ServerHandle } from "../gateway/index.ts";
import { tailLog, type LogPlace } from "../observability/index.ts";
import type { ChannelHost } from "../routing/index.ts";
import type { Paths } from "../state/index.ts";
import type { Engine } from "./engine.ts";
import type { LiveConfig } from "./live-config.ts";
import type { Installation } from "./contract.ts";
import { createDoctorDesk } from "./doctor-desk.ts";
import { createUpdateDesk } from "./update-desk.ts";
import { createWizardDesk } from "./wizard-desk.ts";
import { agentSettings, workspaceDir } from "./settings.ts";
import { decisionFor, sandboxPolicy, sandboxSettings } from "./sandboxes.ts";
import { toolMatrix } from "./tool-matrix.ts";

export interface ServicesOptions {
  version: string;
  installation: Installation | null;
  startedAt: number;
  paths: Paths;
  clock: Clock;
  logger: Logger;
  logPlace: LogPlace;
  store: ConfigStore;
  live: LiveConfig;
  engine: Engine;
  channels: ChannelHost;
  cron: CronService;
  heartbeat: HeartbeatService;
  systemEvents: SystemEvents;
  restart: (reason: string, delayMs: number) => void;
  reload: () => ReloadState;
  safeMode: () => SafeMode | null;
  lastEnd: () => LastEnd;
}

/** What the server's methods and routes work with, from the parts of this process. */
export function gatewayServices(options: ServicesOptions, handle: ServerHandle): GatewayServices {
  const { engine, paths, clock, logger, live } = options;
  const { config } = live;
  return {
    version: options.version,
    paths,
    clock,
    logger,
    config: options.store,
    current: live.current,
    runs: engine.runs,
    liveRuns: createLiveRuns(engine.runs),
    ledger: engine.storage.ledger,
    sessions: engine.storage.sessions,
    models: engine.models.router,
    approvals: engine.approvals,
    channels: options.channels,
    pairing: engine.pairing,
    broadcaster: handle.broadcaster,
    invokeTool({ name, input, sessionKey, principal, signal }) {
      const key = parseSessionKey(sessionKey, {
        agentId: defaultAgentId(config()),
        mainKey: config().session.mainKey,
      });
      return engine.invokeTool({
        agentId: key.agentId,
        sessionKey: key.canonical,
        name,
        input: input as never,
        principal,
        signal,
      });
    },
    restart: options.restart,
    reload: { state: options.reload },
    safeMode: options.safeMode,
    lastEnd: options.lastEnd,
    workspaceDir: (agentId) => workspaceDir(config(), paths, agentId),
    tailLog: (query) => tailLog(options.logPlace, query),
    skills: {
      status: (agentId) => engine.skills.status(agentId),
      bins: async () => binsOf((await engine.skills.status(defaultAgentId(config()))).skills),
      install: (wish) => engine.skills.install(wish),
    },
    speech: engine.speech,
    update: createUpdateDesk({ ...options, env: engine.env }),
    sandboxOf(session) {
      const settings = sandboxSettings(config(), paths, session.agentId);
      const { access, network } = settings;
      return decisionFor(config(), settings, session).sandboxed ? { access, network } : null;
    },
    toolMatrix: async (agentId) =>
      toolMatrix({
        tools: await engine.tools(),
        settings: agentSettings(config(), paths, agentId).tools,
        sandbox: (who) => sandboxPolicy(sandboxSettings(config(), paths, agentId), who),
        agentId,
        model: engine.models.router.resolve(agentId),
      }),
    wizard: createWizardDesk({ paths, env: engine.env, store: options.store, clock }),
    doctor: createDoctorDesk({ paths, env: engine.env, version: options.version, clock }),
    execApprovals: {
      get: () => engine.execApprovals.snapshot(),
      set: (file, baseHash) => engine.execApprovals.set(file, baseHash ?? null),
    },
    cron: options.cron,
    fetch: engine.guardedFetch,
    heartbeat: options.heartbeat,
    systemEvents: options.systemEvents,
    startedAt: options.startedAt,
    listening: () => handle.address(),
  };
}

/** Every binary a skill asks for, sorted: nodes look which of them they have. */
function binsOf(skills: SkillsReport["skills"]): string[] {
  return [
    ...new Set(skills.flatMap(({ requirements }) => [...requirements.bins, ...requirements.anyBins])),
  ].sort();
}
