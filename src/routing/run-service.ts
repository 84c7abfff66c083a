import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import { parseSessionKey } from "../core/session-key.ts";
import type { AbortCause, AgentRunner } from "../agent/contract.ts";
import type { AsideCommands } from "../agent/index.ts";
import type {
  DeliveryTarget,
  InboxRow,
  Lease,
  Ledger,
  QueueMode,
  SettledByLedger,
} from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { answerAside } from "./aside.ts";
import { inboxMessage } from "./inbox-message.ts";
import type { RunService, Submission, Submitted } from "./contract.ts";
import type { ReplyStyle } from "./reply-deliveries.ts";
import { createRunAnswers } from "./run-answers.ts";
import { createRunCarrier } from "./run-carrier.ts";
import { createRunNews } from "./run-news.ts";
import type { AnswerPlace } from "./send-policy.ts";

export interface RunServiceSettings {
  defaultAgentId: string;
  /** `session.mainKey`. */
  mainKey: string;
  /** Queue mode of messages that do not say. */
  queueMode: QueueMode;
  /** Another one for messages of a channel, by its id. */
  queueModeByChannel?: Readonly<Record<string, QueueMode>>;
  /** How answers look where they go. */
  replyStyle?: (target: DeliveryTarget) => ReplyStyle;
  /** What keeps an answer of a session from being sent there; null when nothing does. */
  answerDeniedBy?: (place: AnswerPlace) => string | null;
  /** Messages that stand for `/new`, in lower case. */
  resetTriggers?: readonly string[];
  /** How long a lease lives without a heartbeat, in milliseconds. */
  leaseMs: number;
  /** Agents that exist; a message for another one is refused. */
  agentIds: () => readonly string[];
}

export interface RunServiceDeps {
  ledger: Ledger;
  sessions: SessionStore;
  runner: AgentRunner;
  clock: Clock;
  logger: Logger;
  settings: () => RunServiceSettings;
  /**
   * Whether this text acts on its session the moment it is accepted, although a run holds the lane: `stop` ends the
   * run in progress before the command itself takes its turn (AGENT chat commands).
   */
  preempts: (text: string, principal: Principal) => boolean;
  /** Commands that are answered on arrival, whatever runs in their session. */
  asides?: AsideCommands;
  /** Called when deliveries were committed, so that the outbox looks at once. */
  onDeliveries: () => void;
  /** Awaited after a run was claimed and before it begins: what else its conversation should hold is put there. */
  beforeRun?: (lease: Lease) => Promise<void>;
}

/**
 * Puts accepted messages into lanes and carries them through runs (design.md, "The way of a message"). Everything it
 * knows between two events is in the ledger; what it holds in memory are only handles of the runs of this process.
 */
export function createRunService(
  deps: RunServiceDeps,
): RunService & { start(): void; /** Runs that a stop waits for. */ working(): number } {
  const { ledger, clock, logger } = deps;
  const news = createRunNews({ clock, logger });
  const answers = createRunAnswers(deps);
  const carrier = createRunCarrier({
    ledger,
    runner: deps.runner,
    clock,
    logger,
    leaseMs: () => deps.settings().leaseMs,
    news,
    answers,
    onDeliveries: () => deps.onDeliveries(),
    beforeRun: deps.beforeRun,
  });
  let stopListening = () => {};

  /** Messages that the ledger itself ended when it looked for work: superseded ones, and runs given up after crashes. */
  function onSettledByLedger({ rows, outcomes, runId }: SettledByLedger): void {
    for (const [index, row] of rows.entries()) {
      const outcome = outcomes[index];
      if (!outcome) continue;
      news.ended(row, outcome);
      if (runId === null) continue;
      for (const delivery of answers.of([row], outcome)) {
        ledger
          .enqueueDelivery(delivery)
          .then(deps.onDeliveries)
          .catch((error: unknown) =>
            logger.error("a failure could not be reported", { error: messageOf(error) }),
          );
      }
    }
  }

  async function submit(submission: Submission): Promise<Submitted> {
    const settings = deps.settings();
    const key = parseSessionKey(submission.sessionKey, {
      agentId: settings.defaultAgentId,
      mainKey: settings.mainKey,
    });
    if (!settings.agentIds().includes(key.agentId)) {
      throw new OpenClawError("AGENT_UNKNOWN", `there is no agent "${key.agentId}"`, {
        hint: "openclaw agents list",
      });
    }
    const message = inboxMessage(submission, { key, settings, record: deps.sessions.get(key.canonical) });
    if (!carrier.accepts()) {
      throw new OpenClawError("SHUTTING_DOWN", "the gateway is stopping and accepts no new messages", {
        retryable: true,
        hint: "send it again when the gateway is back",
      });
    }
    const aside = await answerAside(message, submission.principal, {
      asides: deps.asides,
      ledger,
      style: settings.replyStyle,
    });
    if (aside) {
      if (aside.isNew) {
        deps.onDeliveries();
        // Not in this turn, so that the sender learns first that the message was accepted.
        setImmediate(() => news.ended(aside.row, aside.outcome));
      }
      const { row, outcome, isNew } = aside;
      return {
        runId: row.runId,
        status: isNew ? "started" : "done",
        sessionKey: key.canonical,
        acceptedAt: row.receivedAt,
        outcome,
      };
    }
    const preempts =
      message.mode !== "interrupt" &&
      message.door !== "sessions_send" &&
      deps.preempts(message.text, submission.principal);
    const accepted = ledger.accept(message);
    const isPlain = message.mode !== "interrupt" && !preempts;
    // Asked for in the same turn of the event loop, accepting and claiming share one commit.
    if (isPlain) carrier.pump();
    let { row, duplicate } = await accepted;
    if (preempts && row.outcome === "refused_limit") {
      // There is no room for it because of what it is to stop.
      await stopAllBefore(row);
      ({ row, duplicate } = await ledger.accept(message));
    }
    if (!isPlain && !duplicate && row.state === "queued") {
      if (preempts) await stopAllBefore(row);
      else stopSession(key.canonical, { reason: "superseded", detail: `interrupted by ${row.runId}` });
      carrier.pump();
    }
    return {
      runId: row.runId,
      status: !duplicate ? "started" : row.state === "done" ? "done" : "in_flight",
      sessionKey: key.canonical,
      acceptedAt: row.receivedAt,
      outcome: row.state === "done" ? ledger.outcome(row.runId) : null,
    };
  }

  /** `/stop` ends the run in progress and what waits before it; the command itself then takes its turn. */
  async function stopAllBefore(row: InboxRow): Promise<void> {
    stopSession(row.sessionKey, { reason: "aborted", detail: "stop" });
    for (const waiting of ledger.queued(row.sessionKey)) {
      if (waiting.seq < row.seq) await settle({ runId: waiting.runId }, "stop");
    }
  }

  /** Ends queued messages as aborted and tells who waits for them. */
  async function settle(filter: { sessionKey?: string; runId?: string }, detail: string): Promise<string[]> {
    const settled = await ledger.settleQueued(filter, "aborted", detail);
    for (const message of settled) {
      const outcome = ledger.outcome(message.runId);
      if (outcome) news.ended(message, outcome);
    }
    return settled.map((message) => message.runId);
  }

  function stopSession(sessionKey: string, cause: AbortCause): void {
    carrier.stop((lease) => lease.sessionKey === sessionKey, cause);
  }

  async function abort(filter: { sessionKey?: string; runId?: string; reason: string }): Promise<string[]> {
    const settings = deps.settings();
    const sessionKey =
      filter.sessionKey === undefined
        ? undefined
        : parseSessionKey(filter.sessionKey, { agentId: settings.defaultAgentId, mainKey: settings.mainKey })
            .canonical;
    const cause: AbortCause = { reason: "aborted", detail: filter.reason };
    const stopped = await settle(
      {
        ...(sessionKey === undefined ? {} : { sessionKey }),
        ...(filter.runId === undefined ? {} : { runId: filter.runId }),
      },
      filter.reason,
    );
    const isMeant = (lease: Lease) =>
      (sessionKey === undefined || lease.sessionKey === sessionKey) &&
      (filter.runId === undefined ||
        lease.runId === filter.runId ||
        lease.messages.some((message) => message.runId === filter.runId));
    return [...stopped, ...carrier.stop(isMeant, cause)];
  }

  function wait(runId: string, timeoutMs: number, signal?: AbortSignal): Promise<RunOutcome | null> {
    const known = ledger.outcome(runId);
    if (known) return Promise.resolve(known);
    if (timeoutMs <= 0) return Promise.resolve(null);
    return news.wait(runId, timeoutMs, signal);
  }

  return {
    submit,
    wait,
    abort,
    working: () => carrier.working(),
    async drain(graceMs) {
      await carrier.drain(graceMs);
      stopListening();
    },
    subscribe: (listener) => news.subscribe(listener),
    start() {
      stopListening = ledger.onSettled(onSettledByLedger);
      carrier.start();
    },
  };
}
