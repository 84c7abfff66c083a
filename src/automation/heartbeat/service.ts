import type { Principal } from "../../core/authority.ts";
import { createBus } from "../../core/bus.ts";
import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { parseSessionKey } from "../../core/session-key.ts";
import type { DeliveryTarget, Ledger } from "../../ledger/contract.ts";
import type { RunService } from "../../routing/contract.ts";
import type { SystemEvents } from "../system-events.ts";
import { firstActive, hoursText } from "./active-hours.ts";
import type {
  AgentHeartbeat,
  HeartbeatEvent,
  HeartbeatReason,
  HeartbeatService,
  HeartbeatSettings,
} from "./contract.ts";
import { eventOf, failedEvent, skippedEvent } from "./event.ts";
import type { BeatRow, HeartbeatStore, PendingBeat } from "./store.ts";
import { tasksIn } from "./tasks-file.ts";

/** A timer is never set for longer: clocks are changed and machines sleep. */
const longestSleepMs = 60_000;
/** A busy session, and what could not begin, is looked at again after so long. */
const retryMs = 30_000;
const longestRunMs = 25 * 60 * 60 * 1000;
const door = "heartbeat";

export interface HeartbeatDeps {
  store: HeartbeatStore;
  runs: RunService;
  ledger: Pick<Ledger, "activity" | "queued" | "message" | "trace">;
  systemEvents: SystemEvents;
  clock: Clock;
  logger: Logger;
  /** Of every agent, read afresh. */
  settings: () => HeartbeatSettings[];
  mainKey: () => string;
  /** Where an answer goes; null for nowhere but the session. */
  target: (settings: HeartbeatSettings, sessionKey: string) => DeliveryTarget | null;
  /** Why no model would answer the agent; null when one should. */
  modelProblem: (agentId: string, model: string | undefined) => Promise<string | null>;
  /** The model's last message in a run, as it was. */
  lastWords: (sessionKey: string, runId: string) => string;
}

/**
 * The agent's own authority when it looks around: its tasks stand in its owner's workspace, so it is the owner's,
 * unless somebody else's words join in (threats.md 4.19).
 */
const principalOf = (agentId: string, owner: boolean): Principal => ({
  kind: "scheduler",
  id: `heartbeat:${agentId}`,
  role: "operator",
  scopes: new Set(["operator.read", "operator.write"]),
  owner,
});

/**
 * Lets agents look around by themselves. When a beat is due follows from what the database says about the one before, so
 * a restart neither repeats nor loses one, and after a sleep there is one beat and not many.
 */
export function createHeartbeatService(deps: HeartbeatDeps): HeartbeatService {
  const { store, runs, clock, logger } = deps;
  const bus = createBus<HeartbeatEvent>((error) =>
    logger.error("a listener of heartbeats failed", { error: messageOf(error) }),
  );
  let running = false;
  let cancelTimer = () => {};
  let looking = false;
  /** Beats that wait for their session, and until when. */
  const waitingUntil = new Map<string, number>();

  const rowOf = (agentId: string): BeatRow => store.get(agentId) ?? { baseAt: clock.now(), pending: null };
  const dueAt = (settings: HeartbeatSettings): number =>
    firstActive(rowOf(settings.agentId).baseAt + settings.everyMs, settings.activeHours);
  const beating = () => (store.isOn() ? deps.settings().filter(({ everyMs }) => everyMs > 0) : []);
  const sessionOf = ({ agentId, session }: HeartbeatSettings): string =>
    parseSessionKey(session, { agentId, mainKey: deps.mainKey() }).canonical;

  /** When an agent is looked at next, epoch milliseconds. */
  const nextAt = (settings: HeartbeatSettings): number =>
    Math.max(waitingUntil.get(settings.agentId) ?? 0, dueAt(settings));

  function arm(): void {
    cancelTimer();
    if (running) cancelTimer = clock.after(untilNext(), look);
  }

  /** Milliseconds. */
  function untilNext(): number {
    try {
      // One that is at work arms again when it is done.
      const waits = beating()
        .filter(({ agentId }) => rowOf(agentId).pending === null)
        .map((each) => nextAt(each) - clock.now());
      return Math.max(0, Math.min(longestSleepMs, ...waits));
    } catch (error) {
      logger.error("what is due cannot be read", { error: messageOf(error) });
      return retryMs;
    }
  }

  function look(): void {
    if (looking) return;
    looking = true;
    lookOnce()
      .catch((error: unknown) => logger.error("a heartbeat failed", { error: messageOf(error) }))
      .finally(() => {
        looking = false;
        arm();
      });
  }

  async function lookOnce(): Promise<void> {
    for (const settings of beating()) {
      const { agentId } = settings;
      const row = store.get(agentId);
      // Counted from the first time it was seen, for a new gateway does not begin by asking; and from now when the clock
      // was put back.
      if (row === null || row.baseAt > clock.now()) await store.rebase(agentId, clock.now());
      const due = dueAt(settings);
      if (!running || nextAt(settings) > clock.now() || rowOf(agentId).pending !== null) continue;
      try {
        await consider(settings, due);
      } catch (error) {
        waitingUntil.set(agentId, clock.now() + retryMs);
        logger.error("a heartbeat could not begin; it is tried again", { agentId, error: messageOf(error) });
      }
    }
  }

  async function consider(settings: HeartbeatSettings, due: number): Promise<void> {
    const runId = `heartbeat:${settings.agentId}:${due}`;
    const skip = (reason: HeartbeatReason, detail?: string) => skipped(settings, { runId, reason, detail });
    if (deps.systemEvents.waiting(settings.agentId).length === 0) {
      const tasks = await tasksIn(settings.workspaceDir);
      if (tasks === "none") return skip("empty-heartbeat-file");
      if (tasks === "no-file" && !settings.isAskedFor) return skip("no-heartbeat-file");
    }
    const problem = await deps.modelProblem(settings.agentId, settings.model);
    if (problem !== null) return skip("no-model", problem);
    if (isBusy(sessionOf(settings))) return skip("requests-in-flight");
    if (running) await begin(settings, runId);
  }

  const isBusy = (sessionKey: string): boolean =>
    deps.ledger.activity().running.some((run) => run.sessionKey === sessionKey) ||
    deps.ledger.queued(sessionKey).length > 0;

  async function skipped(
    settings: HeartbeatSettings,
    beat: { runId: string; reason: HeartbeatReason; detail: string | undefined },
  ): Promise<void> {
    const { runId, reason, detail } = beat;
    const { agentId } = settings;
    const now = clock.now();
    const event = skippedEvent({ agentId, runId, ts: now }, reason, detail);
    // A busy session only puts it off: the beat is still owed.
    const isOwed = reason === "requests-in-flight";
    if (isOwed) waitingUntil.set(agentId, now + retryMs);
    else waitingUntil.delete(agentId);
    const [before] = store.history(1, agentId);
    if (isOwed && before?.runId === runId) return;
    const repeats =
      before?.status === "skipped" && before.reason === reason && before.detail === event.detail;
    await store.skip(event, { repeats, baseAt: isOwed ? null : now });
    await trace(event);
    bus.publish(event);
  }

  /** Written down first, then submitted under a key that follows from it: whatever a crash leaves is taken up at the start. */
  async function begin(settings: HeartbeatSettings, runId: string): Promise<boolean> {
    const beat: PendingBeat = { runId, startedAt: clock.now() };
    waitingUntil.delete(settings.agentId);
    const isBegun = await store.begin(settings.agentId, beat);
    if (isBegun) await carryOn(settings, beat);
    return isBegun;
  }

  /** Submits a beat that is written down, if that has not been done, and sees to its end. */
  async function carryOn(settings: HeartbeatSettings, beat: PendingBeat): Promise<void> {
    const { agentId } = settings;
    try {
      if (deps.ledger.message(`${door}:${beat.runId}`) === null) await submit(settings, beat.runId);
      follow(settings, beat);
    } catch (error) {
      // A gateway that is stopping takes nothing more: the next start does.
      if (!running) return;
      const event = failedEvent({ agentId, runId: beat.runId, ts: clock.now() }, messageOf(error));
      await ended(event);
    }
  }

  async function ended(event: HeartbeatEvent): Promise<void> {
    if (await store.finish(event)) {
      await trace(event);
      bus.publish(event);
    }
    arm();
  }

  async function submit(settings: HeartbeatSettings, runId: string): Promise<void> {
    const { agentId } = settings;
    const sessionKey = sessionOf(settings);
    const reported = deps.systemEvents.waiting(agentId);
    await runs.submit({
      door,
      key: runId,
      sessionKey,
      principal: principalOf(
        agentId,
        reported.every(({ owner }) => owner),
      ),
      sender: "heartbeat",
      text:
        reported.length === 0
          ? settings.prompt
          : `${settings.prompt}\n\nWhat was reported to you meanwhile stands above this message.`,
      mode: "followup",
      deliverTo: deps.target(settings, sessionKey),
      options: {
        aside: { ackMaxChars: settings.ackMaxChars, reasoning: settings.includeReasoning },
        ...(settings.model === undefined ? {} : { model: settings.model }),
      },
    });
  }

  function follow(settings: HeartbeatSettings, beat: PendingBeat): void {
    const { agentId } = settings;
    runs
      .wait(beat.runId, longestRunMs)
      .then(async (outcome) => {
        const { runId } = beat;
        const message = deps.ledger.message(`${door}:${runId}`);
        const event = eventOf(
          { agentId, ...beat },
          {
            outcome,
            said: deps.lastWords(message?.sessionKey ?? sessionOf(settings), runId),
            deliveredTo: message?.deliverTo ?? null,
            now: clock.now(),
          },
        );
        return ended(event);
      })
      .catch((error: unknown) => {
        logger.warn("the end of a heartbeat could not be written down", {
          agentId,
          runId: beat.runId,
          error: messageOf(error),
        });
        // It stays written down as begun; without another try here the next start finds out how it ended.
        clock.after(retryMs, () => {
          if (running) follow(settings, beat);
        });
      });
  }

  /** For `openclaw why`. */
  const trace = (event: HeartbeatEvent): Promise<void> =>
    deps.ledger.trace({
      subject: event.runId,
      stage: door,
      rule: `heartbeat.${event.reason ?? event.status}`,
      detail: event.detail ?? event.status,
    });

  async function resume(): Promise<void> {
    for (const { agentId, beat } of store.pending()) {
      const settings = deps.settings().find((each) => each.agentId === agentId);
      if (!settings) await store.abandon(agentId);
      else await carryOn(settings, beat);
    }
  }

  function viewOf(settings: HeartbeatSettings): AgentHeartbeat {
    const { agentId, everyMs } = settings;
    const enabled = everyMs > 0 && store.isOn();
    const row = store.get(agentId);
    return {
      agentId,
      enabled,
      every: everyMs > 0 ? settings.every : "disabled",
      everyMs: everyMs > 0 ? everyMs : null,
      prompt: settings.prompt,
      target: settings.target,
      ackMaxChars: settings.ackMaxChars,
      activeHours: hoursText(settings.activeHours),
      nextAt: enabled && running && row !== null ? nextAt(settings) : null,
      runningSince: row?.pending?.startedAt ?? null,
      last: store.history(1, agentId)[0] ?? null,
    };
  }

  return {
    isOn: () => store.isOn(),
    async setEnabled(enabled) {
      // What was missed while it was off is not made up for.
      if (enabled && !store.isOn())
        for (const { agentId } of deps.settings()) await store.rebase(agentId, clock.now());
      await store.setOn(enabled);
      arm();
    },
    takes: (agentId) => running && beating().some((each) => each.agentId === agentId),
    agents: () => deps.settings().map(viewOf),
    target(agentId) {
      const settings = deps.settings().find((each) => each.agentId === agentId);
      return settings ? deps.target(settings, sessionOf(settings)) : null;
    },
    history: (limit, agentId) => store.history(limit, agentId),
    last: () => store.history(1)[0] ?? null,
    async beatNow(agentId) {
      const settings = deps.settings().find((each) => each.agentId === agentId);
      if (!settings)
        throw new UserError("HEARTBEAT_NONE", `there is no agent ${JSON.stringify(agentId.slice(0, 80))}`, {
          hint: "openclaw agents list",
        });
      if (!running)
        throw new OpenClawError(
          "UNAVAILABLE",
          "heartbeats are off in safe mode and while the gateway stops",
          {
            hint: "openclaw status",
          },
        );
      if (rowOf(agentId).pending !== null) return { runId: null };
      const problem = await deps.modelProblem(agentId, settings.model);
      if (problem !== null)
        throw new UserError("HEARTBEAT_NO_MODEL", problem, { hint: "openclaw models status" });
      const runId = `heartbeat:${agentId}:now-${clock.now()}`;
      const isBegun = await begin(settings, runId);
      arm();
      return { runId: isBegun ? runId : null };
    },
    subscribe: (listener) => bus.subscribe(listener),
    reconsider: arm,
    start() {
      running = true;
      resume()
        .catch((error: unknown) => logger.error("reading heartbeats failed", { error: messageOf(error) }))
        .finally(look);
    },
    stop() {
      running = false;
      cancelTimer();
    },
  };
}
