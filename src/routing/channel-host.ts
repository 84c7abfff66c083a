import { storePrincipal, type Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError, messageOf } from "../core/errors.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { Channel, InboundEnvelope, InboundVerdict, RunningChannel } from "../channels/contract.ts";
import type { DeliveryResult, DeliveryRow, Ledger } from "../ledger/contract.ts";
import { admit, type AccountPolicy } from "./admit.ts";
import type { ChannelAccountStatus, ChannelHost, RunService } from "./contract.ts";
import { createOutbox } from "./outbox.ts";

/** One configured account of a channel. */
export interface AccountSettings {
  channel: string;
  account: string;
  enabled: boolean;
  agentId: string;
  config: JsonObject;
  policy: AccountPolicy;
}

export interface ChannelHostDeps {
  /** Known channels; each is loaded when an account of it is started. */
  available: Array<{ id: string; label: string; load: () => Promise<Channel> }>;
  accounts: () => AccountSettings[];
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
}

interface Account {
  settings: AccountSettings;
  running: RunningChannel | null;
  status: ChannelAccountStatus;
}

const sendWaitMs = 30_000;
const stopGraceMs = 3000;

/** Owns the running channel accounts and the outbox that sends through them. */
export function createChannelHost(deps: ChannelHostDeps): ChannelHost & {
  /** Starts every enabled account; one that fails is reported in its status and does not stop the others. */
  start(runs: RunService): Promise<void>;
  stop(): Promise<void>;
  wakeOutbox(): void;
} {
  const { ledger, clock, logger } = deps;
  const accounts = new Map<string, Account>();
  const settled = new Map<string, Set<(result: DeliveryResult) => void>>();
  const idOf = (channel: string, account: string) => `${channel}\0${account}`;

  const outbox = createOutbox({
    ledger,
    clock,
    logger,
    find: (channel, account) => accounts.get(idOf(channel, account))?.running ?? null,
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
    const account: Account = { settings, running: null, status: emptyStatus(settings) };
    accounts.set(idOf(settings.channel, settings.account), account);
    if (!settings.enabled) {
      account.status.lastError = "disabled";
      return;
    }
    account.status.lastStartAt = clock.now();
    try {
      const known = deps.available.find((channel) => channel.id === settings.channel);
      if (!known) throw new UserError("CHANNEL_UNKNOWN", `there is no channel "${settings.channel}"`);
      const channel = await known.load();
      account.running = await channel.start({
        account: settings.account,
        config: settings.config,
        logger: logger.child(`channels/${settings.channel}`, { account: settings.account }),
        deliver: (envelope) => receive(account, envelope, runs),
      });
      account.status.running = true;
      account.status.connected = true;
    } catch (error) {
      account.status.lastError = messageOf(error);
      logger.error("a channel account did not start", {
        channel: settings.channel,
        account: settings.account,
        error: messageOf(error),
      });
    }
  }

  /** From the platform's message to an accepted one: gate, then commit, then (by returning) acknowledge. */
  async function receive(
    account: Account,
    envelope: InboundEnvelope,
    runs: RunService,
  ): Promise<InboundVerdict> {
    const { settings } = account;
    account.status.lastInboundAt = clock.now();
    const admission = admit(envelope, settings.policy);
    const where =
      settings.account === "default" ? settings.channel : `${settings.channel}:${settings.account}`;
    const principal: Principal = {
      kind: "sender",
      id: `${settings.channel}:${settings.account}:${envelope.sender.id}`,
      role: "operator",
      scopes: new Set(),
      owner: false,
    };
    const submission = {
      door: `channel:${settings.channel}`,
      key: `${settings.channel}:${settings.account}:${envelope.messageId}`,
      sessionKey: `agent:${settings.agentId}:${where}:${envelope.chat.kind === "direct" ? "dm" : "group"}:${envelope.chat.kind === "direct" ? envelope.sender.id : envelope.chat.id}`,
      deliverTo: { channel: settings.channel, account: settings.account, to: envelope.chat.id },
    };
    if (!admission.admitted) {
      await ledger.refuse(
        {
          dedupeKey: `${submission.door}:${submission.key}`,
          runId: submission.key,
          door: submission.door,
          sessionKey: submission.sessionKey,
          sessionKeyAsSent: submission.sessionKey,
          agentId: settings.agentId,
          principal: storePrincipal(principal),
          origin: { door: submission.door, trust: "untrusted", sender: envelope.sender.id },
          text: envelope.text,
          media: [],
          mode: "followup",
          deliverTo: null,
          options: {},
        },
        admission.rule.endsWith("requireMention") ? "refused_policy" : "refused_sender",
        `${admission.rule}: ${admission.detail}`,
      );
      return { accepted: false, reason: admission.detail };
    }
    const submitted = await runs.submit({
      ...submission,
      principal,
      text: envelope.text,
      sender: envelope.sender.name ?? envelope.sender.id,
    });
    if (submitted.outcome?.reason === "refused_limit")
      return { accepted: false, reason: "too many messages are waiting in this conversation" };
    return { accepted: true, duplicate: submitted.status !== "started" };
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
      for (const account of accounts.values()) {
        await account.running
          ?.stop()
          .catch((error: unknown) =>
            logger.warn("a channel did not stop cleanly", { error: messageOf(error) }),
          );
        account.running = null;
        account.status = { ...account.status, running: false, connected: false, lastStopAt: clock.now() };
      }
    },
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
      const running = accounts.get(idOf(channel, accountId))?.running;
      return (await running?.handleWebhook?.(request)) ?? null;
    },
  };
}

function emptyStatus(settings: AccountSettings): ChannelAccountStatus {
  return {
    accountId: settings.account,
    enabled: settings.enabled,
    configured: true,
    running: false,
    connected: false,
    lastStartAt: null,
    lastStopAt: null,
    lastError: null,
    lastInboundAt: null,
    lastOutboundAt: null,
    lastProbeAt: null,
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
