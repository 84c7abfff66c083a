import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ChannelManifest } from "../channels/contract.ts";
import {
  createAgentRunner,
  createToolInvoker,
  preemptsRun,
  type AgentEngine,
  type DeviceRequests,
  type Tool,
} from "../agent/index.ts";
import type { MessageServices } from "../agent/tools/message/contract.ts";
import type { NodeServices } from "../agent/tool-kit/nodes/contract.ts";
import { createProcessRegistry } from "../agent/tools/exec/registry.ts";
import { type OpenClawConfig, agentIds } from "../config/index.ts";
import type { SpeechDesk } from "../gateway/contract.ts";
import { createGuardedFetch, type GuardedFetch } from "../guard/index.ts";
import type { Lease } from "../ledger/contract.ts";
import { createMemory, type Memory } from "../memory/index.ts";
import { createModels, type Models } from "../models/index.ts";
import { createPairingDesk, createRunService, type PairingDesk } from "../routing/index.ts";
import {
  createApprovalService,
  createExecApprovalsFile,
  type ApprovalService,
  type ExecApprovalsFile,
} from "../sandbox/index.ts";
import { openStorage, type Storage } from "../sessions/index.ts";
import { ensureWorkspace, type Paths } from "../state/index.ts";
import { createAgentTools } from "./agent-tools.ts";
import { createBrowserParts, type BrowserParts } from "./browser.ts";
import { createMediaParts, type MediaParts } from "./media.ts";
import { createSpeechDesk } from "./speech.ts";
import { openSpeechPreferences } from "./speech-preferences.ts";
import { createSandboxDesk } from "./sandboxes.ts";
import { configuredOrigins, localModelOrigins } from "./models.ts";
import { createSearch } from "./search.ts";
import { agentSettings, lanePolicy, runServiceSettings, workspaceDir } from "./settings.ts";
import { createSkillParts, type SkillParts } from "./skills.ts";
import type { Tracing } from "./tracing/index.ts";

const modelFirstByteMs = 300_000;
/** The last spans get so long at the end; a collector that hangs must not hold up a restart. */
const traceGraceMs = 500;

export interface EngineOptions {
  paths: Paths;
  /** Channels answers may go to; those of this build when absent. */
  catalog?: readonly ChannelManifest[];
  env: Readonly<Record<string, string | undefined>>;
  config: () => OpenClawConfig;
  clock: Clock;
  logger: Logger;
  /** Chats of channels; absent where no channel runs (`agent --local`). */
  message?: MessageServices;
  /** Paired machines and phones; absent where no gateway runs. */
  nodes?: NodeServices;
  /** Devices that ask to control the gateway; absent where none runs. */
  devices?: DeviceRequests;
  onDeliveries: () => void;
  /** Watches the way of every message; null while traces are off. */
  tracing?: Tracing | null;
  /** Why the process or life before this one ended, as a sentence; null when nobody asked it to. */
  interruption?: () => string | null;
  /** Awaited after a run was claimed and before it begins. */
  beforeRun?: (lease: Lease) => Promise<void>;
}

/** Everything that turns an accepted message into an answer, wired. The gateway and `agent --local` share it. */
export interface Engine {
  storage: Storage;
  models: Models;
  approvals: ApprovalService;
  pairing: PairingDesk;
  execApprovals: ExecApprovalsFile;
  runs: ReturnType<typeof createRunService>;
  runner: AgentEngine;
  invokeTool: ReturnType<typeof createToolInvoker>;
  /** Environment of the process with what `.env` of the state directory adds. */
  env: EngineOptions["env"];
  /** Every tool there is, before policy. */
  tools(): Promise<readonly Tool[]>;
  guardedFetch: GuardedFetch;
  /** Null where no browser may be used. */
  browser: BrowserParts | null;
  media: MediaParts;
  speech: SpeechDesk;
  skills: SkillParts;
  /** Claims stop, runs end or stay journaled, background processes end, the database closes. */
  stop(graceMs: number): Promise<void>;
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { paths, clock, logger } = options;
  const spoken = openSpeechPreferences(join(paths.stateDir, "settings", "tts.json"));
  const config = () => spoken.applyTo(options.config());
  // First: a folder that cannot be made must fail the start while nothing is open yet.
  for (const agentId of agentIds(config())) {
    if (!config().agents.defaults.skipBootstrap) ensureWorkspace(workspaceDir(config(), paths, agentId));
  }
  // Weaker than real variables; never handed to commands, which get what tools.exec.passEnv names.
  const env = { ...config().env.vars, ...options.env };
  const { tracing } = options;
  const opened = await openStorage({ paths, clock, logger, policy: () => lanePolicy(config()) });
  const storage = tracing ? { ...opened, ledger: tracing.ledger(opened.ledger) } : opened;
  const { ledger, sessions } = storage;
  const settings = (agentId: string, sessionKey: string) => {
    if (agentIds(config()).includes(agentId))
      return agentSettings(config(), paths, agentId, sessions.get(sessionKey));
    throw new UserError("AGENT_UNKNOWN", `there is no agent "${agentId}"`, { hint: "openclaw agents list" });
  };

  const guardedFetch = createGuardedFetch({
    clock,
    allowOrigins: () => config().tools.web.fetch.allowPrivateOrigins,
  });
  const models = createModels({
    config,
    paths,
    env,
    clock,
    logger,
    fetch: createGuardedFetch({
      clock,
      // A local model may read a long prompt for minutes before it says its first word.
      headersTimeoutMs: modelFirstByteMs,
      allowOrigins: () => [...configuredOrigins(config()), ...localModelOrigins],
    }),
    localFetch: createGuardedFetch({ clock, allowOrigins: () => localModelOrigins }),
  });
  const pairing = createPairingDesk({
    channelsDir: paths.channelsDir,
    clock,
    logger: logger.child("access"),
  });
  const approvals = createApprovalService({ db: storage.db, clock, logger });
  const execApprovals = createExecApprovalsFile({ path: paths.execApprovalsPath });
  const processes = createProcessRegistry({ clock, logger });
  const memories = new Map<string, Memory>();
  const memoryOf = (agentId: string): Memory => {
    const known = memories.get(agentId);
    if (known) return known;
    const memory = createMemory({
      workspaceDir: workspaceDir(config(), paths, agentId),
      indexPath: join(paths.cacheDir, "memory", `${agentId}.sqlite`),
      clock,
      logger,
      ...(config().agents.defaults.userTimezone === undefined
        ? {}
        : { timeZone: config().agents.defaults.userTimezone }),
    });
    memories.set(agentId, memory);
    return memory;
  };
  const skills = createSkillParts({
    paths,
    env: options.env,
    config,
    session: (key) => sessions.get(key),
    fetch: guardedFetch,
    clock,
    logger: logger.child("skills"),
  });
  const search = createSearch({ config, env, clock });
  const browser = config().browser.enabled
    ? createBrowserParts({ config, paths, env: options.env, clock, logger })
    : null;
  const tools = createAgentTools({
    paths,
    config,
    env: options.env,
    sessions,
    runs: () => runs,
    approvals,
    execApprovals,
    processes,
    skills,
    search,
    browser,
    memoryOf,
    fetch: guardedFetch,
    message: options.message,
    nodes: options.nodes,
    clock,
    logger,
  });
  const sandboxed = createSandboxDesk({
    config,
    paths,
    env: options.env,
    sessions,
    clock,
    logger: logger.child("sandbox"),
  });
  sandboxed.start();
  const media = createMediaParts({
    config,
    credentials: models.credentials,
    sessions,
    env: options.env,
    clock,
    logger,
  });
  const speech = createSpeechDesk({
    config: options.config,
    preferences: spoken,
    credentials: models.credentials,
    media,
    sessions,
    mediaDir: paths.mediaDir,
  });
  const plainRunner = createAgentRunner({
    settings,
    ledger,
    sessions,
    models: tracing ? tracing.models(models.router) : models.router,
    tools,
    approvals,
    pairing: {
      list: () => pairing.list(),
      approve: (code, by) => pairing.approve(code, by),
      reject: (code, by) => pairing.reject(code, by),
      ...(options.devices ? { devices: options.devices } : {}),
    },
    media: media.read,
    sandboxes: sandboxed.desk,
    skillHost: skills.host,
    interruption: options.interruption,
    clock,
    logger,
  });
  const runner = tracing ? tracing.runner(plainRunner) : plainRunner;
  const plainRuns = createRunService({
    ledger,
    sessions,
    runner,
    clock,
    logger: logger.child("runs"),
    settings: () => runServiceSettings(config(), options.catalog),
    preempts: preemptsRun,
    asides: plainRunner.asides,
    onDeliveries: options.onDeliveries,
    ...(options.beforeRun ? { beforeRun: options.beforeRun } : {}),
  });
  const runs = tracing ? tracing.runs(plainRuns) : plainRuns;
  return {
    storage,
    models,
    approvals,
    pairing,
    execApprovals,
    runs,
    runner,
    invokeTool: createToolInvoker({ settings, tools, sandboxes: sandboxed.desk, clock, logger }),
    env: options.env,
    tools,
    guardedFetch,
    browser,
    media,
    speech,
    skills,
    async stop(graceMs) {
      skills.stop();
      await runs.drain(graceMs);
      await runner.stop();
      await processes.stop();
      await browser?.stop();
      await sandboxed.stop();
      for (const memory of memories.values()) await memory.close();
      await storage.close();
      await tracing?.close(traceGraceMs);
    },
  };
}
