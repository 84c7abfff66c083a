import type { Principal } from "../core/authority.ts";
import { createBus } from "../core/bus.ts";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEvent, RunEventBody } from "../core/run-events.ts";
import { parseSessionKey } from "../core/session-key.ts";
import type { AbortCause, AgentRunner } from "../agent/contract.ts";
import type { AsideCommands } from "../agent/index.ts";
import type {
  DeliveryTarget,
  InboxRow,
  Lease,
  Ledger,
  NewDelivery,
  QueueMode,
  SettledByLedger,
} from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { answerAside } from "./aside.ts";
import { inboxMessage } from "./inbox-message.ts";
import type { RunService, Submission, Submitted } from "./contract.ts";
import type { ReplyStyle } from "./reply-deliveries.ts";
import { createRunAnswers } from "./run-answers.ts";
import type { AnswerPlace } from "./send-policy.ts";
import { createRunWaiters } from "./run-waiters.ts";

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

interface ActiveRun {
  lease: Lease;
  controller: AbortController;
  seq: number;
  ended: Promise<void>;
}

type Listener = (event: RunEvent, sessionKeyAsSent: string, connId: string | undefined) => void;

/**
 * Puts accepted messages into lanes and carries them through runs (design.md, "The way of a message"). Everything it
 * knows between two events is in the ledger; what it holds in memory are only handles of the runs of this process.
 */
export function createRunService(deps: RunServiceDeps): RunService & { start(): void } {
  const { ledger, clock, logger } = deps;
  const active = new Map<string, ActiveRun>();
  const waiters = createRunWaiters(clock);
  const bus = createBus<Parameters<Listener>>((error) =>
    logger.error("a listener of run events failed", { error: messageOf(error) }),
  );
  const answers = createRunAnswers(deps);
  let accepting = true;
  const looking = new Set<Promise<void>>();
  let retryPending = false;
  let lastTurn = Promise.resolve();
  let stopHeartbeat = () => {};
  let stopListening = () => {};

  /** Messages that the ledger itself ended when it looked for work: superseded ones, and runs given up after crashes. */
  function onSettledByLedger({ rows, outcomes, runId }: SettledByLedger): void {
    for (const [index, row] of rows.entries()) {
      const outcome = outcomes[index];
      if (!outcome) continue;
      announceEnd(row, outcome);
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

  /** Claims runs until the ledger has no eligible one. Looks at the same time are fine: every run is claimed once. */
  function pump(): void {
    const look = claimRuns()
      .catch((error: unknown) => {
        logger.error("claiming the next run failed; trying again in a second", {
          error: messageOf(error),
          code: codeOf(error),
        });
        if (retryPending) return;
        retryPending = true;
        clock.after(1000, () => {
          retryPending = false;
          pump();
        });
      })
      .finally(() => looking.delete(look));
    looking.add(look);
  }

  async function claimRuns(): Promise<void> {
    while (accepting) {
      const lease = await ledger.claim(clock.now());
      if (!lease) return;
      startRun(lease);
    }
  }

  function startRun(lease: Lease): void {
    const controller = new AbortController();
    const run: ActiveRun = { lease, controller, seq: 0, ended: Promise.resolve() };
    active.set(lease.runId, run);
    const cancelDeadline = clock.after(Math.max(0, lease.deadlineAt - clock.now()), () =>
      controller.abort({
        reason: "deadline",
        detail: "the run did not end before its deadline",
      } satisfies AbortCause),
    );
    const emit = (body: RunEventBody) => publish(run, body);
    // Not in the turn of the commit, so that the sender learns first that the message was accepted; and one run per turn
    // of the event loop, so that others are served between the beginnings of many.
    const myTurn = (lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve))));
    run.ended = (async () => {
      try {
        await myTurn;
        emit({ type: "started", resumed: lease.resumed });
        await deps.beforeRun?.(lease);
        const outcome = await deps.runner.run(lease, {
          signal: controller.signal,
          emit,
          deliveries: (end): NewDelivery[] => answers.ofEnd(lease, end),
        });
        finish(run, outcome);
      } catch (error) {
        const cause = controller.signal.aborted ? (controller.signal.reason as AbortCause).reason : undefined;
        if (cause === "shutdown")
          logger.info("run left journaled for the next start", { runId: lease.runId });
        else {
          logger.error("a run could not record its end; it continues when its lease has lapsed", {
            runId: lease.runId,
            error: messageOf(error),
            code: codeOf(error),
          });
          // The lease is not given back: whoever claims it after it lapsed continues from the journal.
          clock.after(deps.settings().leaseMs, pump);
        }
      } finally {
        cancelDeadline();
        answers.forget(lease.runId);
        active.delete(lease.runId);
        if (accepting) pump();
      }
    })();
  }

  function publish(run: ActiveRun, body: RunEventBody): void {
    const first = run.lease.messages[0];
    run.seq += 1;
    answers.onEvent(run.lease, body);
    bus.publish([
      {
        ...body,
        runId: run.lease.runId,
        sessionKey: run.lease.sessionKey,
        agentId: run.lease.agentId,
        seq: run.seq,
        at: clock.now(),
      },
      first?.sessionKeyAsSent ?? run.lease.sessionKey,
      first?.connId,
    ]);
  }

  /** Tells everybody who waits, under the run's own id and the id of every message it answered. */
  function finish(run: ActiveRun, outcome: RunOutcome): void {
    publish(run, { type: "finished", outcome });
    waiters.tell(outcome.runId, outcome);
    for (const message of run.lease.messages) {
      if (message.runId === outcome.runId) continue;
      announceEnd(message, { ...outcome, runId: message.runId, reason: "answered_with_others" });
    }
    if (outcome.payloads.length > 0) deps.onDeliveries();
  }

  function announceEnd(message: InboxRow, outcome: RunOutcome): void {
    bus.publish([
      {
        type: "finished",
        outcome,
        runId: message.runId,
        sessionKey: message.sessionKey,
        agentId: message.agentId,
        seq: 1,
        at: clock.now(),
      },
      message.sessionKeyAsSent,
      message.connId,
    ]);
    waiters.tell(message.runId, outcome);
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
    if (!accepting) {
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
        setImmediate(() => announceEnd(aside.row, aside.outcome));
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
    if (isPlain) pump();
    let { row, duplicate } = await accepted;
    if (preempts && row.outcome === "refused_limit") {
      // There is no room for it because of what it is to stop.
      await stopAllBefore(row);
      ({ row, duplicate } = await ledger.accept(message));
    }
    if (!isPlain && !duplicate && row.state === "queued") {
      if (preempts) await stopAllBefore(row);
      else stopSession(key.canonical, { reason: "superseded", detail: `interrupted by ${row.runId}` });
      pump();
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
      if (outcome) announceEnd(message, outcome);
    }
    return settled.map((message) => message.runId);
  }

  function stopSession(sessionKey: string, cause: AbortCause): string[] {
    const stopped: string[] = [];
    for (const run of active.values()) {
      if (run.lease.sessionKey !== sessionKey || run.controller.signal.aborted) continue;
      run.controller.abort(cause);
      stopped.push(run.lease.runId);
    }
    return stopped;
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
    for (const run of active.values()) {
      if (sessionKey !== undefined && run.lease.sessionKey !== sessionKey) continue;
      const mine =
        run.lease.runId === filter.runId ||
        run.lease.messages.some((message) => message.runId === filter.runId);
      if (filter.runId !== undefined && !mine) continue;
      if (!run.controller.signal.aborted) run.controller.abort(cause);
      stopped.push(run.lease.runId);
    }
    return stopped;
  }

  function wait(runId: string, timeoutMs: number, signal?: AbortSignal): Promise<RunOutcome | null> {
    const known = ledger.outcome(runId);
    if (known) return Promise.resolve(known);
    if (timeoutMs <= 0) return Promise.resolve(null);
    return waiters.wait(runId, timeoutMs, signal);
  }

  async function drain(graceMs: number): Promise<void> {
    accepting = false;
    await Promise.all(looking);
    const all = Promise.all([...active.values()].map((run) => run.ended));
    await new Promise<void>((resolve) => {
      const cancel = clock.after(graceMs, () => {
        for (const run of active.values()) {
          run.controller.abort({ reason: "shutdown", detail: "the gateway stopped" } satisfies AbortCause);
        }
        void all.then(() => resolve());
      });
      void all.then(() => {
        cancel();
        resolve();
      });
    });
    stopHeartbeat();
    stopListening();
  }

  function beat(): void {
    stopHeartbeat = clock.after(Math.max(500, deps.settings().leaseMs / 3), () => {
      void ledger
        .heartbeat(clock.now())
        .then((lost) => {
          for (const runId of lost)
            active
              .get(runId)
              ?.controller.abort({ reason: "shutdown", detail: "the lease was lost" } satisfies AbortCause);
          return undefined;
        })
        .catch((error: unknown) => logger.warn("prolonging leases failed", { error: messageOf(error) }))
        .finally(beat);
    });
  }

  return {
    submit,
    wait,
    abort,
    drain,
    subscribe: (listener) => bus.subscribe((args) => listener(...args)),
    start() {
      stopListening = ledger.onSettled(onSettledByLedger);
      beat();
      pump();
    },
  };
}
