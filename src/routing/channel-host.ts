import type { Clock } from "../core/clock.ts";
import { codeOf, OpenClawError, UserError, messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import { join } from "node:path";
import type { ChannelManifest, InboundEvent, InboundVerdict, RunningChannel } from "../channels/contract.ts";
import type { DeliveryResult, DeliveryRow, Ledger } from "../ledger/contract.ts";
import { emptyStatus, partOf, sameStart, type AccountHealth, type AccountSettings } from "./accounts.ts";
import type { Gate } from "./admit-gate.ts";
import type { ChannelAccountStatus, ChannelHost, RunService } from "./contract.ts";
import { openChannelStore } from "./channel-store.ts";
import { createOutbox } from "./outbox.ts";

export interface ChannelHostDeps {
  /** Known channels; each is loaded when an account of it is started. */
  available: readonly ChannelManifest[];
  accounts: () => AccountSettings[];
  /** Decides about every event before anything else looks at it. */
  gate: Gate;
  /** Where accounts keep their state and their logins. */
  paths: { channelsDir: string; credentialsDir: string };
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
}

interface Account {
  settings: AccountSettings;
  running: RunningChannel | null;
  manifest: ChannelManifest | null;
  /** Aborted when the account must fall silent. */
  silence: AbortController;
  starts: number;
  status: ChannelAccountStatus;
  /** Code of the error that kept it from starting. */
  failure: string | null;
  /** While it starts or stops. */
  changing: Promise<void> | null;
}

const unavailable = { status: 503, body: JSON.stringify({ ok: false, error: "not running; try again" }) };
const sendWaitMs = 30_000;
const stopGraceMs = 3000;

/** Owns the running channel accounts and the outbox that sends through them. */
export function createChannelHost(deps: ChannelHostDeps): ChannelHost & {
  /** Starts every enabled account; one that fails is reported in its status and does not stop the others. */
  start(runs: RunService): Promise<void>;
  stop(): Promise<void>;
  wakeOutbox(): void;
  /**
   * Takes the accounts as they are configured now: an account that came, went or changed starts, stops or restarts,
   * one whose rules of admission changed takes them over, and no other is touched. Returns the parts that restarted.
   */
  reconcile(runs: RunService): Promise<string[]>;
  /** Restarts one account with its settings of now, e.g. after a login. */
  restartAccount(channel: string, account: string, runs: RunService): Promise<void>;
  health(): AccountHealth[];
  /** While `task` runs, a webhook that no account takes is answered with "try again" instead of a refusal. */
  hold<T>(task: () => Promise<T>): Promise<T>;
} {
  const { ledger, clock, logger } = deps;
  const accounts = new Map<string, Account>();
  const settled = new Map<string, Set<(result: DeliveryResult) => void>>();
  let held = 0;
  const idOf = (channel: string, account: string) => `${channel}\0${account}`;

  const outbox = createOutbox({
    ledger,
    clock,
    logger,
    find: (channel, account) => {
      const found = accounts.get(idOf(channel, account));
      return found?.running && found.manifest
        ? { running: found.running, capabilities: found.manifest.capabilities }
        : null;
    },
    onSettled: (row: DeliveryRow, result: DeliveryResult) => {
      const account = accounts.get(idOf(row.target.channel, row.target.account));
      if (account && result.kind === "sent") account.status.lastOutboundAt = clock.now();
      if (account && result.kind !== "sent") account.status.lastError = result.error;
      if (result.kind === "retry") return;
      for (const resolve of settled.get(row.key) ?? []) resolve(result);
      settled.delete(row.key);
    },
  });

  async function startAccount(settings: AccountSettings, runs: RunService): Promise<void> {
    const account: Account = {
      settings,
      running: null,
      manifest: deps.available.find((each) => each.id === settings.channel) ?? null,
      silence: new AbortController(),
      starts: (accounts.get(idOf(settings.channel, settings.account))?.starts ?? 0) + 1,
      status: emptyStatus(settings),
      failure: null,
      changing: null,
    };
    accounts.set(idOf(settings.channel, settings.account), account);
    account.changing = begin(account, runs).finally(() => (account.changing = null));
    await account.changing;
  }

  async function begin(account: Account, runs: RunService): Promise<void> {
    const { settings } = account;
    if (!settings.enabled) {
      account.status.lastError = "disabled";
      return;
    }
    account.status.lastStartAt = clock.now();
    try {
      if (!account.manifest)
        throw new UserError("CHANNEL_UNKNOWN", `there is no channel "${settings.channel}"`);
      const channel = await account.manifest.load();
      account.running = await channel.start({
        account: settings.account,
        config: settings.config,
        dir: join(deps.paths.credentialsDir, settings.channel, settings.account),
        store: openChannelStore(deps.paths.channelsDir, settings.channel, settings.account),
        clock,
        signal: account.silence.signal,
        fence: account.starts,
        proved: (direction) => {
          account.status.connected = true;
          if (direction === "send") account.status.lastOutboundAt = clock.now();
          else account.status.lastInboundAt = clock.now();
        },
        trouble: (trouble) => {
          account.status.connected = false;
          account.status.lastError = trouble.message;
        },
        logger: logger.child(`channels/${settings.channel}`, { account: settings.account }),
        receive: (event) => receive(account, event, runs),
      });
      account.status.running = true;
      account.status.connected = true;
    } catch (error) {
      account.status.lastError = messageOf(error);
      account.failure = codeOf(error) ?? "UNKNOWN";
      logger.error("a channel account did not start", {
        channel: settings.channel,
        account: settings.account,
        error: messageOf(error),
      });
    }
  }

  async function stopAccount(account: Account): Promise<void> {
    await account.changing;
    const { running } = account;
    if (!running) return;
    account.running = null;
    account.status = { ...account.status, running: false, connected: false, lastStopAt: clock.now() };
    account.silence.abort(new Error("stopped"));
    await running
      .stop()
      .catch((error: unknown) => logger.warn("a channel did not stop cleanly", { error: messageOf(error) }));
  }

  /** What arrives meanwhile waits in {@link ChannelHost.handleWebhook} for the account's new life. */
  async function replaceAccount(settings: AccountSettings, runs: RunService): Promise<void> {
    const old = accounts.get(idOf(settings.channel, settings.account));
    if (!old) return startAccount(settings, runs);
    const done = Promise.withResolvers<void>();
    await old.changing;
    const { running } = old;
    old.changing = done.promise;
    try {
      old.running = null;
      await running
        ?.stop()
        .catch((error: unknown) =>
          logger.warn("a channel did not stop cleanly", { error: messageOf(error) }),
        );
      await startAccount(settings, runs);
    } finally {
      old.changing = null;
      done.resolve();
    }
  }

  /** From the platform's message to an accepted one: gate, then commit, then (by returning) acknowledge. */
  async function receive(account: Account, event: InboundEvent, runs: RunService): Promise<InboundVerdict> {
    account.status.lastInboundAt = clock.now();
    // Settings are taken anew: rules of admission change while the account runs.
    const result = await deps.gate.check(account.settings, event);
    if (!result.admitted) return result.verdict;
    if (event.kind !== "message") return { accepted: false, reason: "not a message" };
    const { door, principal, deliverTo, sender } = result;
    const submitted = await Promise.all(
      result.routes.map(({ key, sessionKey }) =>
        runs.submit({ door, key, sessionKey, principal, deliverTo, sender, text: event.text }),
      ),
    );
    if (submitted.every(({ outcome }) => outcome?.reason === "refused_limit"))
      return { accepted: false, reason: "too many messages are waiting in this conversation" };
    return { accepted: true, duplicate: submitted.every(({ status }) => status !== "started") };
  }

  function pick(channel: string | undefined, account: string | undefined): Account {
    const candidates = [...accounts.values()].filter(
      (each) =>
        each.running &&
        (channel === undefined || each.settings.channel === channel) &&
        (account === undefined || each.settings.account === account),
    );
    const chosen = candidates.find((each) => each.settings.account === "default") ?? candidates[0];
    if (chosen) return chosen;
    const wanted =
      channel === undefined
        ? "no channel is running"
        : `channel ${channel}${account === undefined ? "" : `/${account}`} is not running`;
    throw new UserError("CHANNEL_NOT_RUNNING", wanted, { hint: "openclaw channels status --probe" });
  }

  return {
    async start(runs) {
      await Promise.all(deps.accounts().map((settings) => startAccount(settings, runs)));
      outbox.wake();
    },
    wakeOutbox: () => outbox.wake(),
    async stop() {
      await outbox.stop(stopGraceMs);
      for (const account of accounts.values()) await stopAccount(account);
    },
    async reconcile(runs) {
      const wanted = new Map(deps.accounts().map((each) => [idOf(each.channel, each.account), each]));
      const gone = [...accounts].filter(([id]) => !wanted.has(id));
      const changed = [...wanted.values()].filter((settings) => {
        const account = accounts.get(idOf(settings.channel, settings.account));
        if (!account || !sameStart(account.settings, settings)) return true;
        account.settings = settings;
        return false;
      });
      await Promise.all([
        ...gone.map(async ([id, account]) => {
          await stopAccount(account);
          if (accounts.get(id) === account) accounts.delete(id);
        }),
        ...changed.map((settings) => replaceAccount(settings, runs)),
      ]);
      if (changed.length > 0) outbox.wake();
      return [...gone.map(([, account]) => account.settings), ...changed].map(partOf).sort();
    },
    async restartAccount(channel, accountId, runs) {
      const settings = deps.accounts().find((each) => each.channel === channel && each.account === accountId);
      if (!settings)
        throw new UserError("CHANNEL_UNKNOWN", `there is no account ${channel}/${accountId}`, {
          hint: "openclaw channels status",
        });
      await replaceAccount(settings, runs);
      outbox.wake();
    },
    async hold(task) {
      held += 1;
      try {
        return await task();
      } finally {
        held -= 1;
      }
    },
    health: () =>
      [...accounts.values()].map(({ settings, status, failure }) => ({
        part: partOf(settings),
        enabled: settings.enabled,
        running: status.running,
        connected: status.connected,
        error: status.lastError,
        failure,
      })),
    ids: () => [...new Set([...accounts.values()].map((account) => account.settings.channel))],
    label: (channel) => deps.available.find((each) => each.id === channel)?.label ?? channel,
    accounts: (channel) =>
      [...accounts.values()]
        .filter((account) => account.settings.channel === channel)
        .map((account) => account.status),
    async probe(channel, accountId, timeoutMs) {
      const account = accounts.get(idOf(channel, accountId));
      if (!account)
        throw new UserError("CHANNEL_UNKNOWN", `there is no account ${channel}/${accountId}`, {
          hint: "openclaw channels status",
        });
      if (!account.running) return account.status;
      const probe = await account.running.probe(AbortSignal.timeout(timeoutMs));
      account.status.lastProbeAt = clock.now();
      account.status.connected = probe.ok;
      account.status.probe = {
        ok: probe.ok,
        elapsedMs: probe.elapsedMs,
        ...(probe.error === undefined ? {} : { error: probe.error }),
      };
      return account.status;
    },
    async send(message, signal) {
      const account = pick(message.channel, message.account);
      const { channel, account: accountId } = account.settings;
      const waiting = new Promise<DeliveryResult>((resolve) => {
        const set = settled.get(message.key) ?? new Set();
        set.add(resolve);
        settled.set(message.key, set);
      });
      const { row } = await ledger.enqueueDelivery({
        key: message.key,
        runId: null,
        target: {
          channel,
          account: accountId,
          to: message.to,
          ...(message.threadId === undefined ? {} : { threadId: message.threadId }),
        },
        text: message.text,
        ...(message.mediaUrls === undefined ? {} : { mediaUrls: message.mediaUrls }),
      });
      if (row.state === "sent")
        return { channel, messageId: messageIdOf(row.receipt, row.key), receipt: row.receipt ?? {} };
      outbox.wake();
      const result = await Promise.race([waiting, timeout(clock, sendWaitMs, signal)]);
      settled.delete(message.key);
      if (result === null) {
        throw new OpenClawError(
          "SEND_PENDING",
          `the message is in the outbox and not yet sent (last error: ${account.status.lastError ?? "none"})`,
          {
            retryable: true,
            hint: `openclaw why ${message.key}`,
          },
        );
      }
      if (result.kind !== "sent")
        throw new OpenClawError("SEND_FAILED", result.error, { hint: `openclaw why ${message.key}` });
      return { channel, messageId: messageIdOf(result.receipt, row.key), receipt: result.receipt };
    },
    async handleWebhook(channel, accountId, request) {
      const id = idOf(channel, accountId);
      for (let changing = accounts.get(id)?.changing; changing; changing = accounts.get(id)?.changing)
        await changing;
      const running = accounts.get(id)?.running;
      // Also for accounts nobody knows: strangers must not learn which exist.
      if (!running && held > 0) return unavailable;
      return (await running?.handleWebhook?.(request)) ?? null;
    },
  };
}

function messageIdOf(receipt: unknown, fallback: string): string {
  return isObject(receipt) && typeof receipt["messageId"] === "string" ? receipt["messageId"] : fallback;
}

function timeout(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<null> {
  return new Promise((resolve) => {
    clock.after(ms, () => resolve(null));
    signal?.addEventListener("abort", () => resolve(null), { once: true });
  });
}
