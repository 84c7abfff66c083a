import { cronAtMs, cronJobInput, nextRunMs, type CronJob, type CronRunEntry } from "../automation/index.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Item } from "./contract.ts";
import type { Fields, LegacySource } from "./source.ts";
import { item, type TargetView, type Work } from "./work.ts";

/** Scheduled jobs and the log of their runs. A one-shot whose time has passed is kept but switched off. */
export async function planJobs(options: {
  source: LegacySource;
  target: TargetView;
  work: Work;
  now: number;
}): Promise<Item[]> {
  const { source, target, work, now } = options;
  const items: Item[] = [];
  const ownJobs = new Set<string>();
  for (const { id, job: raw, own } of source.cronJobs) {
    if (own) {
      ownJobs.add(id);
      items.push(item("cron job", id, "left", { reason: "a job of the other program itself" }));
      continue;
    }
    try {
      const { job, changed } = await readJob(raw, now);
      if (!target.hasCronJob(id)) work.cronJobs.push(job);
      items.push(
        item("cron job", id, changed.length > 0 ? "transformed" : "carried", {
          target: "ledger",
          reason: changed.join("; ") || undefined,
        }),
      );
    } catch (error) {
      items.push(item("cron job", id, "left", { reason: messageOf(error).slice(0, 200) }));
    }
  }
  for (const { id, run } of source.cronRuns) {
    const entry = run === null ? null : readRun(run);
    if (entry === null) items.push(item("cron run", id, "left", { reason: "a torn or foreign line" }));
    else if (ownJobs.has(entry.jobId))
      items.push(item("cron run", id, "left", { reason: "of a job of the other program itself" }));
    else {
      if (!target.hasCronRun(entry)) work.cronRuns.push(entry);
      items.push(item("cron run", id, "carried", { target: "ledger" }));
    }
  }
  return items;
}

const payloadMembers = {
  systemEvent: ["kind", "text"],
  agentTurn: ["kind", "message", "model", "thinking", "timeoutSeconds"],
};

async function readJob(raw: unknown, now: number): Promise<{ job: CronJob; changed: string[] }> {
  if (!isObject(raw) || typeof raw["id"] !== "string" || raw["id"] === "") throw new Error("it has no id");
  const changed: string[] = [];
  const kind = isObject(raw["payload"]) ? raw["payload"]["kind"] : undefined;
  const members = kind === "systemEvent" || kind === "agentTurn" ? payloadMembers[kind] : null;
  const payload =
    members && isObject(raw["payload"]) ? pick(raw["payload"], members, changed) : raw["payload"];
  const known = pick(
    raw,
    [
      "agentId",
      "name",
      "description",
      "enabled",
      "deleteAfterRun",
      "schedule",
      "sessionTarget",
      "wakeMode",
      "delivery",
    ],
    [],
  );
  if (raw["scheduledToolPolicy"] !== undefined) changed.push("without scheduledToolPolicy");
  if (isObject(known["delivery"]))
    known["delivery"] = pick(known["delivery"], ["mode", "channel", "to", "bestEffort"], changed);
  const schedule = isObject(raw["schedule"]) ? raw["schedule"] : {};
  const at = schedule["atMs"] ?? schedule["at"];
  const when = typeof at === "number" ? at : typeof at === "string" ? cronAtMs(at) : Number.NaN;
  const input = cronJobInput({ ...known, payload }, Number.isFinite(when) ? Math.min(now, when) : now);
  const createdAtMs = time(raw["createdAtMs"], now);
  const next = input.enabled ? await nextRunMs(input.schedule, now, createdAtMs) : undefined;
  const isOver = input.schedule.kind === "at" && next === undefined && input.enabled;
  if (isOver) changed.push("switched off: its time has passed");
  const state = isObject(raw["state"]) ? raw["state"] : {};
  if (state["runningAtMs"] !== undefined) changed.push("its interrupted run is not repeated");
  const lastStatus = ["ok", "error", "skipped"].find((each) => each === state["lastStatus"]);
  const job: CronJob = {
    id: raw["id"],
    ...input,
    enabled: input.enabled && !isOver,
    createdAtMs,
    updatedAtMs: time(raw["updatedAtMs"], createdAtMs),
    state: {
      ...(next !== undefined && { nextRunAtMs: next }),
      ...(typeof state["lastRunAtMs"] === "number" && { lastRunAtMs: state["lastRunAtMs"] }),
      ...(lastStatus !== undefined && { lastStatus: lastStatus as "ok" | "error" | "skipped" }),
      ...(typeof state["lastError"] === "string" && { lastError: state["lastError"] }),
      ...(typeof state["lastDurationMs"] === "number" && { lastDurationMs: state["lastDurationMs"] }),
    },
  };
  return { job, changed };
}

function pick(from: Fields, names: readonly string[], changed: string[]): Fields {
  for (const name of Object.keys(from)) if (!names.includes(name)) changed.push(`without ${name}`);
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function readRun(run: Fields): CronRunEntry | null {
  const { ts, jobId, status, error, summary, runAtMs, durationMs, nextRunAtMs } = run;
  if (typeof ts !== "number" || typeof jobId !== "string") return null;
  const known = ["ok", "error", "skipped"].find((each) => each === status);
  return {
    ts,
    jobId,
    action: "finished",
    ...(known !== undefined && { status: known as "ok" | "error" | "skipped" }),
    ...(typeof error === "string" && { error }),
    ...(typeof summary === "string" && { summary }),
    ...(typeof runAtMs === "number" && { runAtMs }),
    ...(typeof durationMs === "number" && { durationMs }),
    ...(typeof nextRunAtMs === "number" && { nextRunAtMs }),
  };
}

const time = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : otherwise;
