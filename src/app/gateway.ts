import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { sortableId } from "../core/ids.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { silentLogger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { parseSessionKey } from "../core/session-key.ts";
import { skillsStatus, type SkillCache, type SkillsReport } from "../agent/index.ts";
import { createCronService, createCronStore } from "../automation/index.ts";
import type { ConfigStore } from "../config/index.ts";
import { openConfigStore, type FlagValue } from "../config/index.ts";
import {
  createGatewayServer,
  loadStaticManifest,
  refuseOpenBind,
  resolveBind,
  type GatewayServer,
  type ServerSettings,
  type ServerHandle,
} from "../gateway/index.ts";
import type { GatewayServices } from "../gateway/contract.ts";
import { createHealth } from "../gateway/health.ts";
import { createChannelWebhookRoute } from "../gateway/http-api/channel-webhook.ts";
import { createHttpApiRoutes } from "../gateway/http-api/index.ts";
import { statusSummary } from "../gateway/methods/health.ts";
import { listNodes } from "../gateway/methods/node.ts";
import { createServiceMethods, startEventRelays } from "../gateway/methods/index.ts";
import type { Lease } from "../ledger/contract.ts";
import { tailLog } from "../observability/index.ts";
import { createChannelHost } from "../routing/index.ts";
import {
  acquireGatewayLock,
  mergeEnv,
  prepareStateDir,
  readDotenv,
  sweepTemporaryFiles,
  writeFileAtomicAsync,
  type GatewayLock,
} from "../state/index.ts";
import { availableChannels } from "./channels.ts";
import type { GatewayRunOptions } from "./contract.ts";
import { openEngine } from "./engine.ts";
import { ensureToken, prepareFirstStart } from "./first-start.ts";
import { freePort } from "./force-port.ts";
import { openGatewayLog } from "./logging.ts";
import { agentSettings, channelAccounts, defaultAgentId, serverSettings, workspaceDir } from "./settings.ts";
import { guardStart } from "./start-guard.ts";
import { tailscaleIp } from "./tailscale.ts";
import { installedVersion } from "./version.ts";

const clock = systemClock;
const configFreshMs = 500;
const statusPageMs = 15_000;
const drainMs = 10_000;
const hurriedDrainMs = 200;
/** What a client is told to expect until the gateway answers again (protocol.md 3.2). */
const restartExpectedMs = 1500;

type End = { kind: "stop" } | { kind: "restart"; reason: string };

/** Runs the gateway until a signal ends it; an in-process restart begins anew with the same pid and lock (HID-014). */
export async function runGateway(options: GatewayRunOptions): Promise<number> {
  let lock: GatewayLock | null = null;
  try {
    for (;;) {
      const store = openStore(options);
      if (options.flags.setup) prepareFirstStart(options.paths, store);
      prepareStateDir(options.paths);
      const { port } = store.read().config.gateway;
      if (options.flags.force && !lock)
        await freePort({
          paths: options.paths,
          port,
          clock,
          say: (text) => process.stderr.write(`${text}\n`),
        });
      if (lock) lock.update({ port });
      else lock = acquireGatewayLock(options.paths, { port, version: installedVersion(), clock });
      const end = await runOnce(options, store, lock);
      if (end.kind === "stop") return 0;
    }
  } finally {
    lock?.release();
  }
}

function openStore(options: GatewayRunOptions): ConfigStore {
  const { port, bind, token } = options.flags;
  const flags: FlagValue[] = [
    ...(port === undefined ? [] : [{ path: "gateway.port", value: port, flag: "--port" }]),
    ...(bind === undefined ? [] : [{ path: "gateway.bind", value: bind, flag: "--bind" }]),
    ...(token === undefined ? [] : [{ path: "gateway.auth.token", value: token, flag: "--token" }]),
    ...(options.flags.tailscale === undefined
      ? []
      : [{ path: "gateway.tailscale.mode", value: options.flags.tailscale, flag: "--tailscale" }]),
  ];
  return openConfigStore({
    paths: options.paths,
    env: options.env,
    dotenv: readDotenv(options.paths.dotenvPath),
    flags,
    clock,
    logger: silentLogger,
  });
}

async function runOnce(options: GatewayRunOptions, store: ConfigStore, lock: GatewayLock): Promise<End> {
  const { paths } = options;
  const env = mergeEnv(options.env, readDotenv(paths.dotenvPath));
  const version = installedVersion();
  const startedAt = clock.now();
  const first = store.read();
  const secrets = () =>
    [current().config.gateway.auth.token, current().config.gateway.auth.password].flatMap((value) =>
      value ? [new Secret(value)] : [],
    );
  let snapshot = first;
  let readAt = clock.monotonic();
  let onConfigChange = () => {};
  const current = () => {
    if (clock.monotonic() - readAt < configFreshMs) return snapshot;
    readAt = clock.monotonic();
    const next = store.read();
    const changed = next.hash !== snapshot.hash;
    snapshot = next;
    if (changed) onConfigChange();
    return snapshot;
  };
  const log = openGatewayLog({
    config: first.config,
    paths,
    clock,
    verbose: options.flags.verbose === true,
    secrets,
  });
  const { logger } = log;
  try {
    const note = guardStart({
      mode: first.config.gateway.mode,
      configExists: first.exists,
      allowUnconfigured: options.flags.allowUnconfigured === true,
      secretFromEnvironment: Boolean(env["OPENCLAW_GATEWAY_TOKEN"] || env["OPENCLAW_GATEWAY_PASSWORD"]),
    });
    if (note) logger.warn(note);
    if (!first.valid) {
      logger.error("Config validation failed; running on the last accepted configuration", {
        path: first.path,
        issues: first.issues.map((issue) => `${issue.path}: ${issue.message}`),
        hint: "openclaw config validate",
      });
    }
    for (const warning of first.warnings)
      logger.warn("configuration", { path: warning.path, warning: warning.message });
    const config = () => current().config;
    // Refused before a token is made: an open bind must not become a closed one by accident.
    const tailnetIp = config().gateway.bind === "tailnet" ? await tailscaleIp({ env, clock }) : undefined;
    let made: { hash: string; settings: ServerSettings } | null = null;
    // Asked on every request: made anew only when the configuration is another one.
    const settings = () => {
      const { hash } = current();
      if (made?.hash !== hash) made = { hash, settings: serverSettings(config(), paths, tailnetIp) };
      return made.settings;
    };
    const resolved = resolveBind(settings().bind, settings());
    if (!resolved.loopback) refuseOpenBind(resolved, settings());
    ensureToken(store, logger);
    readAt = Number.NEGATIVE_INFINITY;

    const wakeOutbox = () => channels.wakeOutbox();
    let takeSystemEvents: ServerHandle["systemEvents"]["drain"] = () => [];
    /** What was reported to the main session while it was quiet becomes part of its conversation, as untrusted text. */
    const beforeRun = async (lease: Lease) => {
      const agentId = defaultAgentId(config());
      if (lease.sessionKey !== `agent:${agentId}:${config().session.mainKey}`) return;
      const entries = takeSystemEvents().map(({ text, source, at }): TranscriptEntry => ({
        id: sortableId(at),
        ts: at,
        role: "user",
        kind: "injected",
        content: [{ type: "text", text }],
        origin: { door: "system-event", trust: "untrusted", sender: source },
      }));
      if (entries.length > 0) await engine.storage.sessions.append(lease.sessionKey, entries);
    };
    const engine = await openEngine({
      paths,
      env,
      config,
      clock,
      logger,
      onDeliveries: wakeOutbox,
      beforeRun,
      async sendMessage(message) {
        const sent = await channels.send({
          key: message.idempotencyKey,
          channel: message.channel,
          ...(message.account === null ? {} : { account: message.account }),
          to: message.to,
          text: message.text,
        });
        return { status: "sent", deliveryId: sent.messageId };
      },
    });
    const { ledger, sessions, db } = engine.storage;
    const channels = createChannelHost({
      available: availableChannels,
      accounts: () => (env["OPENCLAW_SKIP_CHANNELS"] === "1" ? [] : channelAccounts(config())),
      ledger,
      clock,
      logger,
    });
    const cron = createCronService({
      store: createCronStore(db),
      runs: engine.runs,
      clock,
      logger: logger.child("cron"),
      settings: () => ({
        enabled: config().cron.enabled,
        storePath: paths.ledgerPath,
        defaultAgentId: defaultAgentId(config()),
      }),
      deliveryTarget: ({ delivery }) =>
        delivery?.channel && delivery.to
          ? { channel: delivery.channel, account: "default", to: delivery.to }
          : null,
    });

    sweepTemporaryFiles(paths.stateDir);
    const recovered = await ledger.recover();
    if (
      recovered.interruptedRuns > 0 ||
      recovered.healedTranscripts > 0 ||
      recovered.ambiguousDeliveries > 0
    ) {
      logger.warn("recovered from an unclean end", { ...recovered });
    }

    const skillCache: SkillCache = new Map();
    const skillsOf = (agentId: string) =>
      skillsStatus({
        settings: agentSettings(config(), paths, agentId),
        host: engine.skillHost,
        cache: skillCache,
        logger,
      });
    let finish: (end: End) => void = () => {};
    const ended = new Promise<End>((resolve) => (finish = resolve));
    const makeServices = (handle: ServerHandle): GatewayServices => ({
      version,
      paths,
      clock,
      logger,
      config: store,
      current,
      runs: engine.runs,
      ledger,
      sessions,
      models: engine.models.router,
      approvals: engine.approvals,
      channels,
      broadcaster: handle.broadcaster,
      invokeTool: ({ name, input, sessionKey, principal, signal }) => {
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
      restart: (reason, delayMs) => void clock.after(delayMs, () => finish({ kind: "restart", reason })),
      workspaceDir: (agentId) => workspaceDir(config(), paths, agentId),
      tailLog: (query) => tailLog(log.place, query),
      skills: {
        status: skillsOf,
        bins: async () => binsOf((await skillsOf(defaultAgentId(config()))).skills),
      },
      execApprovals: {
        get: () => engine.execApprovals.snapshot(),
        set: (file, baseHash) => engine.execApprovals.set(file, baseHash ?? null),
      },
      cron,
      fetch: engine.guardedFetch,
      systemEvents: handle.systemEvents,
      startedAt,
      listening: () => handle.address(),
    });

    let services: GatewayServices | null = null;
    let stopRelays = () => {};
    let health: ReturnType<typeof createHealth> | null = null;
    const server: GatewayServer = createGatewayServer({
      version,
      startedAt,
      paths,
      settings,
      parts(handle) {
        services = makeServices(handle);
        health = createHealth(services, {
          nodes: () =>
            listNodes({
              devices: handle.devices,
              nodes: handle.nodes,
              pairing: handle.nodePairing,
              settings,
            }).map((node) => ({
              nodeId: node.nodeId,
              ...(node.displayName === undefined ? {} : { displayName: node.displayName }),
              connected: node.connected,
            })),
        });
        stopRelays = startEventRelays(services);
        return {
          methods: createServiceMethods(services, health),
          routes: [...createHttpApiRoutes(services), createChannelWebhookRoute(channels)],
          health,
        };
      },
      sessionDefaults: () => {
        const agentId = defaultAgentId(config());
        const { mainKey, scope } = config().session;
        return { defaultAgentId: agentId, mainKey, mainSessionKey: `agent:${agentId}:${mainKey}`, scope };
      },
      ui: loadStaticManifest(uiFolder()),
      clock,
      logger,
    });
    takeSystemEvents = () => server.systemEvents.drain();
    onConfigChange = () => {
      logger.info("configuration changed", { hash: snapshot.hash.slice(0, 12), valid: snapshot.valid });
      server.recheckCredentials();
    };

    const { host, port } = await server.listen().catch(async (error: unknown) => {
      stopRelays();
      await engine.stop(0);
      throw error;
    });
    lock.update({ host, port });
    await channels.start(engine.runs);
    engine.runs.start();
    cron.start();
    const scheme = server.address().tls ? "wss" : "ws";
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    logger.info(`Gateway started on ${scheme}://${address}`, {
      pid: process.pid,
      version,
      startMs: clock.now() - startedAt,
    });
    if (options.flags.setup || process.stdout.isTTY)
      announce(store, `${scheme === "wss" ? "https" : "http"}://${address}/`);

    const page = keepStatusPage(paths.statusPath, () =>
      services && health
        ? { at: clock.now(), pid: process.pid, status: statusSummary(services), health: health.current() }
        : null,
    );
    const signals = watchSignals(finish);
    const end = await ended;
    const restarting = end.kind === "restart";
    logger.info(restarting ? "restarting in this process" : "stopping", {
      reason: restarting ? end.reason : "signal",
    });
    cron.stop();
    await page.stop();
    await Promise.race([
      engine.runs.drain(drainMs),
      signals.second.then(() => engine.runs.drain(hurriedDrainMs)),
    ]);
    await server.close(
      restarting
        ? { reason: "gateway restarting", restartExpectedMs }
        : { reason: "gateway stopping", restartExpectedMs: null },
    );
    stopRelays();
    await channels.stop();
    await engine.stop(hurriedDrainMs);
    signals.stop();
    logger.info("Gateway stopped");
    return end;
  } catch (error) {
    // Each refused start leaves one line in the log, where `status` finds it (HID-013).
    logger.error(
      messageOf(error),
      error instanceof UserError && error.hint ? { code: error.code, hint: error.hint } : {},
    );
    throw error;
  } finally {
    log.close();
  }
}

/** Every binary a skill asks for, sorted: nodes look which of them they have. */
function binsOf(skills: SkillsReport["skills"]): string[] {
  return [
    ...new Set(skills.flatMap(({ requirements }) => [...requirements.bins, ...requirements.anyBins])),
  ].sort();
}

/** `dist/ui` beside the bundle, `ui/static` when run from source. */
function uiFolder(): string {
  const candidates = ["./ui/", "../../ui/static/"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new UserError("UI_MISSING", `the files of the control page are missing (${candidates[0]})`, {
    hint: "install the package again, or in a checkout: npm run build",
  });
}

/** The ready-to-open address goes to the person at the terminal, never to a log. */
function announce(store: ConfigStore, base: string): void {
  const { auth } = store.read().config.gateway;
  const url = auth.mode === "token" && auth.token ? `${base}?token=${auth.token}` : base;
  process.stdout.write(`\n  Dashboard: ${url}\n  Stop with Ctrl-C.\n\n`);
}

function watchSignals(finish: (end: End) => void): { second: Promise<void>; stop(): void } {
  let hurry = () => {};
  const second = new Promise<void>((resolve) => (hurry = resolve));
  let asked = false;
  const onStop = () => {
    if (asked) hurry();
    asked = true;
    finish({ kind: "stop" });
  };
  const onRestart = () => finish({ kind: "restart", reason: "SIGUSR1" });
  process.on("SIGTERM", onStop).on("SIGINT", onStop).on("SIGUSR1", onRestart);
  return {
    second,
    stop: () => void process.off("SIGTERM", onStop).off("SIGINT", onStop).off("SIGUSR1", onRestart),
  };
}

/** Keeps the last status on disk, for `openclaw status` while the gateway does not answer. */
function keepStatusPage(path: string, make: () => object | null): { stop(): Promise<void> } {
  let cancel = () => {};
  let writing = Promise.resolve();
  const write = () => {
    const page = make();
    // A full disk must not hurt the gateway; the page then simply grows old, and says how old it is.
    if (page) writing = writeFileAtomicAsync(path, `${JSON.stringify(page)}\n`).catch(() => undefined);
    return writing;
  };
  const loop = () => {
    void write().finally(() => (cancel = clock.after(statusPageMs, loop)));
  };
  cancel = clock.after(1000, loop);
  return {
    async stop() {
      await writing;
      cancel();
      await write();
    },
  };
}
