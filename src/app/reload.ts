import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ConfigSnapshot, ConfigStore, OpenClawConfig } from "../config/index.ts";
import { applyPlan, reloadPlan, watchConfigFile, type ReloadPlan } from "../config/reload/index.ts";
import type { ReloadState } from "../gateway/contract.ts";
import type { AccountHealth } from "../routing/index.ts";
import { lookAt, type LiveConfig } from "./live-config.ts";
import type { Trials } from "./trials.ts";

/** How often a revision on trial is looked at. */
const checkMs = 500;

export interface ReloaderDeps {
  store: ConfigStore;
  live: LiveConfig;
  trials: Trials;
  clock: Clock;
  logger: Logger;
  /** Why a gateway would not come up with this configuration; null when nothing speaks against it. */
  preflight(config: OpenClawConfig): Promise<string | null>;
  /** Takes the configuration in force to the parts; throws when they refuse it. Returns the parts that restarted. */
  applyParts(): Promise<string[]>;
  accounts(): AccountHealth[];
  /** Ends this life of the gateway, and begins the next one. */
  restart(reason: string): void;
  onAccepted(): void;
  /** A revision was taken back without a restart. */
  onTakenBack(): Promise<void>;
  /** A revision has shown that it works. */
  onProven(hash: string): void;
  /** Runs `task` while webhooks that no account takes are asked to come again. */
  hold<T>(task: () => Promise<T>): Promise<T>;
  /** Safe mode on its own account: any change of the file, or a restart, ends it. `pinned` is what it runs on. */
  braked: { pinned: string | null } | null;
}

/** Follows the configuration file of a running gateway (RLD-001…013). */
export interface Reloader {
  /** Resolves when a revision on trial was looked at for the first time. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Asks for a restart after `delayMs`, whatever the mode: somebody wants it. */
  restartSoon(reason: string, delayMs: number): void;
  state(): ReloadState;
  /** Accounts that were connected before the changes of now. */
  healthy(): string[];
}

export function createReloader(deps: ReloaderDeps): Reloader {
  const { store, live, trials, clock, logger } = deps;
  let seen = live.current();
  let inForce = deps.braked?.pinned ?? seen.hash;
  /** What the file alone says about the configuration in force; null while that is another revision. */
  let fileInForce = store.judge(seen.raw).file;
  let pending: string[] = [];
  let lost: string | null = null;
  let ended = false;
  let cancelRestart: (() => void) | null = null;
  let cancelCheck: (() => void) | null = null;
  let watcher: { stop(): void } | null = null;
  let work: Promise<void> = Promise.resolve();

  const inTurn = (task: () => Promise<void>) => {
    work = work
      .then(() => (ended ? undefined : task()))
      .catch((error: unknown) => logger.error("reload failed", { error: messageOf(error) }));
  };
  const healthy = () =>
    deps.accounts().flatMap((each) => (each.running && each.connected ? [each.part] : []));

  async function look(): Promise<void> {
    const next = lookAt(store, seen);
    if (typeof next === "string") {
      if (next !== lost)
        logger.error("the configuration cannot be read; the one in force stays", {
          error: next,
          hint: "openclaw config validate",
        });
      lost = next;
      return;
    }
    lost = null;
    if (next.hash === seen.hash) return;
    seen = next;
    if (!next.valid) {
      logger.info("configuration changed", { hash: next.hash.slice(0, 12), valid: false });
      reportInvalid(logger, next);
      return accept({ ...next, config: live.config() });
    }
    await takeUp(next);
  }

  async function takeUp(next: ConfigSnapshot): Promise<void> {
    const { file } = store.judge(next.raw);
    if (!file) return;
    const plan = planFor(file, next.config);
    logPlan(logger, next, plan);
    pending = plan.restart ? [] : plan.pending;
    if (deps.braked) return restartFor(next, "the configuration changed: leaving safe mode");
    // Somebody asked for a restart already; it takes this revision up.
    if (cancelRestart !== null) return accept({ ...next, config: live.config() });
    if (plan.restart) return restartFor(next, `configuration changed: ${pathsOf(plan)}`);
    if (plan.mode === "off") return accept({ ...next, config: live.config() });
    if (plan.steps.every(({ applies }) => !applies)) {
      inForce = plan.pending.length > 0 ? inForce : next.hash;
      if (plan.pending.length === 0) trials.runs(next.hash);
      return accept({ ...next, config: live.config() });
    }
    await deps.hold(() => applyHot(next, file, plan));
  }

  function planFor(file: OpenClawConfig, effective: OpenClawConfig): ReloadPlan {
    return reloadPlan({
      before: fileInForce ?? live.config(),
      after: file,
      overrides: store.overrides(),
      effective: { before: live.config(), after: effective },
    });
  }

  async function applyHot(next: ConfigSnapshot, file: OpenClawConfig, plan: ReloadPlan): Promise<void> {
    const before = { live: live.current(), fileInForce, inForce };
    trials.begin(next.hash, { healthy: healthy(), windowMs: next.config.gateway.reload.probationMs });
    accept({ ...next, config: applyPlan(live.config(), next.config, plan) });
    fileInForce = applyPlan(fileInForce ?? file, file, plan);
    inForce = next.hash;
    try {
      const restarted = await deps.applyParts();
      logger.info("configuration applied", {
        hash: next.hash.slice(0, 12),
        ...(restarted.length > 0 ? { restarted } : {}),
      });
    } catch (error) {
      // Refused as a whole: the parts still have the configuration of before.
      live.accept(before.live);
      ({ fileInForce, inForce } = before);
      return takeBack(next.hash, before.inForce, messageOf(error));
    }
    await check();
  }

  async function restartFor(next: ConfigSnapshot, reason: string): Promise<void> {
    const refusal = await deps.preflight(next.config);
    if (refusal !== null) return takeBack(next.hash, inForce, refusal);
    end(reason);
  }

  function end(reason: string): void {
    if (ended) return;
    ended = true;
    deps.restart(reason);
  }

  function accept(snapshot: ConfigSnapshot): void {
    live.accept(snapshot);
    deps.onAccepted();
  }

  /** The file is put back, and what of the failed revision runs already goes back to it. */
  async function takeBack(hash: string, to: string, reason: string): Promise<void> {
    if (!to || !trials.fail({ store, logger, hash, to, reason })) return look();
    const back = store.read();
    seen = back;
    const { file } = store.judge(back.raw);
    if (!file) return;
    const plan = planFor(file, back.config);
    pending = [];
    if (plan.steps.some(({ action }) => action === "process"))
      return end(`took back a configuration: ${reason}`);
    accept(back);
    fileInForce = file;
    inForce = back.hash;
    await deps.applyParts();
    await deps.onTakenBack();
  }

  async function check(): Promise<void> {
    const trial = trials.current();
    cancelCheck?.();
    cancelCheck = null;
    if (!trial) return;
    const over = clock.now() >= trial.until;
    const fault = faultOf(trial.healthy, deps.accounts(), over);
    if (fault !== null) return takeBack(trial.hash, trial.previous, fault);
    if (over) {
      trials.pass();
      deps.onProven(trial.hash);
      logger.info("the changed configuration works", { hash: trial.hash.slice(0, 12) });
      return;
    }
    cancelCheck = clock.after(checkMs, () => inTurn(check));
  }

  return {
    start() {
      trials.runs(inForce);
      watcher = watchConfigFile({
        path: store.path,
        debounceMs: () => live.config().gateway.reload.debounceMs,
        clock,
        onChange: () => inTurn(look),
      });
      if (!trials.current()) {
        const hash = inForce;
        cancelCheck = clock.after(live.config().gateway.reload.probationMs, () => deps.onProven(hash));
      }
      inTurn(async () => {
        if (trials.current()) await check();
        await look();
      });
      return work;
    },
    async stop() {
      ended = true;
      watcher?.stop();
      cancelRestart?.();
      cancelCheck?.();
      await work;
    },
    restartSoon(reason, delayMs) {
      if (cancelRestart !== null) return;
      cancelRestart = clock.after(delayMs, () =>
        inTurn(async () => {
          cancelRestart = null;
          const next = lookAt(store, seen);
          if (typeof next === "string" || !next.valid || next.hash === inForce) return end(reason);
          seen = next;
          await restartFor(next, reason);
        }),
      );
    },
    state() {
      const trial = trials.current();
      return {
        mode: live.config().gateway.reload.mode,
        inForce,
        pending,
        probation: trial ? { hash: trial.hash, until: trial.until } : null,
        reverted: trials.reverted(),
      };
    },
    healthy,
  };
}

/**
 * What is wrong with the accounts under a new configuration; null when nothing is. One that worked before must run at
 * once and be connected by the end of the trial; a new one must at least have a usable configuration.
 */
export function faultOf(
  healthyBefore: ReadonlySet<string>,
  accounts: readonly AccountHealth[],
  over: boolean,
): string | null {
  for (const { part, enabled, running, connected, error, failure } of accounts) {
    if (!enabled) continue;
    const why = error === null ? "" : `: ${error}`;
    if (!healthyBefore.has(part)) {
      if (failure === "CHANNEL_CONFIG") return `${part} does not start${why}`;
    } else if (!running) return `${part} worked before and does not run${why}`;
    else if (over && !connected) return `${part} worked before and is not connected${why}`;
  }
  return null;
}

/** Says once per text what is wrong with it. */
export function reportInvalid(
  logger: Logger,
  { path, issues }: Pick<ConfigSnapshot, "path" | "issues">,
): void {
  logger.error("Config validation failed; running on the last accepted configuration", {
    path,
    issues: issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)),
    hint: "openclaw config validate",
  });
}

function logPlan(logger: Logger, { hash }: ConfigSnapshot, plan: ReloadPlan): void {
  logger.info("configuration changed", {
    hash: hash.slice(0, 12),
    valid: true,
    mode: plan.mode,
    restart: plan.restart,
    parts: plan.parts,
    plan: plan.steps.map(({ path, action }) => `${path}: ${action}`),
  });
  for (const { path, by } of plan.steps)
    if (by !== undefined)
      logger.warn("a changed key has no effect: something outranks the file", {
        path,
        by,
        hint: `change or remove ${by}`,
      });
  if (plan.pending.length > 0)
    logger.warn(`these keys count after a restart (gateway.reload.mode=${plan.mode})`, {
      keys: plan.pending,
      hint: "openclaw gateway restart",
    });
}

function pathsOf({ steps }: ReloadPlan): string {
  const paths = steps.filter(({ action }) => action !== "shadowed").map(({ path }) => path);
  return paths.length > 5 ? `${paths.slice(0, 5).join(", ")} and ${paths.length - 5} more` : paths.join(", ");
}
