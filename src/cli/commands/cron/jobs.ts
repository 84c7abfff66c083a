import type { GatewayClient } from "../../../client/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import { duration } from "../../format.ts";
import { setting } from "../../target.ts";

export type Job = Record<string, unknown>;

export async function listJobs(client: GatewayClient, includeDisabled: boolean): Promise<Job[]> {
  const answer = await client.call("cron.list", { includeDisabled });
  return isObject(answer) && Array.isArray(answer.jobs) ? answer.jobs.filter(isObject) : [];
}

/** Calls a method for the job meant by an id, the beginning of one, or a name. @throws UserError JOB_UNKNOWN */
export async function onJob(
  context: CommandContext,
  typed: string,
  request: { method: string; params?: Record<string, unknown>; timeoutMs?: number },
): Promise<{ job: Job; answer: unknown }> {
  const client = await context.connect();
  try {
    const jobs = await listJobs(client, true);
    const hits = jobs.filter((job) => job.name === typed || String(job.id).startsWith(typed));
    const job = hits.find(({ id }) => id === typed) ?? (hits.length === 1 ? hits[0] : undefined);
    if (!job) {
      throw new UserError(
        "JOB_UNKNOWN",
        hits.length > 1
          ? `${JSON.stringify(typed)} fits ${hits.length} jobs`
          : `there is no job ${JSON.stringify(typed)}`,
        { hint: "openclaw cron list --all" },
      );
    }
    const answer = await client.call(
      request.method,
      { id: job.id, ...request.params },
      { timeoutMs: request.timeoutMs ?? 10_000, signal: context.signal },
    );
    return { job, answer };
  } finally {
    client.close();
  }
}

/** `every 30m`, `0 7 * * 1-5 (Europe/Berlin)`, `at 2026-11-21T07:00:00Z` */
export function scheduleText(job: Job): string {
  const kind = setting(job, "schedule.kind");
  const part = (name: string) => setting(job, `schedule.${name}`);
  if (kind === "every") return `every ${duration(Number(part("everyMs")))}`;
  if (kind === "at") return `at ${String(part("at"))}`;
  const tz = part("tz");
  return `${String(part("expr"))}${typeof tz === "string" ? ` (${tz})` : ""}`;
}

/** A moment of a job's state, epoch milliseconds or null. */
export function stateTime(job: Job, name: string): number | null {
  const value = setting(job, `state.${name}`);
  return typeof value === "number" ? value : null;
}
