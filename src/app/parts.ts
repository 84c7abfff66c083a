import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { createCronService, createCronStore, type HeartbeatService } from "../automation/index.ts";
import { defaultAgentId } from "../config/index.ts";
import type { GatewayServices } from "../gateway/contract.ts";
import { createHealth, type HealthMonitor } from "../gateway/health.ts";
import { createChannelWebhookRoute } from "../gateway/http-api/channel-webhook.ts";
import { createHookRoutes } from "../gateway/http-api/hooks.ts";
import { createHttpApiRoutes } from "../gateway/http-api/index.ts";
import { createMetricsRoute } from "../gateway/http-api/metrics.ts";
import {
  createGatewayServer,
  type GatewayServer,
  type ServerHandle,
  type ServerSettings,
} from "../gateway/index.ts";
import { createGatewayMetrics } from "../gateway/metrics.ts";
import type { BrowserDoor } from "../gateway/browser-door.ts";
import { createBrowserMethods } from "../gateway/methods/browser.ts";
import { createServiceMethods, startEventRelays } from "../gateway/methods/index.ts";
import { listNodes } from "../gateway/nodes/rows.ts";
import { watchLoopDelay } from "../observability/index.ts";
import {
  answerDeniedBy,
  createChannelHost,
  createGate,
  createGroupHistory,
  createMessageDesk,
  createOverheard,
  createReactionNotes,
  overheardEntries,
} from "../routing/index.ts";
import { createApprovalAnnouncer, type ApprovalAnnouncer } from "../sandbox/index.ts";
import { createLoginLeases, sweepTemporaryFiles } from "../state/index.ts";
import { channelCatalog } from "../channels/catalog.ts";
import { createMessageService } from "./message-service.ts";
import { withPluginChannels } from "./plugin-channels.ts";
import { channelAccounts } from "./access.ts";
import { askBrowser, openBrowserControl } from "./browser.ts";
import { approvalPlace, approvalPlaces } from "./approvals.ts";
import { deviceRequests } from "./device-requests.ts";
import { openEngine, type Engine } from "./engine.ts";
import { controlPage } from "./control-page.ts";
import { nodeServices } from "./node-services.ts";
import { preflight } from "./preflight.ts";
import { createReloader, type Reloader } from "./reload.ts";
import { liveReplySettings, mediaSource } from "./replies.ts";
import { reportRestart } from "./restart-note.ts";
import { createHeartbeatParts } from "./heartbeat.ts";
import { gatewayServices } from "./services.ts";
import type { Tailscale } from "./tailscale.ts";
import type { Run } from "./run.ts";
import { takenUp } from "./taken-up.ts";

const clock = systemClock;

/** The parts of a gateway, wired to each other. */
export interface Parts {
  engine: Engine;
  channels: ReturnType<typeof createChannelHost>;
  /** Asks in chats for what runs need permission for. */
  questions: ApprovalAnnouncer;
  cron: ReturnType<typeof createCronService>;
  heartbeat: HeartbeatService;
  server: GatewayServer;
  services: GatewayServices;
  health: HealthMonitor;
  reloader: Reloader;
  reportRestart(): Promise<void>;
  stopRelays(): void;
  /** Listens on the browser's control port, where a browser may be used. */
  openBrowserDoor(): Promise<BrowserDoor | null>;
}

/** Opens storage, recovers what a crash left, and wires everything; nothing listens and nothing runs yet. */
export async function openParts(
  run: Run,
  settings: () => ServerSettings,
  tailscale: Tailscale,
): Promise<Parts> {
  const { live, logger, env, store, version, startedAt } = run;
  const { paths } = run.options;
  const { config } = live;
  const catalog =
    run.options.channels ?? (await withPluginChannels(channelCatalog, { config: config(), paths, logger }));
  const tracing = config().diagnostics.otel.enabled
    ? (await import("./tracing/index.ts")).openTracing({ config: config(), version, clock, logger })
    : null;
  const engine = await openEngine({
    paths,
    catalog,
    env,
    config,
    clock,
    logger,
    tracing,
    interruption: () => run.interruption,
    devices: deviceRequests(() => server, clock),
    onDeliveries: () => channels.wakeOutbox(),
    async beforeRun(lease) {
      const { sessionKey } = lease;
      const heard = overheard.of(sessionKey);
      // In one commit: what was told is told once, whatever happens.
      if (heard.length > 0)
        await Promise.all([
          engine.storage.sessions.append(sessionKey, overheardEntries(heard, clock.now())),
          overheard.forget(sessionKey, heard),
        ]);
      await beats.takeUp(lease);
    },
    nodes: nodeServices({
      server: () => server,
      settings,
      approvals: () => engine.approvals,
      config,
      clock,
      startedAt,
    }),
    message: createMessageService({
      desk: () => createMessageDesk({ channels, clock }),
      ledger: () => engine.storage.ledger,
      config,
    }),
  });
  const { ledger, db } = engine.storage;
  const overheard = createOverheard({ db, clock });
  const history = createGroupHistory(overheard);
  const reactions = createReactionNotes({ overheard, ledger });
  sweepTemporaryFiles(paths.stateDir);
  const recovered = await ledger.recover();
  const lastEnd = takenUp(run.before, recovered, logger);
  const logins = createLoginLeases({
    dir: paths.loginLeasesDir,
    fallbackDir: join(paths.stateDir, "leases"),
    stateDir: paths.stateDir,
    clock,
  });
  const questions = createApprovalAnnouncer({
    approvals: engine.approvals,
    ledger,
    places: () => approvalPlaces(config()),
    placeOf: (target) => approvalPlace(config(), target, catalog),
    wake: () => channels.wakeOutbox(),
    clock,
    logger: logger.child("approvals"),
  });
  const channels = createChannelHost({
    available: catalog,
    gate: createGate({
      pairing: engine.pairing,
      history,
      ledger,
      sessions: engine.storage.sessions,
      clock,
      logger: logger.child("access"),
      async tell({ key, target, text }) {
        await ledger.enqueueDelivery({ key, runId: null, target, text });
        channels.wakeOutbox();
      },
    }),
    paths,
    accounts: () => (run.safe || env["OPENCLAW_SKIP_CHANNELS"] === "1" ? [] : channelAccounts(config())),
    ledger,
    media: mediaSource(engine.storage.sessions, engine.guardedFetch, (text, signal) =>
      engine.media.speak(text, signal),
    ),
    claimLogin: (login) => logins.claim(login),
    onAction: ({ value, sender, channel, account, chat, targetId }, principal) =>
      questions.press(value, {
        principal,
        name: sender.name,
        at: { channel, account, to: chat.id, messageId: targetId },
      }),
    reactions,
    live: () => ({
      ...liveReplySettings(config(), catalog),
      mayAnswer: (sessionKey, { channel }) => {
        const own = engine.storage.sessions.get(sessionKey)?.settings.sendPolicy;
        return answerDeniedBy(config().session.sendPolicy, { sessionKey, channel, own }) === null;
      },
    }),
    mediaMaxBytes: () => config().agents.defaults.mediaMaxMb * 1_048_576,
    clock,
    logger,
  });
  const beats = createHeartbeatParts({
    engine,
    config,
    paths,
    channels: () => channels.ids(),
    clock,
    logger,
  });
  const cron = createCronService({
    heartbeat: beats.service,
    systemEvents: beats.systemEvents,
    store: createCronStore(db),
    runs: engine.runs,
    clock,
    logger: logger.child("cron"),
    settings: () => ({
      enabled: config().cron.enabled && !run.safe,
      storePath: paths.ledgerPath,
      defaultAgentId: defaultAgentId(config()),
    }),
    deliveryTarget: ({ delivery }) =>
      delivery?.channel && delivery.to
        ? { channel: delivery.channel, account: "default", to: delivery.to }
        : null,
  });
  const made: {
    services?: GatewayServices;
    health?: HealthMonitor;
    stopRelays?: () => void;
    announceHealth?: () => void;
  } = {};
  const server: GatewayServer = createGatewayServer({
    version,
    startedAt,
    paths,
    settings,
    systemEvents: beats.systemEvents,
    parts(handle: ServerHandle) {
      const services = gatewayServices(
        {
          version,
          installation: run.options.installation ?? null,
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
          heartbeat: beats.service,
          systemEvents: beats.systemEvents,
          restart: (reason, delayMs) => reloader.restartSoon(reason, delayMs),
          reload: () => reloader.state(),
          safeMode: () => run.safe,
          lastEnd: () => lastEnd,
        },
        handle,
      );
      const { devices, nodes, nodePairing: pairing } = handle;
      const loop = watchLoopDelay(clock);
      const health = createHealth(services, {
        loop,
        sources: tracing ? [tracing.health] : [],
        nodes: () =>
          listNodes({ devices, nodes, pairing, settings }).map(({ nodeId, displayName, connected }) => ({
            nodeId,
            connected,
            ...(displayName === undefined ? {} : { displayName }),
          })),
      });
      const metrics = createGatewayMetrics(services, { health, loop, traces: tracing });
      const stopRelays = startEventRelays(services);
      Object.assign(made, {
        services,
        health,
        stopRelays() {
          loop.stop();
          metrics.stop();
          stopRelays();
        },
        announceHealth: () => handle.announceHealth(),
      });
      return {
        methods: [
          ...createServiceMethods(services, health),
          ...createBrowserMethods({
            local: askBrowser(engine.browser),
            nodes: { devices, nodes, pairing, settings, approvals: engine.approvals },
          }),
        ],
        routes: [
          ...createHttpApiRoutes(services),
          createChannelWebhookRoute(channels),
          createMetricsRoute(services, metrics),
          ...(run.safe ? [] : createHookRoutes(services)),
        ],
        health,
        approvals: services.approvals,
        onCall: (method) => metrics.onCall(method),
      };
    },
    sessionDefaults: () => {
      const agentId = defaultAgentId(config());
      const { mainKey, scope } = config().session;
      return { defaultAgentId: agentId, mainKey, mainSessionKey: `agent:${agentId}:${mainKey}`, scope };
    },
    doors: run.doors,
    ui: controlPage(config(), paths),
    whois: (ip) => tailscale.whois(ip),
    clock,
    logger,
  });
  const report = () =>
    reportRestart({
      paths,
      version,
      sessions: engine.storage.sessions,
      reverted: run.trials.reverted(),
      defaults: { agentId: defaultAgentId(config()), mainKey: config().session.mainKey },
      clock,
      logger,
    });
  const reloader = createReloader({
    store,
    live,
    trials: run.trials,
    clock,
    logger: logger.child("reload"),
    preflight: (next) =>
      preflight({
        config: next,
        paths,
        listening: server.address(),
        allowUnconfigured: run.options.flags.allowUnconfigured === true,
      }),
    applyParts() {
      settings(); // files it names must be readable before any part takes it
      return channels.reconcile(engine.runs);
    },
    accounts: () => channels.health(),
    restart: (reason) => run.endings.ask({ kind: "restart", reason }),
    onAccepted() {
      server.recheckCredentials();
      beats.service.reconsider();
      made.announceHealth?.();
    },
    onTakenBack: report,
    onProven(hash) {
      if (!run.safe) run.starts.prove(hash);
    },
    hold: (task) => channels.hold(task),
    braked: run.safe?.by === "brake" ? { pinned: run.pinned } : null,
  });
  const heartbeat = beats.service;
  return {
    engine,
    channels,
    questions,
    cron,
    heartbeat,
    server,
    reloader,
    reportRestart: report,
    openBrowserDoor: () =>
      openBrowserControl({ browser: engine.browser, config: config(), settings, clock, logger }),
    ...made,
  } as Parts;
}
