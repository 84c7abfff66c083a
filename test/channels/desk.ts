import type { Clock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { noUsage } from "../../src/core/conversation.ts";
import type { RunOutcome } from "../../src/core/outcome.ts";
import { messageOf } from "../../src/core/errors.ts";
import type {
  ChannelCapabilities,
  InboundMessageEvent,
  InboundVerdict,
  RunningChannel,
} from "../../src/channels/contract.ts";
import { splitMarkdown } from "../../src/channels/text/index.ts";
import type { DeliveryResult, DeliveryRow, Ledger } from "../../src/ledger/contract.ts";
import { openStorage, type Storage } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";
import { owner, policy } from "../support/ledger-values.ts";

/**
 * A gateway of which nothing is left but what an adapter can be wrong with: the real ledger on real SQLite, an agent
 * that answers every message with "re: …", and an outbox that settles as the adapter declares. It can be killed between
 * any two steps, and opened again on the same files.
 */
export interface Desk {
  ledger: Ledger;
  /** Rejects when the message was not stored. */
  receive(event: InboundMessageEvent): Promise<InboundVerdict>;
  /** Through which account answers go now; null while it is not running. */
  attach(channel: RunningChannel | null): void;
  /** Says something unasked, e.g. from a scheduled job. */
  post(message: { key: string; to: string; threadId?: string; text: string }): Promise<void>;
  deliveries(): DeliveryRow[];
  /** Messages accepted so far, by text. */
  accepted: string[];
  /** Nothing waits to be sent now. */
  settled(): boolean;
  /** As kill -9: what is not committed is lost, and what is going on has no end. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const lastRetryMs = 60_000;

export async function openDesk(options: {
  home: string;
  clock: Clock;
  channel: string;
  capabilities: ChannelCapabilities;
  /** Milliseconds until a send is tried again; doubles from there. */
  firstRetryMs: number;
}): Promise<Desk> {
  const { clock, capabilities, firstRetryMs } = options;
  const storage: Storage = await openStorage({
    paths: resolvePaths({ env: {}, home: options.home }),
    clock,
    logger: silentLogger,
    policy: () => policy({ maxQueuedPerSession: 10_000, maxDeliveryAttempts: 500 }),
  });
  const { ledger } = storage;
  await ledger.recover();
  const accepted: string[] = [];
  const never = new Promise<never>(() => {});
  let dead = false;
  let channel: RunningChannel | null = null;
  let turn = Promise.resolve();
  const sending = new Set<number>();
  const cut = new AbortController();

  /** One thing after another; what fails is of no use to the rest. */
  function then(step: () => Promise<void>): Promise<void> {
    const done = turn.then(async () => (dead ? undefined : step()));
    turn = done.catch(() => undefined);
    return done;
  }

  async function answerAll(): Promise<void> {
    for (
      let lease = await ledger.claim(clock.now());
      lease && !dead;
      lease = await ledger.claim(clock.now())
    ) {
      const { runId, sessionKey, sessionId, messages } = lease;
      const text = messages.map((message) => `re: ${message.text}`).join("\n\n");
      const outcome: RunOutcome = {
        runId,
        status: "ok",
        reason: "answered",
        payloads: [{ text, mediaUrl: null }],
        usage: noUsage,
        sessionId,
        sessionKey,
        startedAt: clock.now(),
        endedAt: clock.now(),
      };
      const target = messages[0]?.deliverTo;
      const parts = target ? splitMarkdown(text, capabilities.maxTextLength) : [];
      const deliveries = parts.flatMap((part, index) =>
        target ? [{ key: `${runId}:0:${index}`, runId, target, text: part }] : [],
      );
      await ledger.complete(lease, { outcome, entries: [], deliveries });
    }
    await sendAll();
  }

  async function sendAll(): Promise<void> {
    while (!dead && channel) {
      const claimed = await ledger.claimDelivery(clock.now());
      if (!claimed) return;
      const { row, ambiguous } = claimed;
      sending.add(row.id);
      void deliver(row, ambiguous, channel);
    }
  }

  async function deliver(row: DeliveryRow, ambiguous: boolean, through: RunningChannel): Promise<void> {
    const result = await attempt(row, ambiguous, through);
    if (dead) return;
    const wait = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(10, row.attempts - 1));
    const settled =
      result.kind === "retry" ? { ...result, afterMs: Math.max(wait, result.afterMs ?? 0) } : result;
    await ledger.settleDelivery(row.id, settled, clock.now());
    sending.delete(row.id);
    // A timer of the real clock may fire a moment before its time.
    if (settled.kind === "retry") clock.after((settled.afterMs ?? wait) + 5, wake);
    wake();
  }

  async function attempt(
    row: DeliveryRow,
    ambiguous: boolean,
    through: RunningChannel,
  ): Promise<DeliveryResult> {
    const { ambiguousSend } = capabilities;
    if (ambiguous && ambiguousSend === "unknown") return { kind: "unknown", error: "it may have been sent" };
    try {
      if (ambiguous && ambiguousSend === "queryable") {
        const receipt = await through.query?.(row.key, row.target.to, cut.signal, row.target.threadId);
        if (receipt) return { kind: "sent", receipt };
      }
      const { to, threadId } = row.target;
      const place = threadId === undefined ? { to } : { to, threadId };
      const result = await through.send(
        { kind: "message", key: row.key, ...place, text: row.text },
        cut.signal,
      );
      if (result.kind !== "unknown" || ambiguousSend === "unknown") return result;
      return again(result.error);
    } catch (error) {
      return ambiguousSend === "unknown"
        ? { kind: "unknown", error: messageOf(error) }
        : again(messageOf(error));
    }
  }

  const again = (error: string): DeliveryResult => ({ kind: "retry", error, ambiguous: true });
  const wake = () => void then(sendAll);

  return {
    ledger,
    accepted,
    async receive(event) {
      if (dead) return never;
      if (event.sender.bot || event.sender.self) return { accepted: false, reason: "a program" };
      const { channel: id, account, messageId, chat, sender } = event;
      const sessionKey = `agent:main:${id}:${chat.kind}:${chat.id}${chat.threadId === undefined ? "" : `:${chat.threadId}`}`;
      const key = `${id}:${account}:${messageId}`;
      const stored = await ledger.accept({
        dedupeKey: `channel:${key}`,
        runId: key,
        door: `channel:${id}`,
        sessionKey,
        sessionKeyAsSent: sessionKey,
        agentId: "main",
        principal: owner,
        origin: { door: `channel:${id}`, trust: "untrusted", sender: sender.id },
        text: event.text,
        media: [],
        mode: "followup",
        deliverTo: {
          channel: id,
          account,
          to: chat.id,
          ...(chat.threadId === undefined ? {} : { threadId: chat.threadId }),
        },
        options: {},
      });
      if (dead) return never;
      if (!stored.duplicate) accepted.push(event.text);
      void then(answerAll);
      return { accepted: true, duplicate: stored.duplicate };
    },
    attach(running) {
      channel = running;
      if (running) void then(answerAll);
    },
    async post({ key, to, threadId, text }) {
      const target = {
        channel: options.channel,
        account: "default",
        to,
        ...(threadId === undefined ? {} : { threadId }),
      };
      await ledger.enqueueDelivery({ key, runId: null, target, text });
      wake();
    },
    deliveries: () => ledger.deliveries({ limit: 10_000 }),
    settled: () => sending.size === 0 && ledger.deliveries({ state: "pending", limit: 1 }).length === 0,
    async kill() {
      dead = true;
      channel = null;
      await turn;
      await storage.close();
    },
    async close() {
      channel = null;
      await turn;
      dead = true;
      cut.abort(new Error("stopped"));
      await storage.close();
    },
  };
}
