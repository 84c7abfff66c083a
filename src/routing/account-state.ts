import type { ChannelManifest, ChannelTrouble } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import type { AccountSettings } from "./accounts.ts";
import type { ChannelAccountStatus } from "./contract.ts";

/** What is known of one account's health, by direction: every word of it rests on something that happened. */
export interface AccountState {
  status(): ChannelAccountStatus;
  /** Code of what keeps it from running; null while it runs. */
  failure(): string | null;
  /** Milliseconds without any sign that receiving works. */
  silentFor(): number;
  adopt(settings: AccountSettings): void;
  starting(settings: AccountSettings): void;
  up(): void;
  down(): void;
  failed(trouble: ChannelTrouble): void;
  trouble(trouble: ChannelTrouble): void;
  proved(direction: "receive" | "send"): void;
  received(): void;
  sent(): void;
  sendFailed(error: string): void;
  probed(probe: NonNullable<ChannelAccountStatus["probe"]>): void;
}

/** Trouble that does not mean that the connection is gone. */
const stillConnected = new Set(["RATE_LIMITED"]);

export function createAccountState(
  first: AccountSettings,
  { clock, manifest }: { clock: Clock; manifest: ChannelManifest | null },
): AccountState {
  let status = emptyStatus(first);
  let failure: string | null = null;
  let heardAt = clock.now();
  let toldWhileStarting = false;
  const set = (change: Partial<ChannelAccountStatus>) => (status = { ...status, ...change });
  const settingsOf = (settings: AccountSettings): Partial<ChannelAccountStatus> => ({
    ...named(settings),
    enabled: settings.enabled,
  });

  return {
    status: () => status,
    failure: () => failure,
    silentFor: () => clock.now() - heardAt,
    adopt: (settings) => void set(settingsOf(settings)),
    starting(settings) {
      failure = null;
      set(settingsOf(settings));
      if (!settings.enabled) set({ lastError: "disabled" });
      else set({ lastStartAt: clock.now() });
      toldWhileStarting = false;
    },
    up() {
      failure = null;
      heardAt = clock.now();
      set({ running: true, lastConnectedAt: clock.now() });
      // Trouble told while it started stands until the first proof; that of an earlier try is over.
      set(toldWhileStarting ? { connected: false } : { connected: true, lastError: null, trouble: null });
    },
    down: () => void set({ running: false, connected: false, lastStopAt: clock.now() }),
    failed(trouble) {
      failure = trouble.code;
      set({
        running: false,
        connected: false,
        lastError: trouble.message,
        trouble: { ...trouble, since: clock.now() },
        reconnectAttempts: (status.reconnectAttempts ?? 0) + 1,
      });
    },
    trouble(trouble) {
      toldWhileStarting = true;
      set({ lastError: trouble.message, trouble: { ...trouble, since: clock.now() } });
      if (!stillConnected.has(trouble.code)) set({ connected: false });
    },
    proved(direction) {
      const now = clock.now();
      if (direction === "receive") heardAt = now;
      set(direction === "receive" ? { lastProvedReceiveAt: now } : { lastProvedSendAt: now });
      // A send that works says nothing about whether anything is heard.
      const mends = direction === "receive" || manifest?.capabilities.silenceMs === Number.POSITIVE_INFINITY;
      if (!mends && status.trouble && !stillConnected.has(status.trouble.code)) return;
      failure = null;
      if (status.trouble || !status.connected) set({ lastConnectedAt: now, lastError: null });
      set({ connected: true, trouble: null, reconnectAttempts: 0 });
    },
    received: () => void set({ lastInboundAt: clock.now() }),
    sent: () => void set({ lastOutboundAt: clock.now(), lastProvedSendAt: clock.now() }),
    sendFailed: (error) => void set({ lastError: error }),
    probed(probe) {
      set({ lastProbeAt: clock.now(), connected: probe.ok, probe });
    },
  };
}

function named({ config }: AccountSettings): { name?: string } {
  return typeof config["name"] === "string" ? { name: config["name"] } : {};
}

function emptyStatus(settings: AccountSettings): ChannelAccountStatus {
  return {
    accountId: settings.account,
    ...named(settings),
    enabled: settings.enabled,
    // Whatever is written in the configuration counts; what is wrong with it is said in `trouble`.
    configured: true,
    running: false,
    connected: false,
    reconnectAttempts: 0,
    lastConnectedAt: null,
    lastStartAt: null,
    lastStopAt: null,
    lastError: null,
    lastInboundAt: null,
    lastOutboundAt: null,
    lastProvedReceiveAt: null,
    lastProvedSendAt: null,
    lastProbeAt: null,
    trouble: null,
    dmPolicy: settings.policy.dmPolicy,
  };
}
