import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { createCronService, createCronStore } from "../automation/index.ts";
import {
  openConfigStore,
  type ConfigSnapshot,
  type ConfigStore,
  type FlagValue,
  defaultAgentId,
} from "../config/index.ts";
import type { GatewayServices } from "../gateway/contract.ts";
import { createHealth, type HealthMonitor } from "../gateway/health.ts";
import { createChannelWebhookRoute } from "../gateway/http-api/channel-webhook.ts";
import { createHookRoutes } from "../gateway/http-api/hooks.ts";
import { createHttpApiRoutes } from "../gateway/http-api/index.ts";
import {
  createGatewayServer,
  loadStaticManifest,
  type GatewayServer,
  type ServerHandle,
  type ServerSettings,
} from "../gateway/index.ts";
import { statusSummary } from "../gateway/methods/health.ts";
import { createServiceMethods, startEventRelays } from "../gateway/methods/index.ts";
import { listNodes } from "../gateway/methods/node.ts";
import type { LogPlace } from "../observability/index.ts";
import { createChannelHost } from "../routing/index.ts";
import { createServiceNotifier } from "../service/notify.ts";
import {
  acquireGatewayLock,
  mergeEnv,
  prepareStateDir,
  readDotenv,
  sweepTemporaryFiles,
  type GatewayLock,
} from "../state/index.ts";
import { availableChannels } from "./channels.ts";
import { bindSettings } from "./bind-settings.ts";
import type { GatewayRunOptions } from "./contract.ts";
import { watchEndings, type End, type Endings } from "./endings.ts";
import { openEngine, type Engine } from "./engine.ts";
import { prepareFirstStart } from "./first-start.ts";
import { freePort } from "./force-port.ts";
import { createLiveConfig, type LiveConfig } from "./live-config.ts";
import { openGatewayLog } from "./logging.ts";
import { gatewayServices, systemEventEntries } from "./services.ts";
import { channelAccounts } from "./settings.ts";
import { guardStart } from "./start-guard.ts";
import { keepStatusPage } from "./status-page.ts";
import { publishGateway } from "./tailscale-publish.ts";
import { createTailscale, type Tailscale } from "./tailscale.ts";
import { installedVersion } from "./version.ts";

const clock = systemClock;
const drainMs = 10_000;
const hurriedDrainMs = 200;
/** What a client is told to expect until the gateway answers again (protocol.md 3.2). */
const restartExpectedMs = 1500;

interface Run {
  options: GatewayRunOptions;
  env: Readonly<Record<string, string | undefined>>;
  store: ConfigStore;
  live: LiveConfig;
  lock: GatewayLock;
  logger: Logger;
  logPlace: LogPlace;
  endings: Endings;
  notifier: ReturnType<typeof createServiceNotifier>;
  version: string;
  startedAt: number;
}

/** Runs the gateway until a signal ends it; an in-process restart begins anew with the same pid and lock (HID-014). */
export async function runGateway(options: GatewayRunOptions): Promise<number> {
  let lock: GatewayLock | null = null;
  const endings = watchEndings();
  const notifier = createServiceNotifier({ env: options.env, clock, pid: process.pid });
  try {
    for (;;) {
      const store = openStore(options);
      if (options.flags.setup) prepareFirstStart(options.paths, store);
      prepareStateDir(options.paths);
      const { port } = store.read().config.gateway;
      if (options.flags.force && !lock) {
        await freePort({
          paths: options.paths,
          port,
          clock,
          say: (text) => process.stderr.write(`${text}\n`),
        });
      }
      if (lock) lock.update({ port });
      else lock = acquireGatewayLock(options.paths, { port, version: installedVersion(), clock });
      const end = await runLogged(options, store, lock, { endings, notifier });
      if (end.kind === "stop") return 0;
    }
  } finally {
    lock?.release();
    notifier.close();
    endings.dispose();
  }
}

function openStore({ paths, env, flags }: GatewayRunOptions): ConfigStore {
  const given: Array<[string, unknown, string]> = [
    ["gateway.port", flags.port, "--port"],
    ["gateway.bind", flags.bind, "--bind"],
    ["gateway.auth.token", flags.token, "--token"],
    ["gateway.tailscale.mode", flags.tailscale, "--tailscale"],
  ];
  const overrides = given.flatMap(([path, value, flag]): FlagValue[] =>
    value === undefined ? [] : [{ path, value, flag }],
  );
  return openConfigStore({
    paths,
    env,
    dotenv: readDotenv(paths.dotenvPath),
    flags: overrides,
    version: installedVersion(),
    clock,
    logger: silentLogger,
  });
}

/** One life of the gateway with its log. Each refused start leaves one line there, where `status` finds it (HID-013). */
async function runLogged(
  options: GatewayRunOptions,
  store: ConfigStore,
  lock: GatewayLock,
  process_: Pick<Run, "endings" | "notifier">,
): Promise<End> {
  const { paths, flags } = options;
  const live = createLiveConfig(store, clock);
  const secrets = () => {
    const { token, password } = live.config().gateway.auth;
    return [token, password].flatMap((value) => (value ? [new Secret(value)] : []));
  };
  const log = openGatewayLog({
    config: live.config(),
    paths,
    clock,
    verbose: flags.verbose === true,
    secrets,
  });
  const { logger } = log;
  process_.notifier.logTo(logger);
  try {
    return await runOnce({
      options,
      env: mergeEnv(options.env, readDotenv(paths.dotenvPath)),
      store,
      live,
      lock,
      logger,
      logPlace: log.place,
      ...process_,
      version: installedVersion(),
      startedAt: clock.now(),
    });
  } catch (error) {
    logger.error(
      messageOf(error),
      error instanceof UserError && error.hint ? { code: error.code, hint: error.hint } : {},
    );
    throw error;
  } finally {
    log.close();
  }
}

async function runOnce(run: Run): Promise<End> {
  const { live, logger, endings } = run;
  checkConfiguration(run);
  const { store } = run;
  const { gateway, tools } = live.config();
  const tailscale = createTailscale({ env: run.env, clock, folders: tools.exec.pathPrepend });
  const { paths } = run.options;
  const settings = await bindSettings({ live, store, logger, paths, tailscale });
  const parts = await openParts(run, settings, tailscale);
  const { engine, channels, cron, server } = parts;
  const { host, port } = await server.listen().catch(async (error: unknown) => {
    parts.stopRelays();
    await engine.stop(0);
    throw error;
  });
  run.lock.update({ host, port });
  await channels.start(engine.runs);
  engine.runs.start();
  cron.start();
  const { tls } = server.address();
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  logger.info(`Gateway started on ${tls ? "wss" : "ws"}://${address}`, {
    pid: process.pid,
    version: run.version,
    startMs: clock.now() - run.startedAt,
  });
  const publication = publishGateway({
    tailscale,
    mode: gateway.tailscale.mode,
    port,
    tls,
    resetOnExit: gateway.tailscale.resetOnExit,
    logger,
  });
  if (run.options.flags.setup || process.stdout.isTTY)
    announce(live, `${tls ? "https" : "http"}://${address}/`);
  const page = keepStatusPage({
    path: run.options.paths.statusPath,
    clock,
    make: () => ({
      at: clock.now(),
      pid: process.pid,
      status: statusSummary(parts.services),
      health: parts.health.current(),
    }),
  });

  await run.notifier.ready(`listening on ${address}`);

  const end = await endings.next();
  const restarting = end.kind === "restart";
  if (!restarting) void run.notifier.stopping();
  logger.info(restarting ? "restarting in this process" : "stopping", {
    reason: restarting ? end.reason : "signal",
  });
  cron.stop();
  await page.stop();
  await Promise.race([
    engine.runs.drain(drainMs),
    endings.hurried.then(() => engine.runs.drain(hurriedDrainMs)),
  ]);
  await publication.stop();
  await server.close(
    restarting
      ? { reason: "gateway restarting", restartExpectedMs }
      : { reason: "gateway stopping", restartExpectedMs: null },
  );
  parts.stopRelays();
  await channels.stop();
  await engine.stop(hurriedDrainMs);
  logger.info("Gateway stopped");
  return end;
}

/** Says what is wrong with the configuration, and refuses when it does not want a gateway here. */
function checkConfiguration({ live, logger, env, options }: Run): void {
  const first = live.current();
  const note = guardStart({
    mode: first.config.gateway.mode,
    configExists: first.exists,
    allowUnconfigured: options.flags.allowUnconfigured === true,
    secretFromEnvironment: Boolean(env["OPENCLAW_GATEWAY_TOKEN"] || env["OPENCLAW_GATEWAY_PASSWORD"]),
  });
  if (note) logger.warn(note);
  if (!first.valid) reportInvalid(logger, first);
  for (const { path, message } of first.warnings) logger.warn("configuration", { path, warning: message });
}

interface Parts {
  engine: Engine;
  channels: ReturnType<typeof createChannelHost>;
  cron: ReturnType<typeof createCronService>;
  server: GatewayServer;
  services: GatewayServices;
  health: HealthMonitor;
  stopRelays(): void;
}

/** Opens storage, recovers what a crash left, and wires everything; nothing listens and nothing runs yet. */
async function openParts(run: Run, settings: () => ServerSettings, tailscale: Tailscale): Promise<Parts> {
  const { live, logger, env, store, version, startedAt } = run;
  const { paths } = run.options;
  const { config } = live;
  const engine = await openEngine({
    paths,
    env,
    config,
    clock,
    logger,
    onDeliveries: () => channels.wakeOutbox(),
    async beforeRun({ sessionKey }) {
      if (sessionKey !== `agent:${defaultAgentId(config())}:${config().session.mainKey}`) return;
      const entries = systemEventEntries(server.systemEvents.drain());
      if (entries.length > 0) await engine.storage.sessions.append(sessionKey, entries);
    },
    async sendMessage({ idempotencyKey, channel, account, to, text }) {
      const sent = await channels.send({
        key: idempotencyKey,
        channel,
        to,
        text,
        ...(account === null ? {} : { account }),
      });
      return { status: "sent", deliveryId: sent.messageId };
    },
  });
  const { ledger, db } = engine.storage;
  sweepTemporaryFiles(paths.stateDir);
  const recovered = await ledger.recover();
  if (Object.values(recovered).some((count) => count > 0))
    logger.warn("recovered from an unclean end", { ...recovered });
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
  const made: { services?: GatewayServices; health?: HealthMonitor; stopRelays?: () => void } = {};
  const server: GatewayServer = createGatewayServer({
    version,
    startedAt,
    paths,
    settings,
    parts(handle: ServerHandle) {
      const services = gatewayServices(
        {
          version,
          startedAt,
          paths,
          clock,
          logger,
          logPlace: run.logPlace,
          store,
          live,
          engine,
          channels,
          cron,
          restart: (reason) => run.endings.ask({ kind: "restart", reason }),
        },
        handle,
      );
      const { devices, nodes, nodePairing: pairing } = handle;
      const health = createHealth(services, {
        nodes: () =>
          listNodes({ devices, nodes, pairing, settings }).map(({ nodeId, displayName, connected }) => ({
            nodeId,
            connected,
            ...(displayName === undefined ? {} : { displayName }),
          })),
      });
      Object.assign(made, { services, health, stopRelays: startEventRelays(services) });
      return {
        methods: createServiceMethods(services, health),
        routes: [
          ...createHttpApiRoutes(services),
          createChannelWebhookRoute(channels),
          ...createHookRoutes(services),
        ],
        health,
      };
    },
    sessionDefaults: () => {
      const agentId = defaultAgentId(config());
      const { mainKey, scope } = config().session;
      return { defaultAgentId: agentId, mainKey, mainSessionKey: `agent:${agentId}:${mainKey}`, scope };
    },
    ui: loadStaticManifest(uiFolder()),
    whois: (ip) => tailscale.whois(ip),
    clock,
    logger,
  });
  live.onLost((reason) =>
    logger.error("the configuration cannot be read; the one in force stays", {
      error: reason,
      hint: "openclaw config validate",
    }),
  );
  live.onChange(({ hash, valid, path, issues }) => {
    logger.info("configuration changed", { hash: hash.slice(0, 12), valid });
    if (!valid) reportInvalid(logger, { path, issues });
    server.recheckCredentials();
  });
  return { engine, channels, cron, server, ...made } as Parts;
}

function reportInvalid(logger: Logger, { path, issues }: Pick<ConfigSnapshot, "path" | "issues">): void {
  logger.error("Config validation failed; running on the last accepted configuration", {
    path,
    issues: issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)),
    hint: "openclaw config validate",
  });
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
function announce(live: LiveConfig, base: string): void {
  live.refresh();
  const { auth } = live.config().gateway;
  const url = auth.mode === "token" && auth.token ? `${base}?token=${auth.token}` : base;
  process.stdout.write(`\n  Dashboard: ${url}\n  Stop with Ctrl-C.\n\n`);
}
