import { join } from "node:path";
import type {
  ChannelManifest,
  ChannelTrouble,
  InboundEvent,
  InboundVerdict,
  RunningChannel,
} from "../channels/contract.ts";
import { chatCommandMenu } from "../agent/index.ts";
import type { Clock } from "../core/clock.ts";
import { UserError, codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LoginClaim, LoginLease } from "../state/index.ts";
import { createAccountState, type AccountState } from "./account-state.ts";
import { partOf, type AccountHealth, type AccountSettings } from "./accounts.ts";
import type { ChannelAccountStatus } from "./contract.ts";
import { openChannelStore } from "./channel-store.ts";

export interface AccountDeps {
  /** Null when no such channel is known. */
  manifest: ChannelManifest | null;
  paths: { channelsDir: string; credentialsDir: string };
  /** The lease on a login that one process may use at a time. */
  claimLogin(login: { identity: string; channel: string; account: string }): LoginClaim;
  clock: Clock;
  logger: Logger;
  receive(account: ChannelAccount, event: InboundEvent): Promise<InboundVerdict>;
  /** It can send again. */
  onReady(): void;
}

/** One account of a channel: started, kept alive, started again whenever it died by itself. */
export interface ChannelAccount {
  settings(): AccountSettings;
  /** Takes over settings that need no new start. */
  adopt(settings: AccountSettings): void;
  manifest: ChannelManifest | null;
  /** Folder for what a login leaves. */
  dir: string;
  running(): RunningChannel | null;
  state: AccountState;
  status(): ChannelAccountStatus;
  health(): AccountHealth;
  /** While it starts or stops. */
  changing(): Promise<void> | null;
  /** Resolves when it runs, or when its first try failed; later tries go on by themselves. */
  start(): Promise<void>;
  /** Idempotent; no further try follows. */
  stop(): Promise<void>;
  /** Stops, and starts with other settings, as one change. */
  restart(settings: AccountSettings): Promise<void>;
}

interface Life {
  running: RunningChannel | null;
  silence: AbortController;
  lease: LoginLease | null;
  timers: Set<() => void>;
}

const firstRetryMs = 1000;
const lastRetryMs = 60_000;
/** Somebody else uses the login, or somebody must act: looked at again, but seldom. */
const slowRetryMs = 5 * 60_000;
const startTimeoutMs = 90_000;
const leaseLookMs = 10_000;
/** What no waiting mends: the configuration has to change, and a change starts the account anew. */
const configurationFaults = new Set(["CHANNEL_CONFIG", "CHANNEL_UNKNOWN"]);

export function createAccount(first: AccountSettings, deps: AccountDeps): ChannelAccount {
  const { manifest, clock, logger } = deps;
  const { channel, account: id } = first;
  const dir = join(deps.paths.credentialsDir, channel, id);
  let settings = first;
  const state = createAccountState(first, { clock, manifest });
  let life: Life | null = null;
  let wanted = false;
  let failures = 0;
  let starts = 0;
  let cancelRetry = () => {};
  let chain: Promise<void> | null = null;

  /** One change after another. */
  function serial(task: () => Promise<void>): Promise<void> {
    const mine: Promise<void> = (chain ?? Promise.resolve()).then(task).finally(() => {
      if (chain === mine) chain = null;
    });
    return (chain = mine);
  }

  async function begin(): Promise<void> {
    cancelRetry();
    if (!wanted || life) return;
    state.starting(settings);
    if (!settings.enabled) return;
    const now: Life = { running: null, silence: new AbortController(), lease: null, timers: new Set() };
    life = now;
    try {
      if (!manifest) throw new UserError("CHANNEL_UNKNOWN", `there is no channel "${channel}"`);
      now.lease = lease(manifest);
      now.running = await run(manifest, now);
      state.up();
      failures = 0;
      watch(now, manifest);
      deps.onReady();
    } catch (error) {
      life = null;
      drop(now, error);
      failed(error);
    }
  }

  function lease(of: ChannelManifest): LoginLease | null {
    const identity = of.exclusive(settings.config, dir);
    if (identity === null) return null;
    const claim = deps.claimLogin({ identity, channel, account: id });
    if ("lease" in claim) return claim.lease;
    const { heldBy } = claim;
    const who = heldBy
      ? `account ${heldBy.account} of ${heldBy.stateDir}, pid ${heldBy.pid}`
      : "another process";
    throw new UserError("CONFLICT", `${who} uses the same login of ${of.label}`, {
      hint: heldBy
        ? `stop that one (kill ${heldBy.pid}) or give this account a login of its own; it takes over by itself`
        : "stop the other one; this one takes over by itself",
      retryable: true,
    });
  }

  async function run(of: ChannelManifest, now: Life): Promise<RunningChannel> {
    const loaded = await of.load();
    const { signal } = now.silence;
    const isOurs = () => life === now && !signal.aborted;
    starts += 1;
    const starting = loaded.start({
      account: id,
      config: settings.config,
      dir,
      store: openChannelStore(deps.paths.channelsDir, channel, id),
      clock,
      signal,
      commands: chatCommandMenu(),
      fence: now.lease?.fence ?? starts,
      logger: logger.child(`channels/${channel}`, { account: id }),
      receive(event) {
        // What an old life still brings is not acknowledged; the new one is sent it again.
        if (!isOurs()) return Promise.reject(new UserError("CHANNEL_STOPPED", "the account was stopped"));
        state.received();
        return deps.receive(account, event);
      },
      proved(direction) {
        if (isOurs()) state.proved(direction);
      },
      trouble(trouble) {
        if (isOurs()) onTrouble(now, trouble);
      },
    });
    const given = Promise.withResolvers<never>();
    const cancel = clock.after(startTimeoutMs, () =>
      given.reject(
        new UserError("START_TIMEOUT", `it did not start within ${startTimeoutMs / 1000} s`, {
          retryable: true,
        }),
      ),
    );
    const onAbort = () => given.reject(new UserError("CHANNEL_STOPPED", "stopped while it was starting"));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([starting, given.promise]);
    } catch (error) {
      // It may come up late, and nobody would ever stop it.
      starting.then(stopQuietly, () => undefined).catch(() => undefined);
      throw error;
    } finally {
      cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async function stopQuietly(running: RunningChannel): Promise<void> {
    await running
      .stop()
      .catch((error: unknown) =>
        logger.warn("a channel did not stop cleanly", { channel, account: id, error: messageOf(error) }),
      );
  }

  function drop(old: Life, reason: unknown): void {
    for (const cancel of old.timers) cancel();
    old.silence.abort(reason instanceof Error ? reason : new Error("stopped"));
    old.lease?.release();
  }

  async function end(reason: Error): Promise<void> {
    cancelRetry();
    const old = life;
    if (!old) return;
    life = null;
    for (const cancel of old.timers) cancel();
    old.silence.abort(reason);
    if (old.running) await stopQuietly(old.running);
    // Only now: the next holder must not speak while this one still does.
    old.lease?.release();
    state.down();
  }

  function failed(error: unknown): void {
    const code = codeOf(error) ?? "UNKNOWN";
    if (code === "CHANNEL_STOPPED") return;
    const hint = error instanceof UserError ? error.hint : undefined;
    const fatal = configurationFaults.has(code);
    const retryAt = fatal || !wanted ? null : retryLater(delayAfter(error));
    state.failed({
      code,
      message: messageOf(error),
      ...(hint === undefined ? {} : { hint }),
      ...(fatal ? { fatal } : {}),
      ...(retryAt === null ? {} : { retryAt }),
    });
    logger[failures > 1 ? "warn" : "error"]("a channel account did not start", {
      channel,
      account: id,
      error: messageOf(error),
      code,
    });
  }

  function delayAfter(error: unknown): number {
    failures += 1;
    const doubled = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
    // An error somebody has to mend is looked at again too, but seldom.
    const isSlow = error instanceof UserError && !error.retryable;
    return Math.round((isSlow ? slowRetryMs : doubled) * (0.8 + Math.random() * 0.4));
  }

  function retryLater(ms: number): number {
    cancelRetry();
    cancelRetry = clock.after(ms, () => void serial(begin));
    return clock.now() + ms;
  }

  function onTrouble(now: Life, trouble: ChannelTrouble): void {
    state.trouble(trouble);
    logger.warn("a channel account has trouble", {
      channel,
      account: id,
      code: trouble.code,
      error: trouble.message,
    });
    if (!trouble.fatal) return;
    void serial(async () => {
      if (life !== now) return;
      await end(new Error(trouble.message));
      // Another poller may go away; a login that is gone comes back by a command, which starts the account.
      const retryAt = trouble.code === "CONFLICT" && wanted ? retryLater(slowRetryMs) : null;
      state.failed({ ...trouble, ...(retryAt === null ? {} : { retryAt, fatal: false }) });
    });
  }

  function watch(now: Life, of: ChannelManifest): void {
    const every = (ms: number, look: () => void) => {
      let cancel = () => {};
      const tick = () => {
        now.timers.delete(cancel);
        if (life !== now) return;
        look();
        arm();
      };
      const arm = () => now.timers.add((cancel = clock.after(ms, tick)));
      arm();
    };
    const restartBecause = (trouble: ChannelTrouble, ms: number) => {
      onTrouble(now, trouble);
      void serial(async () => {
        if (life !== now) return;
        await end(new Error(trouble.message));
        state.failed({ ...trouble, retryAt: retryLater(ms) });
      });
    };
    if (now.lease)
      every(leaseLookMs, () => {
        if (now.lease?.isHeld()) return;
        now.silence.abort(new Error("another process has taken the login"));
        restartBecause({ code: "CONFLICT", message: "another process has taken the login" }, firstRetryMs);
      });
    const { silenceMs } = of.capabilities;
    if (Number.isFinite(silenceMs))
      every(Math.max(1000, silenceMs / 4), () => {
        const quiet = state.silentFor();
        if (quiet <= silenceMs) return;
        const message = `nothing was heard from the platform for ${Math.round(quiet / 1000)} s`;
        restartBecause({ code: "DEAF", message }, firstRetryMs);
      });
  }

  const account: ChannelAccount = {
    settings: () => settings,
    adopt(next) {
      settings = next;
      state.adopt(next);
    },
    manifest,
    dir,
    state,
    running: () => life?.running ?? null,
    status: () => state.status(),
    health: () => ({
      part: partOf(settings),
      enabled: settings.enabled,
      running: state.status().running,
      connected: state.status().connected,
      error: state.status().lastError,
      failure: state.failure(),
    }),
    changing: () => chain,
    start() {
      wanted = true;
      return serial(begin);
    },
    async stop() {
      wanted = false;
      cancelRetry();
      // A start that hangs must not keep it from stopping.
      if (life && !life.running) life.silence.abort(new Error("stopped"));
      await serial(() => end(new Error("stopped")));
    },
    restart(next) {
      wanted = true;
      return serial(async () => {
        await end(new Error("restarted"));
        settings = next;
        failures = 0;
        await begin();
      });
    },
  };
  return account;
}
