import { createBus } from "../core/bus.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEvent, RunEventBody } from "../core/run-events.ts";
import type { InboxRow, Lease } from "../ledger/contract.ts";
import { createRunWaiters } from "./run-waiters.ts";

type Listener = (event: RunEvent, sessionKeyAsSent: string, connId: string | undefined) => void;

/** Tells what runs do, and how messages end, to everybody who listens or waits. */
export function createRunNews({ clock, logger }: { clock: Clock; logger: Logger }) {
  const waiters = createRunWaiters(clock);
  const bus = createBus<Parameters<Listener>>((error) =>
    logger.error("a listener of run events failed", { error: messageOf(error) }),
  );

  /** One event of a run; `seq` counts from 1 within it. */
  function tell({ lease, seq }: { lease: Lease; seq: number }, body: RunEventBody): void {
    const { runId, sessionKey, agentId } = lease;
    const first = lease.messages[0];
    bus.publish([
      { ...body, runId, sessionKey, agentId, seq, at: clock.now() },
      first?.sessionKeyAsSent ?? sessionKey,
      first?.connId,
    ]);
  }

  /** The end of a message that no run of this process carried. */
  function ended(message: InboxRow, outcome: RunOutcome): void {
    const { runId, sessionKey, agentId } = message;
    bus.publish([
      { type: "finished", outcome, runId, sessionKey, agentId, seq: 1, at: clock.now() },
      message.sessionKeyAsSent,
      message.connId,
    ]);
    waiters.tell(runId, outcome);
  }

  return {
    tell,
    ended,
    /** The end of a run, under its own id and the id of every message it answered. */
    finished(run: { lease: Lease; seq: number }, outcome: RunOutcome): void {
      tell(run, { type: "finished", outcome });
      waiters.tell(outcome.runId, outcome);
      for (const message of run.lease.messages) {
        if (message.runId === outcome.runId) continue;
        ended(message, { ...outcome, runId: message.runId, reason: "answered_with_others" });
      }
    },
    wait: (runId: string, timeoutMs: number, signal?: AbortSignal) => waiters.wait(runId, timeoutMs, signal),
    subscribe: (listener: Listener) => bus.subscribe((args) => listener(...args)),
  };
}

export type RunNews = ReturnType<typeof createRunNews>;
