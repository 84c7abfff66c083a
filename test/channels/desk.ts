import { join } from "node:path";
import { silentLogger } from "../../src/core/logger.ts";
import { noUsage } from "../../src/core/conversation.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { RunOutcome } from "../../src/core/outcome.ts";
import type { AgentRunner } from "../../src/agent/contract.ts";
import type { ChannelManifest } from "../../src/channels/contract.ts";
import type { DeliveryRow, DeliveryTarget, Ledger } from "../../src/ledger/contract.ts";
import type { AccountSettings } from "../../src/routing/accounts.ts";
import { createChannelHost } from "../../src/routing/channel-host.ts";
import { createRunService } from "../../src/routing/run-service.ts";
import { openStorage } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";
import { owner, policy } from "../support/ledger-values.ts";
import type { SimClock } from "./sim-clock.ts";

/**
 * The gateway's own channel host, run service, outbox and ledger on real SQLite, around an agent that answers every
 * message with "re: …" and a door that is open to people. It can be killed at any moment, and opened again on its files.
 */
export interface Desk {
  ledger: Ledger;
  /** Starts the account; the host goes on trying by itself. */
  start(): Promise<void>;
  handleWebhook: ReturnType<typeof createChannelHost>["handleWebhook"];
  /** Says something unasked, e.g. from a scheduled job. */
  post(message: { key: string; to: string; text: string }): Promise<void>;
  deliveries(): DeliveryRow[];
  /** Nothing waits to be sent now. */
  settled(): boolean;
  /** As kill -9: what is not committed is lost, and nothing more is. */
  kill(): Promise<void>;
  /** As the gateway stops. */
  close(): Promise<void>;
}

const pendingLook = ["pending", "sending"] as const;

export async function openDesk(options: {
  home: string;
  time: SimClock;
  manifest: ChannelManifest;
  account: string;
  config: JsonObject;
}): Promise<Desk> {
  const { home, time, manifest, account } = options;
  const channel = manifest.id;
  const paths = resolvePaths({ env: {}, home });
  const storage = await openStorage({
    paths,
    clock: time,
    logger: silentLogger,
    policy: () => policy({ maxQueuedPerSession: 10_000, maxDeliveryAttempts: 500 }),
  });
  const { ledger, sessions } = storage;
  await ledger.recover();

  const runner: AgentRunner = {
    async run(lease, hooks) {
      const text = lease.messages.map((message) => `re: ${message.text}`).join("\n\n");
      const { runId, sessionId, sessionKey } = lease;
      const now = time.now();
      const times = { startedAt: now, endedAt: now };
      const payloads = [{ text, mediaUrl: null }];
      const about = { runId, sessionId, sessionKey, payloads, usage: noUsage, ...times };
      const outcome: RunOutcome = { ...about, status: "ok", reason: "answered" };
      await ledger.complete(lease, { outcome, entries: [], deliveries: hooks.deliveries(outcome) });
      return outcome;
    },
  };
  const style = {
    prefix: "",
    limit: manifest.capabilities.maxTextLength,
    replyTo: "off",
    preview: false,
  } as const;
  const settings = {
    channel,
    account,
    enabled: true,
    agentId: "main",
    config: options.config,
    policy: { dmPolicy: "open" },
  } as unknown as AccountSettings;

  const host = createChannelHost({
    // Two accounts at a time are the leases' own tests; here the same login comes back after a kill.
    available: [{ ...manifest, exclusive: () => null }],
    accounts: () => [settings],
    paths,
    ledger,
    media: {
      put: (bytes) => sessions.putMedia(bytes),
      get: (digest) => sessions.getMedia(digest),
      fetch: () => Promise.reject(new Error("nothing is fetched here")),
    },
    claimLogin: () => ({ heldBy: null }),
    gate: {
      check(of, event) {
        if (event.sender.bot || event.sender.self)
          return Promise.resolve({ admitted: false, verdict: { accepted: false, reason: "a program" } });
        const { chat, sender, messageId } = event;
        const thread = chat.threadId === undefined ? {} : { threadId: chat.threadId };
        const deliverTo: DeliveryTarget = { channel, account, to: chat.id, ...thread };
        const sessionKey = `agent:main:${channel}:${chat.kind === "direct" ? "dm" : "group"}:${chat.id.toLowerCase()}`;
        return Promise.resolve({
          admitted: true,
          event,
          principal: {
            ...owner,
            kind: "sender",
            id: `${channel}:${account}:${sender.id}`,
            scopes: new Set<never>(),
          },
          door: `channel:${channel}`,
          routes: [{ agentId: of.agentId, sessionKey, key: `${channel}:${account}:${messageId}` }],
          deliverTo,
          sender: sender.id,
        });
      },
    },
    live: () => ({
      ack: { emoji: "", scope: "off", removeAfterReply: false },
      typingIntervalMs: 0,
      styleOf: () => style,
    }),
    mediaMaxBytes: () => 1_000_000,
    clock: time,
    logger: silentLogger,
  });
  const runs = createRunService({
    ledger,
    sessions,
    runner,
    clock: time,
    logger: silentLogger,
    settings: () => ({
      defaultAgentId: "main",
      mainKey: "main",
      queueMode: "followup",
      leaseMs: 600_000,
      agentIds: () => ["main"],
      replyStyle: () => style,
    }),
    preempts: () => false,
    onDeliveries: () => host.wakeOutbox(),
  });

  return {
    ledger,
    async start() {
      runs.start();
      await host.start(runs);
    },
    handleWebhook: (...request) => host.handleWebhook(...request),
    async post({ key, to, text }) {
      await ledger.enqueueDelivery({ key, runId: null, target: { channel, account, to }, text });
      host.wakeOutbox();
    },
    deliveries: () => ledger.deliveries({ limit: 10_000 }),
    settled: () => pendingLook.every((state) => ledger.deliveries({ state, limit: 1 }).length === 0),
    async kill() {
      // From here on nothing can be committed; what still runs finds that out.
      await storage.close();
      await time.during("the host to die", host.stop(), 3_600_000);
      await time.during("the runs to die", runs.drain(0), 3_600_000);
    },
    async close() {
      await time.during("the runs to end", runs.drain(5000), 3_600_000);
      await time.during("the host to stop", host.stop(), 3_600_000);
      await storage.close();
    },
  };
}

/** Where the host keeps what a login leaves. */
export const loginDir = (home: string, channel: string, account: string): string =>
  join(resolvePaths({ env: {}, home }).credentialsDir, channel, account);
