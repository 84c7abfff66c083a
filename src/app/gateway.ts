import { systemClock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { configInvalid, type ConfigStore } from "../config/index.ts";
import { createDoors } from "../gateway/index.ts";
import { statusSummary } from "../gateway/methods/health.ts";
import { createServiceNotifier } from "../service/notify.ts";
import { drainWithin, readStopBudget } from "../service/stop-budget.ts";
import {
  acquireGatewayLock,
  mergeEnv,
  prepareStateDir,
  readRestoreHold,
  readDotenv,
  type GatewayLock,
} from "../state/index.ts";
import { bindSettings } from "./bind-settings.ts";
import type { GatewayRunOptions } from "./contract.ts";
import { watchEndings, type End } from "./endings.ts";
import { prepareFirstStart } from "./first-start.ts";
import { freePort } from "./force-port.ts";
import { announce } from "./control-page.ts";
import { createLiveConfig, lookAt } from "./live-config.ts";
import { openGatewayLog } from "./logging.ts";
import { openGatewayConfig } from "./open-store.ts";
import { reportInvalid } from "./reload.ts";
import { decideSafeMode, provenConfig } from "./safe-mode.ts";
import { guardStart } from "./start-guard.ts";
import { openStarts } from "./starts.ts";
import { keepStatusPage } from "./status-page.ts";
import { publishGateway } from "./tailscale-publish.ts";
import { createTailscale } from "./tailscale.ts";
import { createTrials } from "./trials.ts";
import { startUpdateCheck } from "./update-check.ts";
import { openParts } from "./parts.ts";
import type { Process, Run } from "./run.ts";
import { installedVersion } from "./version.ts";

const clock = systemClock;
const hurriedDrainMs = 200;
/**
 * How long requests wait for running turns ahead of a restart. Most turns end sooner, and then not even a message is
 * refused; with a longer one the gateway goes on answering probes meanwhile.
 */
const holdMs = 2000;
/** What a client is told to expect until the gateway answers again (protocol.md 3.2). */
const restartExpectedMs = 1500;

/** Runs the gateway until a signal ends it; an in-process restart begins anew with the same pid and lock (HID-014). */
export async function runGateway(options: GatewayRunOptions): Promise<number> {
  let lock: GatewayLock | null = null;
  const endings = watchEndings(clock, { tethered: options.flags.setup === true });
  const trials = createTrials(clock);
  const starts = openStarts(options.paths, clock);
  const notifier = createServiceNotifier({ env: options.env, clock, pid: process.pid });
  const doors = createDoors(clock);
  const asked = options.flags.safe === true;
  let before: Run["before"] = starts.ended();
  let interruption = stoppedBefore(before);
  let newcomer = false;
  try {
    for (;;) {
      const store = openGatewayConfig(options, clock);
      if (options.flags.setup) newcomer = prepareFirstStart(options.paths, store) || newcomer;
      prepareStateDir(options.paths);
      const { config } = store.read();
      const { port } = config.gateway;
      if (options.flags.force && !lock) {
        await freePort({
          paths: options.paths,
          port,
          yes: options.flags.yes === true,
          clock,
          say: (text) => process.stderr.write(`${text}\n`),
        });
      }
      // A restart in the process was asked for by somebody: it leaves the safe mode the brake chose.
      const first = lock === null;
      if (lock) lock.update({ port });
      else lock = acquireGatewayLock(options.paths, { port, version: installedVersion(), clock });
      const hold = readRestoreHold(options.paths.stateDir);
      const safe = asked || hold || first ? decideSafeMode({ asked, hold, starts, config, clock }) : null;
      const known = {
        options,
        lock,
        endings,
        doors,
        notifier,
        trials,
        starts,
        safe,
        before,
        interruption,
        newcomer,
      };
      const end = await runLogged(known, store, first);
      if (end.kind === "restart") {
        before = { kind: "restarted", at: clock.now() };
        interruption = `The gateway was asked to restart (${end.reason}); it did, and is running again.`;
        continue;
      }
      starts.clean();
      return 0;
    }
  } finally {
    await doors.close(hurriedDrainMs);
    notifier.close();
    lock?.release();
    endings.dispose();
  }
}

const stoppedBefore = ({ at }: Run["before"]): string | null =>
  at === null
    ? null
    : `The gateway was told to stop, did so at ${new Date(at).toISOString()}, and is running again.`;

/** One life of the gateway with its log. Each refused start leaves one line there, where `status` finds it (HID-013). */
async function runLogged(process_: Process, store: ConfigStore, first: boolean): Promise<End> {
  const { options, trials, starts, safe } = process_;
  const { paths, flags } = options;
  const proven = safe?.by === "brake" ? provenConfig(store, starts, silentLogger) : null;
  const live = createLiveConfig(store, proven?.config ?? null);
  const secrets = () => {
    const { gateway, diagnostics } = live.config();
    const { auth, metrics } = gateway;
    const values = [auth.token, auth.password, metrics.token, ...Object.values(diagnostics.otel.headers)];
    return values.flatMap((value) => (value ? [new Secret(value)] : []));
  };
  const log = openGatewayLog({
    config: live.config,
    paths,
    clock,
    verbose: flags.verbose === true,
    secrets,
  });
  const { logger } = log;
  process_.notifier.logTo(logger);
  process_.endings.logTo(logger);
  try {
    const run: Run = {
      ...process_,
      env: mergeEnv(options.env, readDotenv(paths.dotenvPath)),
      store,
      live,
      logger,
      logPlace: log.place,
      version: installedVersion(),
      startedAt: clock.now(),
      pinned: proven?.hash ?? null,
    };
    checkConfiguration(run);
    if (first) starts.begin();
    starts.report(logger);
    return await runOnce(run);
  } catch (error) {
    logger.error(
      messageOf(error),
      error instanceof UserError && error.hint ? { code: error.code, hint: error.hint } : {},
    );
    const trial = trials.current();
    const reason = messageOf(error);
    if (trial && trials.fail({ store, logger, hash: trial.hash, to: trial.previous, reason }))
      return { kind: "restart", reason: `took back a configuration: ${reason}` };
    throw error;
  } finally {
    log.close();
  }
}

async function runOnce(run: Run): Promise<End> {
  const { live, logger, endings } = run;
  const { store } = run;
  const { gateway, tools } = live.config();
  const tailscale = createTailscale({ env: run.env, clock, folders: tools.exec.pathPrepend });
  const { paths } = run.options;
  const settings = await bindSettings({ live, store, logger, paths, tailscale });
  run.trials.runs(run.pinned ?? live.current().hash);
  const parts = await openParts(run, settings, tailscale);
  const { engine, channels, cron, server, reloader } = parts;
  const { host, port } = await channels.hold(async () => {
    const address = await server.listen().catch(async (error: unknown) => {
      parts.stopRelays();
      await engine.stop(0);
      throw error;
    });
    run.lock.update(address);
    await channels.start(engine.runs);
    await parts.questions.start();
    engine.runs.start();
    if (!run.safe) {
      cron.start();
      parts.heartbeat.start();
    }
    await reloader.start();
    return address;
  });
  const browserDoor = await parts.openBrowserDoor();
  const { tls } = server.address();
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  logger.info(`Gateway started on ${tls ? "wss" : "ws"}://${address}`, {
    pid: process.pid,
    version: run.version,
    startMs: clock.now() - run.startedAt,
  });
  if (run.safe)
    logger.warn("safe mode", {
      ...run.safe,
      ...(run.pinned === null
        ? {}
        : { configuration: `revision ${run.pinned.slice(0, 12)}, the last that worked` }),
      hint: {
        flag: "start without --safe",
        brake: "mend the configuration, or: openclaw gateway restart",
        restore: "when the old machine is off: stop the gateway, then openclaw backup release",
      }[run.safe.by],
    });
  await parts.reportRestart();
  const publication = publishGateway({
    tailscale,
    mode: gateway.tailscale.mode,
    port,
    tls,
    resetOnExit: gateway.tailscale.resetOnExit,
    logger,
  });
  if (run.options.flags.setup || process.stdout.isTTY)
    announce(live, { base: `${tls ? "https" : "http"}://${address}/`, newcomer: run.newcomer });
  const page = keepStatusPage({
    path: run.options.paths.statusPath,
    clock,
    make: () => ({
      at: clock.now(),
      pid: process.pid,
      status: statusSummary(parts.services, parts.health.conditions()),
      health: parts.health.current(),
    }),
  });

  const updateCheck = startUpdateCheck({
    installation: run.safe ? null : (run.options.installation ?? null),
    version: run.version,
    config: live.config,
    paths,
    env: run.env,
    clock,
    logger: logger.child("update"),
  });

  await run.notifier.ready(`listening on ${address}`);
  // Asked now, in the background: on the way down every millisecond of it counts.
  const stopBudget = readStopBudget({ env: run.options.env, clock });

  const end = await endings.next();
  const restarting = end.kind === "restart";
  if (!restarting) void run.notifier.stopping();
  logger.info(restarting ? "restarting in this process" : "stopping", {
    reason: end.reason,
  });
  await reloader.stop();
  if (restarting) beginTrial(run, reloader.healthy());
  updateCheck.stop();
  cron.stop();
  parts.heartbeat.stop();
  await page.stop();
  if (restarting) await server.hold(holdMs);
  const configuredMs = live.config().gateway.drainSeconds * 1000;
  const drainMs = restarting ? configuredMs : drainWithin(configuredMs, await stopBudget);
  if (!restarting) tellWhatIsWaitedFor(engine.runs.working(), logger, drainMs);
  await Promise.race([
    engine.runs.drain(drainMs),
    endings.hurried.then(() => engine.runs.drain(hurriedDrainMs)),
  ]);
  await publication.stop();
  await browserDoor?.close();
  await server.close(
    restarting
      ? { reason: "gateway restarting", restartExpectedMs, hold: true }
      : { reason: "gateway stopping", restartExpectedMs: null },
  );
  parts.stopRelays();
  parts.questions.stop();
  await channels.stop();
  await engine.stop(hurriedDrainMs);
  logger.info("Gateway stopped");
  return end;
}

/** What the next life takes up has to show that it works, when it is another revision. */
function beginTrial({ store, trials, live, logger }: Run, healthy: string[]): void {
  const next = lookAt(store, live.current());
  if (typeof next === "string") return logger.error("the configuration cannot be read", { error: next });
  const { probationMs: windowMs } = next.config.gateway.reload;
  if (next.valid) trials.begin(next.hash, { healthy, windowMs });
}

/** Says what is wrong with the configuration, and refuses when it does not want a gateway here. */
function checkConfiguration({ live, store, logger, env, options }: Run): void {
  const first = live.current();
  // Nothing was ever accepted to fall back on, and defaults in its place would be rules nobody wrote (CFG-006).
  if (!first.valid && store.history(1).length === 0) throw configInvalid(first.path, first.issues);
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

/** Ctrl-C that seems to do nothing gets the machine switched off. */
function tellWhatIsWaitedFor(answers: number, logger: Logger, drainMs: number): void {
  if (answers === 0) return;
  logger.info("waiting for answers that are being written; a second Ctrl-C leaves them for the next start", {
    answers,
    atMostSeconds: drainMs / 1000,
  });
}
