import type { ChannelManifest, InboundActionEvent } from "../channels/contract.ts";
import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Ledger } from "../ledger/contract.ts";
import type { LoginClaim } from "../state/index.ts";
import { createAccount, type ChannelAccount } from "./account.ts";
import { partOf, sameStart, type AccountHealth, type AccountSettings } from "./accounts.ts";
import type { ChannelHost, RunService } from "./contract.ts";
import { createInbound, type InboundGate } from "./inbound.ts";
import { createLiveReplies, type LiveReplySettings } from "./live-replies.ts";
import { createMediaDesk, type MediaSource } from "./outbox-media.ts";
import { createOutbox } from "./outbox.ts";
import type { ReactionNotes } from "./reaction-notes.ts";
import { createSends } from "./sends.ts";

export interface ChannelHostDeps {
  /** Known channels; each is loaded when an account of it is started. */
  available: readonly ChannelManifest[];
  accounts: () => AccountSettings[];
  /** Where accounts keep their state and their logins. */
  paths: { channelsDir: string; credentialsDir: string };
  ledger: Ledger;
  media: MediaSource;
  claimLogin(login: { identity: string; channel: string; account: string }): LoginClaim;
  /** Who may speak. */
  gate: InboundGate;
  /** See {@link createInbound}. */
  onAction?: (event: InboundActionEvent, principal: Principal) => Promise<string | null>;
  /** See {@link createInbound}. */
  reactions?: Pick<ReactionNotes, "note">;
  live: () => LiveReplySettings;
  /** Largest file taken in where the account does not say. */
  mediaMaxBytes: () => number;
  clock: Clock;
  logger: Logger;
}

/** What the composition root does with the host besides what everybody may. */
export interface OwnedChannelHost extends ChannelHost {
  /** Starts every enabled account; one that fails goes on trying by itself and does not stop the others. */
  start(runs: RunService): Promise<void>;
  stop(): Promise<void>;
  wakeOutbox(): void;
  /**
   * Takes the accounts as they are configured now: an account that came, went or changed starts, stops or restarts,
   * one whose rules of admission changed takes them over, and no other is touched. Returns the parts that restarted.
   */
  reconcile(runs: RunService): Promise<string[]>;
  health(): AccountHealth[];
  /** While `task` runs, a webhook that no account takes is answered with "try again" instead of a refusal. */
  hold<T>(task: () => Promise<T>): Promise<T>;
}

const unavailable = { status: 503, body: JSON.stringify({ ok: false, error: "not running; try again" }) };
const stopGraceMs = 3000;

/** Owns the running channel accounts and the outbox that sends through them. */
export function createChannelHost(deps: ChannelHostDeps): OwnedChannelHost {
  const { ledger, clock, logger } = deps;
  const accounts = new Map<string, ChannelAccount>();
  let runsNow: RunService | null = null;
  let stopLive = () => {};
  let held = 0;
  const idOf = (channel: string, account: string) => `${channel}\0${account}`;
  const findAccount = (place: { channel: string; account: string }) => {
    const found = accounts.get(idOf(place.channel, place.account));
    const running = found?.running();
    return found?.manifest && running ? { running, capabilities: found.manifest.capabilities } : null;
  };

  const live = createLiveReplies({ ledger, clock, logger, find: findAccount, settings: deps.live });
  const outbox = createOutbox({
    ledger,
    clock,
    logger,
    media: createMediaDesk(deps.media, logger),
    find: findAccount,
    pauseAfter(target) {
      const { pause } = deps.live().styleOf(target);
      return pause ? pause.minMs + Math.random() * (pause.maxMs - pause.minMs) : 0;
    },
    quiet: (previewKey) => live.quiet(previewKey),
    onSettled(row, result) {
      const state = accounts.get(idOf(row.target.channel, row.target.account))?.state;
      if (result.kind === "sent") state?.sent();
      else state?.sendFailed(result.error);
      sends.settled(row, result);
    },
  });
  const sends = createSends({ ledger, clock, wake: () => outbox.wake() });
  const receive = createInbound({
    ledger,
    logger,
    clock,
    gate: deps.gate,
    media: deps.media,
    mediaMaxBytes: deps.mediaMaxBytes,
    ...(deps.reactions ? { reactions: deps.reactions } : {}),
    onAction: deps.onAction ?? (() => Promise.resolve(null)),
    onAccepted: (account, event) => live.accepted(account, event),
  });

  function open(settings: AccountSettings): ChannelAccount {
    const account = createAccount(settings, {
      manifest: deps.available.find((each) => each.id === settings.channel) ?? null,
      paths: deps.paths,
      claimLogin: (login) => deps.claimLogin(login),
      clock,
      logger,
      receive(of, event) {
        if (!runsNow) return Promise.reject(new UserError("SHUTTING_DOWN", "the gateway is not ready"));
        return receive(of, event, runsNow);
      },
      onReady: () => outbox.wake(),
    });
    accounts.set(idOf(settings.channel, settings.account), account);
    return account;
  }

  function known(channel: string, accountId: string): ChannelAccount {
    const account = accounts.get(idOf(channel, accountId));
    if (account) return account;
    throw new UserError("CHANNEL_UNKNOWN", `there is no account ${channel}/${accountId}`, {
      hint: "openclaw channels status",
    });
  }

  /** The account that is meant; of several the default one. It may be down for now: what is sent then waits. */
  function pick({ channel, account }: { channel?: string; account?: string }): ChannelAccount {
    const candidates = [...accounts.values()].filter((each) => {
      const settings = each.settings();
      return (
        settings.enabled &&
        each.manifest !== null &&
        (channel === undefined || settings.channel === channel) &&
        (account === undefined || settings.account === account)
      );
    });
    const running = candidates.filter((each) => each.running());
    const isDefault = (each: ChannelAccount) =>
      each.settings().account === (each.settings().config["defaultAccount"] ?? "default");
    const chosen =
      running.find(isDefault) ??
      running[0] ??
      (channel === undefined ? undefined : (candidates.find(isDefault) ?? candidates[0]));
    if (chosen) return chosen;
    const wanted =
      channel === undefined
        ? "no channel is running"
        : `channel ${channel}${account === undefined ? "" : `/${account}`} is not running`;
    throw new UserError("CHANNEL_NOT_RUNNING", wanted, { hint: "openclaw channels status --probe" });
  }

  return {
    async start(runs) {
      runsNow = runs;
      stopLive = live.follow(runs, () => outbox.wake());
      await Promise.all(deps.accounts().map((settings) => open(settings).start()));
      outbox.wake();
    },
    wakeOutbox: () => outbox.wake(),
    async stop() {
      stopLive();
      await outbox.stop(stopGraceMs);
      await Promise.all([...accounts.values()].map((account) => account.stop()));
    },
    async reconcile(runs) {
      runsNow = runs;
      const wanted = new Map(deps.accounts().map((each) => [idOf(each.channel, each.account), each]));
      const gone = [...accounts].filter(([id]) => !wanted.has(id));
      const changed = [...wanted.values()].filter((settings) => {
        const account = accounts.get(idOf(settings.channel, settings.account));
        if (!account || !sameStart(account.settings(), settings)) return true;
        account.adopt(settings);
        return false;
      });
      await Promise.all([
        ...gone.map(async ([id, account]) => {
          await account.stop();
          if (accounts.get(id) === account) accounts.delete(id);
        }),
        ...changed.map((settings) => {
          const account = accounts.get(idOf(settings.channel, settings.account));
          return account ? account.restart(settings) : open(settings).start();
        }),
      ]);
      if (changed.length > 0) outbox.wake();
      return [...gone.map(([, account]) => account.settings()), ...changed].map(partOf).sort();
    },
    async restartAccount(channel, accountId) {
      const settings = deps.accounts().find((each) => each.channel === channel && each.account === accountId);
      if (!settings) return void known(channel, accountId);
      await (accounts.get(idOf(channel, accountId))?.restart(settings) ?? open(settings).start());
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
    health: () => [...accounts.values()].map((account) => account.health()),
    available: () => deps.available,
    find: (channel, accountId) => {
      const account = known(channel, accountId);
      const { manifest, dir } = account;
      return { manifest, dir, settings: account.settings(), running: account.running() };
    },
    pick(wanted) {
      const account = pick(wanted);
      const { manifest, dir } = account;
      return { manifest, dir, settings: account.settings(), running: account.running() };
    },
    stopAccount: (channel, accountId) => known(channel, accountId).stop(),
    ids: () => [...new Set([...accounts.values()].map((account) => account.settings().channel))],
    label: (channel) => deps.available.find((each) => each.id === channel)?.label ?? channel,
    accounts: (channel) =>
      [...accounts.values()]
        .filter((account) => account.settings().channel === channel)
        .map((account) => account.status()),
    async probe(channel, accountId, timeoutMs) {
      const account = known(channel, accountId);
      const running = account.running();
      if (!running) return account.status();
      const { ok, elapsedMs, error, identity } = await running.probe(AbortSignal.timeout(timeoutMs));
      account.state.probed({
        ok,
        elapsedMs,
        ...(error === undefined ? {} : { error }),
        ...(identity === undefined ? {} : { identity }),
      });
      return account.status();
    },
    send(message, signal) {
      const { channel, account } = pick(message).settings();
      return sends.send({ ...message, channel, account }, signal);
    },
    decide: async (key, decision) => {
      const row = await ledger.decideDelivery(key, decision, clock.now());
      if (row?.state === "pending") outbox.wake();
      return row;
    },
    async handleWebhook(channel, accountId, request) {
      const id = idOf(channel, accountId);
      for (let changing = accounts.get(id)?.changing(); changing; changing = accounts.get(id)?.changing())
        await changing;
      const running = accounts.get(id)?.running();
      // Also for accounts nobody knows: strangers must not learn which exist.
      if (!running && held > 0) return unavailable;
      return (await running?.handleWebhook?.(request)) ?? null;
    },
  };
}
