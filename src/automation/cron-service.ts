import type { Principal } from "../core/authority.ts";
import { createBus } from "../core/bus.ts";
import type { Clock } from "../core/clock.ts";
import { UserError, messageOf } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import type { Logger } from "../core/logger.ts";
import { outcomeReasons, type RunOutcome } from "../core/outcome.ts";
import { thinkingLevels } from "../core/conversation.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";
import type { RunService, Submission } from "../routing/contract.ts";
import type { CronEvent, CronJob, CronJobInput, CronRunEntry, CronService } from "./contract.ts";
import { cronJobInput, patchedJobInput } from "./cron-input.ts";
import type { CronStore } from "./cron-store.ts";
import type { HeartbeatService } from "./heartbeat/index.ts";
import type { SystemEvents } from "./system-events.ts";
import { nextRunMs } from "./next-run.ts";

/** A timer is never set for longer: clocks are changed and machines sleep. */
const longestSleepMs = 60_000;
const longestRunMs = 25 * 60 * 60 * 1000;
const summaryChars = 2000;

export interface CronServiceDeps {
  store: CronStore;
  runs: RunService;
  clock: Clock;
  logger: Logger;
  settings: () => {
    /** `cron.enabled`: whether due jobs fire by themselves. */
    enabled: boolean;
    /** Shown as `storePath`: the ledger database. */
    storePath: string;
    defaultAgentId: string;
  };
  /** Takes the texts of jobs that wait for the next heartbeat; they are said at once where none will come. */
  heartbeat?: Pick<HeartbeatService, "takes" | "target">;
  systemEvents?: Pick<SystemEvents, "push">;
  /** Where `delivery.mode: announce` goes; null when nobody can be told. */
  deliveryTarget: (job: CronJob) => DeliveryTarget | null;
}

/** The scheduler's own authority: it runs what an admin has scheduled, and is nobody's owner. */
const principalOf = (job: CronJob): Principal => ({
  kind: "scheduler",
  id: job.id,
  role: "operator",
  scopes: new Set(["operator.read", "operator.write"]),
  owner: false,
});

/** Cron jobs: kept in the ledger, fired by one timer, run through the same lanes as every message. */
export function createCronService(deps: CronServiceDeps): CronService {
  const { store, runs, clock, logger } = deps;
  const bus = createBus<CronEvent>((error) =>
    logger.error("a listener of cron events failed", { error: messageOf(error) }),
  );
  let running = false;
  let cancelTimer = () => {};

  function arm(): void {
    cancelTimer();
    if (!running || !deps.settings().enabled) return;
    const next = store.nextWakeAtMs();
    const wait = next === null ? longestSleepMs : Math.min(Math.max(next - clock.now(), 0), longestSleepMs);
    cancelTimer = clock.after(wait, () => {
      fireDue()
        .catch((error: unknown) => logger.error("firing due cron jobs failed", { error: messageOf(error) }))
        .finally(arm);
    });
  }

  async function fireDue(): Promise<void> {
    const now = clock.now();
    for (const job of store.all()) {
      const due = job.enabled && job.state.nextRunAtMs !== undefined && job.state.nextRunAtMs <= now;
      if (due && job.state.runningAtMs === undefined) await fire(job, job.state.nextRunAtMs ?? now);
    }
  }

  /** Hands the payload to a lane. The key holds the planned time: a crash in between does not run it twice. */
  async function fire(job: CronJob, plannedAt: number, isForced = false): Promise<void> {
    const startedAt = clock.now();
    const { nextRunAtMs: _planned, ...state } = job.state;
    const started: CronJob = {
      ...job,
      state: {
        ...state,
        ...nextField(await nextRunMs(job.schedule, startedAt, job.createdAtMs)),
        runningAtMs: startedAt,
      },
    };
    const key = `cron:${job.id}:${plannedAt}`;
    if (!isForced && (await leftForHeartbeat(started, key))) return;
    await runs.submit(submissionOf(started, key));
    await store.put(started);
    bus.publish({ jobId: job.id, action: "started", runAtMs: startedAt });
    follow(started, key, startedAt);
  }

  /** Hands a text to the next heartbeat, which ends the job's run. False where it has to be said now. */
  async function leftForHeartbeat(job: CronJob, key: string): Promise<boolean> {
    const agentId = job.agentId ?? deps.settings().defaultAgentId;
    const { systemEvents, heartbeat } = deps;
    if (job.payload.kind !== "systemEvent" || job.wakeMode === "now") return false;
    if (!systemEvents || heartbeat?.takes(agentId) !== true) return false;
    const startedAt = clock.now();
    const { text } = job.payload;
    // Asked for in one turn of the event loop, both are in one commit.
    await Promise.all([
      systemEvents.push({ text, source: `cron: ${job.name}`, agentId, key }),
      store.put(job),
    ]);
    bus.publish({ jobId: job.id, action: "started", runAtMs: startedAt });
    await writeEnd(job.id, startedAt, { ok: true, summary: "left for the next heartbeat" });
    return true;
  }

  function follow(job: CronJob, runId: string, startedAt: number): void {
    runs
      .wait(runId, longestRunMs)
      .then((outcome) => finish(job.id, startedAt, outcome))
      .catch((error: unknown) =>
        logger.error("writing down the end of a cron run failed", { jobId: job.id, error: messageOf(error) }),
      );
  }

  async function finish(jobId: string, startedAt: number, outcome: RunOutcome | null): Promise<void> {
    const ok = outcome?.status === "ok";
    const summary = outcome?.payloads
      .map((payload) => payload.text)
      .join("\n\n")
      .slice(0, summaryChars)
      .toWellFormed();
    const error = ok
      ? undefined
      : (outcome?.error?.message ?? (outcome ? outcomeReasons[outcome.reason] : "did not end"));
    await writeEnd(jobId, startedAt, { ok, error, summary });
  }

  async function writeEnd(
    jobId: string,
    startedAt: number,
    { ok, error, summary }: { ok: boolean; error?: string | undefined; summary?: string | undefined },
  ): Promise<void> {
    const now = clock.now();
    const job = store.get(jobId);
    const durationMs = Math.max(0, now - startedAt);
    const next = job?.enabled ? job.state.nextRunAtMs : undefined;
    const entry: CronRunEntry = {
      ts: now,
      jobId,
      action: "finished",
      status: ok ? "ok" : "error",
      ...(error === undefined ? {} : { error }),
      ...(summary ? { summary } : {}),
      runAtMs: startedAt,
      durationMs,
      ...(next === undefined ? {} : { nextRunAtMs: next }),
    };
    const gone = job === null || (job.deleteAfterRun === true && ok);
    await store.finish(entry, gone ? null : ended(job, entry));
    const { ts: _ts, ...event } = entry;
    bus.publish(event);
    if (gone && job !== null) bus.publish({ jobId, action: "removed" });
  }

  function ended(job: CronJob, entry: CronRunEntry): CronJob {
    const { runningAtMs: _running, lastError: _last, ...state } = job.state;
    return {
      ...job,
      // A job whose time is over must not look as if it still waited.
      ...(job.schedule.kind === "at" && state.nextRunAtMs === undefined ? { enabled: false } : {}),
      state: {
        ...state,
        ...(entry.runAtMs === undefined ? {} : { lastRunAtMs: entry.runAtMs }),
        ...(entry.status === undefined ? {} : { lastStatus: entry.status }),
        ...(entry.error === undefined ? {} : { lastError: entry.error }),
        ...(entry.durationMs === undefined ? {} : { lastDurationMs: entry.durationMs }),
      },
    };
  }

  function submissionOf(job: CronJob, key: string): Submission {
    const agentId = job.agentId ?? deps.settings().defaultAgentId;
    const base = { door: "cron", key, principal: principalOf(job), sender: `cron: ${job.name}` };
    if (job.payload.kind === "systemEvent") {
      return {
        ...base,
        sessionKey: `agent:${agentId}:main`,
        text: job.payload.text,
        mode: "followup",
        deliverTo: deps.heartbeat?.target(agentId) ?? null,
      };
    }
    const { message, model, thinking, timeoutSeconds } = job.payload;
    const level = thinkingLevels.find((each) => each === thinking);
    return {
      ...base,
      sessionKey: `agent:${agentId}:cron:${job.id}`,
      text: message,
      mode: "followup",
      deliverTo: job.delivery?.mode === "announce" ? deps.deliveryTarget(job) : null,
      options: {
        ...(model === undefined ? {} : { model }),
        ...(level === undefined ? {} : { thinking: level }),
        ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
      },
    };
  }

  function required(id: string): CronJob {
    const job = store.get(id);
    if (job) return job;
    throw new UserError("CRON_UNKNOWN", `there is no cron job ${JSON.stringify(id.slice(0, 80))}`, {
      hint: "openclaw cron list --all",
    });
  }

  /** Only an enabled job has a next run. */
  async function scheduled(
    input: CronJobInput,
    base: Pick<CronJob, "id" | "createdAtMs">,
    state: CronJob["state"],
  ) {
    const now = clock.now();
    const { nextRunAtMs: _old, ...rest } = state;
    // Computed for disabled jobs too: a bad expression must not wait for the day it is enabled.
    const next = await nextRunMs(input.schedule, now, base.createdAtMs);
    const job: CronJob = {
      id: base.id,
      ...input,
      createdAtMs: base.createdAtMs,
      updatedAtMs: now,
      state: { ...rest, ...(input.enabled ? nextField(next) : {}) },
    };
    await store.put(job);
    arm();
    return job;
  }

  async function resume(): Promise<void> {
    for (const job of store.all()) {
      if (job.state.runningAtMs === undefined) continue;
      // The run itself is in the ledger; a job that waits for it would never fire again.
      const { runningAtMs: _running, ...state } = job.state;
      await store.put({ ...job, state });
    }
  }

  return {
    list: ({ includeDisabled }) =>
      store
        .all()
        .filter((job) => includeDisabled || job.enabled)
        .sort((a, b) => (a.state.nextRunAtMs ?? Infinity) - (b.state.nextRunAtMs ?? Infinity)),
    get: (id) => store.get(id),
    status() {
      const { enabled, storePath } = deps.settings();
      return {
        enabled: enabled && running,
        storePath,
        jobs: store.all().length,
        nextWakeAtMs: store.nextWakeAtMs(),
      };
    },
    async add(raw) {
      const now = clock.now();
      const job = await scheduled(cronJobInput(raw, now), { id: uuid(), createdAtMs: now }, {});
      bus.publish({ jobId: job.id, action: "added", ...nextField(job.state.nextRunAtMs) });
      return job;
    },
    async update(id, patch) {
      const { id: _id, createdAtMs, updatedAtMs: _updated, state, ...input } = required(id);
      const job = await scheduled(patchedJobInput(input, patch, clock.now()), { id, createdAtMs }, state);
      bus.publish({ jobId: id, action: "updated", ...nextField(job.state.nextRunAtMs) });
      return job;
    },
    async remove(id) {
      const removed = await store.remove(id);
      if (removed) bus.publish({ jobId: id, action: "removed" });
      arm();
      return removed;
    },
    async run(id, mode) {
      const job = required(id);
      const now = clock.now();
      if (job.state.runningAtMs !== undefined) return { ran: false, reason: "already-running" };
      const due = job.enabled && job.state.nextRunAtMs !== undefined && job.state.nextRunAtMs <= now;
      if (mode === "due" && !due) return { ran: false, reason: "not-due" };
      await fire(job, due ? (job.state.nextRunAtMs ?? now) : now, mode === "force");
      arm();
      return { ran: true };
    },
    runs: (id, limit) => store.runs(id, limit),
    subscribe: (listener) => bus.subscribe(listener),
    start() {
      running = true;
      resume()
        .catch((error: unknown) => logger.error("reading cron jobs failed", { error: messageOf(error) }))
        .finally(arm);
    },
    stop() {
      running = false;
      cancelTimer();
    },
  };
}

function nextField(next: number | undefined): { nextRunAtMs?: number } {
  return next === undefined ? {} : { nextRunAtMs: next };
}
