import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunEventBody } from "../core/run-events.ts";
import type { AbortCause, AgentRunner } from "../agent/contract.ts";
import { isHeartbeat } from "../agent/index.ts";
import type { Lease, Ledger, NewDelivery } from "../ledger/contract.ts";
import type { createRunAnswers } from "./run-answers.ts";
import type { RunNews } from "./run-news.ts";

interface ActiveRun {
  lease: Lease;
  controller: AbortController;
  seq: number;
  ended: Promise<void>;
  /** Questions to people that it waits for. */
  asks: Set<string>;
  /** Why it was told to put itself down; null when it was not. */
  left: string | null;
}

/** Claims runs and carries each to its end, or puts it down for the next start. */
export interface RunCarrier {
  start(): void;
  /** False once the gateway is on its way down. */
  accepts(): boolean;
  /** Claims runs until the ledger has no eligible one. Looks at the same time are fine: every run is claimed once. */
  pump(): void;
  /** Stops what runs, as far as `which` takes it; returns the ids of the runs it took. */
  stop(which: (lease: Lease) => boolean, cause: AbortCause): string[];
  /** How many runs are at work; those that wait for a person are not. */
  working(): number;
  drain(graceMs: number): Promise<void>;
}

/** What it knows between two events is in the ledger; in memory are only handles of the runs of this process. */
export function createRunCarrier(deps: {
  ledger: Ledger;
  runner: AgentRunner;
  clock: Clock;
  logger: Logger;
  /** Milliseconds a lease lives without a heartbeat. */
  leaseMs: () => number;
  news: RunNews;
  answers: ReturnType<typeof createRunAnswers>;
  onDeliveries: () => void;
  beforeRun?: ((lease: Lease) => Promise<void>) | undefined;
}): RunCarrier {
  const { ledger, clock, logger, news, answers } = deps;
  const active = new Map<string, ActiveRun>();
  let accepting = true;
  const looking = new Set<Promise<void>>();
  let retryPending = false;
  let lastTurn = Promise.resolve();
  let stopHeartbeat = () => {};

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
    const run: ActiveRun = {
      lease,
      controller,
      seq: 0,
      ended: Promise.resolve(),
      asks: new Set(),
      left: null,
    };
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
        emit({
          type: "started",
          resumed: lease.resumed,
          ...(isHeartbeat(lease) ? { unasked: true } : {}),
        });
        // What is put before a message that takes an earlier one's place would go with that: it waits for the next run.
        if (!lease.messages[0]?.replaces) await deps.beforeRun?.(lease);
        const outcome = await deps.runner.run(lease, {
          signal: controller.signal,
          emit,
          deliveries: (end): NewDelivery[] => answers.ofEnd(lease, end),
        });
        run.seq += 1;
        answers.onEvent(lease, { type: "finished", outcome });
        news.finished(run, outcome);
        if (outcome.payloads.length > 0) deps.onDeliveries();
      } catch (error) {
        await putDown(run, error);
      } finally {
        cancelDeadline();
        answers.forget(lease.runId);
        active.delete(lease.runId);
        if (accepting) pump();
      }
    })();
  }

  /** A run without an end of its own: it goes on from its journal. */
  async function putDown(run: ActiveRun, error: unknown): Promise<void> {
    const { lease, left } = run;
    if (left !== null) {
      try {
        await ledger.park(lease, left);
        logger.info(
          run.asks.size > 0
            ? "run waits for a person and goes on after the next start"
            : "run left journaled for the next start",
          { runId: lease.runId },
        );
      } catch (failure) {
        // Then the next start finds it as after a crash.
        logger.warn("a run could not be put down in order", {
          runId: lease.runId,
          error: messageOf(failure),
          code: codeOf(failure),
        });
      }
      return;
    }
    const cause = run.controller.signal.reason as AbortCause | undefined;
    if (cause?.reason === "shutdown")
      return logger.warn("a run was left to its new holder", { runId: lease.runId, why: cause.detail });
    logger.error("a run could not record its end; it continues when its lease has lapsed", {
      runId: lease.runId,
      error: messageOf(error),
      code: codeOf(error),
    });
    // The lease is not given back: whoever claims it after it lapsed continues from the journal.
    clock.after(deps.leaseMs(), pump);
  }

  function publish(run: ActiveRun, body: RunEventBody): void {
    run.seq += 1;
    answers.onEvent(run.lease, body);
    news.tell(run, body);
    if (body.type === "approval_decided") run.asks.delete(body.approvalId);
    if (body.type !== "approval_waiting") return;
    run.asks.add(body.approvalId);
    if (!accepting) leave(run, awaitsPerson);
  }

  const awaitsPerson = "the gateway stopped while this waited for a person's permission";

  function leave(run: ActiveRun, why: string): void {
    if (run.controller.signal.aborted) return;
    run.left = why;
    run.controller.abort({ reason: "shutdown", detail: why } satisfies AbortCause);
  }

  function beat(): void {
    stopHeartbeat = clock.after(Math.max(500, deps.leaseMs() / 3), () => {
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
    start() {
      beat();
      pump();
    },
    accepts: () => accepting,
    pump,
    stop(which, cause) {
      const taken = [...active.values()].filter((run) => which(run.lease));
      for (const { controller } of taken) if (!controller.signal.aborted) controller.abort(cause);
      return taken.map((run) => run.lease.runId);
    },
    working: () => [...active.values()].filter((run) => run.asks.size === 0).length,
    async drain(graceMs) {
      accepting = false;
      await Promise.all(looking);
      // What it waits for may take days, and stands in the ledger.
      for (const run of active.values()) if (run.asks.size > 0) leave(run, awaitsPerson);
      const all = Promise.all([...active.values()].map((run) => run.ended));
      await new Promise<void>((resolve) => {
        const cancel = clock.after(graceMs, () => {
          for (const run of active.values()) leave(run, "the gateway stopped");
          void all.then(() => resolve());
        });
        void all.then(() => {
          cancel();
          resolve();
        });
      });
      stopHeartbeat();
    },
  };
}
