import { hostname } from "node:os";
import { UserError } from "../core/errors.ts";
import { createLimiter } from "../guard/index.ts";
import { closeCodes, eventNames, policy, type StateVersion } from "../protocol/index.ts";
import { stillValid } from "./auth/credential.ts";
import { createLoginCodes } from "./auth/login-codes.ts";
import { createDeviceVerifier } from "./auth/device-proof.ts";
import { createIdentityVerifier } from "./auth/tailscale-identity.ts";
import { refuseOpenBind, resolveBind } from "./bind.ts";
import { createBroadcaster } from "./broadcaster.ts";
import { openDeviceStore } from "./devices/store.ts";
import { createDoors } from "./doors.ts";
import { createCanvasRoutes } from "./http-api/canvas.ts";
import { probeRoutes } from "./http/probes.ts";
import { createRouter } from "./http/router.ts";
import { createStaticHandler } from "./http/static.ts";
import { createDeviceMethods } from "./methods/device.ts";
import { createLoginCodeMethods } from "./methods/login-code.ts";
import { createNodePairMethods } from "./methods/node-pair.ts";
import { createNodeMethods } from "./methods/node.ts";
import { createNodeApprovalMethods } from "./methods/node-approvals.ts";
import { createPresenceMethods } from "./methods/presence.ts";
import { createVoiceMethods } from "./methods/voice.ts";
import { createNodeMirror } from "./nodes/mirror.ts";
import { openNodePairStore } from "./nodes/pair-store.ts";
import { createNodeRegistry } from "./nodes/registry.ts";
import { openVoiceWake } from "./nodes/voice-wake.ts";
import { createPresence } from "./presence.ts";
import type {
  GatewayServer,
  GatewayServerOptions,
  ServerAddress,
  ServerHandle,
  StopOptions,
} from "./server-types.ts";
import { limitsOf } from "./settings.ts";
import { createBinder } from "./ws/binder.ts";
import { createConnectParser } from "./ws/connect-params.ts";
import { createDispatcher } from "./ws/dispatch.ts";
import { runSocket } from "./ws/handshake.ts";
import { createUpgrader } from "./ws/upgrade.ts";

/** `health` and `presence` events in quick succession become one after so many milliseconds. */
const coalesceMs = 50;
const healthEveryTicks = 2;
const defaultStopBudgetMs = 2000;
/** Before a restart: requests that are being answered get so long before they are told that the gateway stops. */
const answerGraceMs = 300;

/**
 * The server on the one port: WebSocket control plane, HTTP routes and the Control UI. It opens nothing before
 * `listen` but the pairing files.
 * @throws UserError STATE_FILE_INVALID when a pairing file cannot be understood.
 */
export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  const { clock, settings, paths } = options;
  const logger = options.logger.child("gateway");
  const broadcaster = createBroadcaster();
  const devices = openDeviceStore({ devicesDir: paths.devicesDir, clock });
  const loginCodes = createLoginCodes(clock);
  const nodePairing = openNodePairStore({ nodesDir: paths.nodesDir, clock });
  const nodes = createNodeRegistry(clock);
  const voiceWake = openVoiceWake({ stateDir: paths.stateDir, clock });
  const presence = createPresence({ clock, version: options.version });
  const { systemEvents } = options;
  const limits = limitsOf(settings());
  const limiter = createLimiter({
    clock,
    maxCharges: limits.authAttempts,
    windowMs: limits.authWindowMs,
    lockMs: limits.authLockMs,
    maxKeys: 10_000,
  });
  const stopping = new AbortController();
  const doors = options.doors ?? createDoors(clock);
  let listening: ServerAddress | null = null;
  let healthVersion = 1;

  const stateVersion = (): StateVersion => ({ presence: presence.version(), health: healthVersion });
  const coalesced = (task: () => void): (() => void) => {
    let scheduled = false;
    return () => {
      if (scheduled || stopping.signal.aborted) return;
      scheduled = true;
      clock.after(coalesceMs, () => {
        scheduled = false;
        if (!stopping.signal.aborted) task();
      });
    };
  };
  const announceHealth = coalesced(() => {
    healthVersion += 1;
    if (health === undefined || broadcaster.size() === 0) return;
    broadcaster.broadcast("health", health.json(), { droppable: false, stateVersion: stateVersion() });
  });
  const sendPresence = coalesced(() =>
    broadcaster.broadcast(
      "presence",
      { presence: presence.list() },
      { droppable: true, stateVersion: stateVersion() },
    ),
  );
  const presenceChanged = () => {
    presence.changed();
    sendPresence();
  };
  const recheckCredentials = () => {
    let closed = 0;
    loginCodes.clear();
    const now = settings();
    for (const connection of broadcaster.connections()) {
      if (stillValid(connection.credential, { settings: now, devices })) continue;
      connection.close(closeCodes.policyViolation, "credentials changed");
      closed += 1;
    }
    return closed;
  };

  const handle: ServerHandle = {
    broadcaster,
    presence,
    devices,
    nodes,
    nodePairing,
    stateVersion,
    announceHealth,
    address() {
      if (listening !== null) return listening;
      const { port, bind, tls } = settings();
      return { host: "127.0.0.1", port, bind, tls: tls !== null };
    },
  };
  const parts = options.parts(handle);
  const { health } = parts;
  const nodeDeps = {
    devices,
    nodes,
    pairing: nodePairing,
    settings,
    systemEvents,
    approvals: parts.approvals ?? null,
  };
  const dispatcher = createDispatcher({
    methods: [
      ...parts.methods,
      ...createPresenceMethods({ presence, systemEvents, presenceChanged }),
      ...createDeviceMethods({ devices, broadcaster, recheckSoon: coalesced(recheckCredentials) }),
      ...createLoginCodeMethods({ codes: loginCodes }),
      ...createNodeMethods(nodeDeps),
      ...createNodeApprovalMethods(nodeDeps),
      ...createNodePairMethods({ pairing: nodePairing, devices, broadcaster }),
      ...createVoiceMethods({ voiceWake, nodes, devices, broadcaster }),
    ],
    clock,
    logger,
    requestsInFlight: () => limits.requestsInFlight,
    ...(parts.onCall === undefined ? {} : { onCall: parts.onCall }),
  });
  broadcaster.onBroadcast(createNodeMirror({ nodes, defaults: () => options.sessionDefaults?.() }));
  const verifyIdentity = createIdentityVerifier({ whois: options.whois ?? nobody, clock });
  const router = createRouter({
    routes: [
      ...probeRoutes(() => ({
        ready: listening !== null && !stopping.signal.aborted,
        started: listening !== null,
        blocking: health?.blocking?.() ?? [],
      })),
      ...createCanvasRoutes({
        root: () => settings().canvasRoot ?? null,
        denied: [paths.stateDir, paths.configPath],
      }),
      ...parts.routes,
    ],
    settings,
    limiter,
    verifyIdentity,
    clock,
    logger,
    ...(options.ui === undefined ? {} : { fallback: createStaticHandler(options.ui, settings) }),
  });
  const hello = {
    version: options.version,
    host: hostname(),
    features: JSON.stringify({ methods: dispatcher.methods, events: eventNames }),
    startedAt: options.startedAt,
    configPath: paths.configPath,
    stateDir: paths.stateDir,
    presence: () => presence.list(),
    health: () => health?.json() ?? null,
    stateVersion,
    sessionDefaults: () => options.sessionDefaults?.(),
    canvasHostUrl: (name: string) => {
      const { canvasRoot, tls } = settings();
      return canvasRoot ? `${tls ? "https" : "http"}://${name}:${handle.address().port}` : undefined;
    },
  };
  const binder = createBinder({
    clock,
    logger,
    limits,
    hello,
    broadcaster,
    presence,
    nodes,
    triggers: () => voiceWake.get(),
    announceHealth,
    presenceChanged,
  });
  const verifyDevice = createDeviceVerifier(clock);
  const parseConnect = createConnectParser();
  const upgrader = createUpgrader({
    settings,
    stopping: () => stopping.signal.aborted,
    accept(socket, raw, facts) {
      runSocket(socket, raw, facts, {
        clock,
        logger,
        parseConnect,
        verifyIdentity,
        admission: () => ({ settings: settings(), devices, limiter, loginCodes, verifyDevice }),
        handshakeTimeoutMs: limits.handshakeTimeoutMs,
        dispatcher,
        ...binder,
        pairingRequested: (request) =>
          broadcaster.broadcast("device.pair.requested", request, { droppable: true }),
        settled: () => upgrader.settled(socket, facts.address.limitKey),
      });
    },
  });

  let cancelTick = () => {};
  const tick = (count: number) => {
    cancelTick = clock.after(policy.tickIntervalMs, () => {
      broadcaster.broadcast("tick", { ts: clock.now() }, { droppable: true });
      if (count % healthEveryTicks === 0) announceHealth();
      tick(count + 1);
    });
  };

  return {
    ...handle,
    recheckCredentials,
    async listen() {
      if (listening !== null || stopping.signal.aborted) {
        throw new UserError("INVALID_REQUEST", "this server was started before");
      }
      const now = settings();
      const bind = resolveBind(now.bind, now);
      refuseOpenBind(bind, now);
      const started = await doors.open({
        bind,
        port: now.port,
        tls: now.tls,
        logger,
        onRequest: (request, response) => void router(request, response, stopping.signal),
        onUpgrade: (request, stream, head) => upgrader.handle(request, stream, head),
      });
      listening = { host: bind.host, port: started.port, bind: now.bind, tls: now.tls !== null };
      tick(1);
      return { host: bind.host, port: started.port };
    },
    async hold(ms) {
      doors.hold();
      clock.after(ms, () => {
        if (!stopping.signal.aborted) doors.resume();
      });
      await doors.settled({ ms: answerGraceMs, all: false });
    },
    async close(stop: StopOptions) {
      if (stopping.signal.aborted) return;
      const { reason, restartExpectedMs, budgetMs = defaultStopBudgetMs } = stop;
      if (stop.hold) {
        doors.hold();
        await doors.settled({ ms: answerGraceMs, all: false });
      }
      broadcaster.broadcast("shutdown", { reason, restartExpectedMs }, { droppable: false });
      stopping.abort(new UserError("GATEWAY_STOPPING", reason, { retryable: restartExpectedMs !== null }));
      cancelTick();
      for (const connection of broadcaster.connections()) {
        connection.close(closeCodes.serviceRestart, "service restart");
      }
      upgrader.close();
      const cancel = clock.after(budgetMs, cutAll);
      if (stop.hold) {
        await doors.settled({ ms: budgetMs, all: true });
        doors.cut();
      } else await doors.close(budgetMs);
      cancel();
      devices.flush();
    },
  };

  function cutAll(): void {
    for (const connection of broadcaster.connections()) connection.terminate();
    upgrader.cut();
  }
}

/** Without Tailscale no identity is ever confirmed. */
function nobody(): Promise<null> {
  return Promise.resolve(null);
}
