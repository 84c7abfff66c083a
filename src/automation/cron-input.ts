import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { CronJobInput } from "./contract.ts";

const minuteMs = 60_000;
/** `at` may lie this far ahead: ten years. */
const farthestMs = 10 * 366 * 24 * 60 * minuteMs;

const text = z.string().trim().min(1);
const scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("at"), at: text }),
  z.strictObject({ kind: z.literal("every"), everyMs: z.int().min(1), anchorMs: z.int().min(0).optional() }),
  z.strictObject({ kind: z.literal("cron"), expr: text, tz: text.optional() }),
]);
const payloadSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("systemEvent"), text }),
  z.strictObject({
    kind: z.literal("agentTurn"),
    message: text,
    model: text.optional(),
    thinking: text.optional(),
    timeoutSeconds: z.int().min(1).optional(),
  }),
]);
const jobSchema = z.strictObject({
  agentId: text.optional(),
  name: text.max(200),
  description: z.string().max(2000).optional(),
  enabled: z.boolean(),
  deleteAfterRun: z.boolean().optional(),
  schedule: scheduleSchema,
  sessionTarget: z.enum(["main", "isolated"]),
  wakeMode: z.enum(["next-heartbeat", "now"]),
  payload: payloadSchema,
  delivery: z
    .strictObject({
      mode: z.enum(["none", "announce"]),
      channel: text.optional(),
      to: text.optional(),
      bestEffort: z.boolean().optional(),
    })
    .optional(),
});

/**
 * A job as callers write it, normalised (protocol.md 3.6): wrappers `{job}` and `{data}` opened, `enabled` true,
 * `wakeMode` next-heartbeat, `sessionTarget` from the kind of payload, `at` jobs deleted after their run, isolated
 * turns announced.
 * @throws UserError CRON_INVALID naming the member and what it may be.
 */
export function cronJobInput(raw: unknown, now: number): CronJobInput {
  const opened = unwrap(raw);
  const schedule = normalSchedule(opened["schedule"]);
  const payload = normalPayload(opened["payload"]);
  const turn = isObject(payload) && payload["kind"] === "agentTurn";
  const sessionTarget = opened["sessionTarget"] ?? (turn ? "isolated" : "main");
  const job = parse(jobSchema, {
    ...withoutNull(opened),
    schedule,
    payload,
    sessionTarget,
    enabled: opened["enabled"] ?? true,
    wakeMode: opened["wakeMode"] ?? "next-heartbeat",
    ...(opened["deleteAfterRun"] === undefined && isObject(schedule) && schedule["kind"] === "at"
      ? { deleteAfterRun: true }
      : {}),
    ...(opened["delivery"] === undefined && turn && sessionTarget === "isolated"
      ? { delivery: { mode: "announce" } }
      : {}),
  });
  if (job.sessionTarget === "main" && job.payload.kind !== "systemEvent") {
    throw invalid('sessionTarget "main" needs payload.kind "systemEvent"');
  }
  if (job.sessionTarget === "isolated" && job.payload.kind !== "agentTurn") {
    throw invalid('sessionTarget "isolated" needs payload.kind "agentTurn"');
  }
  if (job.schedule.kind === "at") checkAt(job.schedule.at, now);
  return job;
}

/** Lays a patch over a job; the result is checked as a new one would be, except an `at` that is already past. */
export function patchedJobInput(job: CronJobInput, raw: unknown, now: number): CronJobInput {
  const patch = unwrap(raw);
  const next: Record<string, unknown> = { ...job, ...patch };
  if (patch["schedule"] === undefined) next["schedule"] = job.schedule;
  if (isObject(patch["payload"]) && (patch["payload"]["kind"] ?? job.payload.kind) === job.payload.kind) {
    next["payload"] = { ...job.payload, ...patch["payload"] };
  }
  if (isObject(patch["delivery"]) && job.delivery)
    next["delivery"] = { ...job.delivery, ...patch["delivery"] };
  if (isObject(next["payload"]) && patch["sessionTarget"] === undefined && patch["payload"] !== undefined) {
    next["sessionTarget"] = next["payload"]["kind"] === "agentTurn" ? "isolated" : "main";
  }
  const past =
    patch["schedule"] === undefined && job.schedule.kind === "at" ? Date.parse(job.schedule.at) : now;
  return cronJobInput(next, Math.min(now, past));
}

/** Epoch milliseconds of an `at` text; ISO without a zone counts as UTC. */
export function atMs(at: string): number {
  return Date.parse(/(?:z|[+-]\d{2}:?\d{2})$/i.test(at.trim()) || !at.includes("T") ? at : `${at.trim()}Z`);
}

function checkAt(at: string, now: number): void {
  const when = atMs(at);
  if (Number.isNaN(when)) throw invalid(`schedule.at ${JSON.stringify(at.slice(0, 60))} is not an ISO date`);
  if (when < now - minuteMs) throw invalid(`schedule.at ${at} is in the past`);
  if (when > now + farthestMs) throw invalid(`schedule.at ${at} is more than ten years ahead`);
}

function unwrap(raw: unknown): Record<string, unknown> {
  if (!isObject(raw)) throw invalid("a job must be an object");
  for (const wrapper of ["job", "data"]) {
    if (isObject(raw[wrapper])) return raw[wrapper];
  }
  return raw;
}

/** `{at}`, `{everyMs}`, `{expr}` or a bare cron expression name their kind by what they hold; `atMs` is the old form. */
function normalSchedule(schedule: unknown): unknown {
  if (typeof schedule === "string") return { kind: "cron", expr: schedule };
  if (!isObject(schedule)) return schedule;
  const { atMs: at, ...rest } = withoutNull(schedule);
  const filled =
    typeof at === "number" && rest["at"] === undefined ? { ...rest, at: new Date(at).toISOString() } : rest;
  if (filled["kind"] !== undefined) return filled;
  const kind = "at" in filled ? "at" : "everyMs" in filled ? "every" : "expr" in filled ? "cron" : undefined;
  return kind === undefined ? filled : { kind, ...filled };
}

function normalPayload(payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  const filled = withoutNull(payload);
  if (filled["kind"] !== undefined) return filled;
  return { kind: "message" in filled ? "agentTurn" : "systemEvent", ...filled };
}

const withoutNull = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const details = read.error.issues.map((issue) => `at /${issue.path.join("/")}: ${issue.message}`);
  throw invalid(details.join("; "));
}

export function invalid(message: string): UserError {
  return new UserError("CRON_INVALID", `invalid cron job: ${message}`, {
    hint: 'openclaw cron add --name "check mail" --every 30m --message "look at my mail"',
  });
}
