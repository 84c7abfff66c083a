import type { CronJob } from "../../../../src/automation/contract.ts";

/** A job as its form holds it: text as it is typed. */
export interface Draft {
  name: string;
  kind: "agentTurn" | "systemEvent";
  message: string;
  schedule: "every" | "at" | "cron";
  count: string;
  unit: Unit;
  /** As an `<input type=datetime-local>` writes it, in the zone of this browser. */
  at: string;
  expr: string;
  tz: string;
  agentId: string;
  announce: boolean;
  /** Whether its answers go to a chat as it is stored. */
  announced: boolean;
  channel: string;
  to: string;
}

export const units = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
export type Unit = keyof typeof units;

export function draftOf(job: CronJob | null): Draft {
  const { schedule, payload, delivery } = job ?? {};
  const every =
    schedule?.kind === "every" ? spanOf(schedule.everyMs) : { count: "1", unit: "hours" as const };
  const announced = delivery?.mode === "announce" && delivery.to !== undefined;
  return {
    name: job?.name ?? "",
    kind: payload?.kind ?? "agentTurn",
    message: payload === undefined ? "" : payload.kind === "agentTurn" ? payload.message : payload.text,
    schedule: schedule?.kind ?? "every",
    ...every,
    at: schedule?.kind === "at" ? localTime(new Date(schedule.at)) : "",
    expr: schedule?.kind === "cron" ? schedule.expr : "0 9 * * *",
    tz: schedule?.kind === "cron" ? (schedule.tz ?? "") : "",
    agentId: job?.agentId ?? "",
    announce: announced,
    announced,
    channel: delivery?.channel ?? "",
    to: delivery?.to ?? "",
  };
}

/** What `cron.add` and the patch of `cron.update` take; the gateway judges it. */
export function jobOf(draft: Draft): Record<string, unknown> {
  const text = draft.message.trim();
  return {
    name: draft.name.trim(),
    schedule: scheduleOf(draft),
    payload:
      draft.kind === "agentTurn" ? { kind: "agentTurn", message: text } : { kind: "systemEvent", text },
    sessionTarget: draft.kind === "agentTurn" ? "isolated" : "main",
    agentId: draft.agentId === "" ? null : draft.agentId,
    ...(draft.kind === "agentTurn" ? deliveryOf(draft) : {}),
  };
}

/** What is not shown in the form stays as it is. */
function deliveryOf(draft: Draft): Record<string, unknown> {
  if (draft.announce)
    return { delivery: { mode: "announce", channel: draft.channel.trim(), to: draft.to.trim() } };
  return draft.announced ? { delivery: { mode: "none" } } : {};
}

function scheduleOf(draft: Draft): Record<string, unknown> {
  if (draft.schedule === "every")
    return { kind: "every", everyMs: Math.round(Number(draft.count) * units[draft.unit]) };
  if (draft.schedule === "cron")
    return {
      kind: "cron",
      expr: draft.expr.trim(),
      ...(draft.tz.trim() === "" ? {} : { tz: draft.tz.trim() }),
    };
  const at = new Date(draft.at);
  return { kind: "at", at: Number.isNaN(at.getTime()) ? draft.at : at.toISOString() };
}

/** The largest unit that divides it. */
export function spanOf(everyMs: number): { count: string; unit: Unit } {
  const unit =
    (["days", "hours", "minutes"] as const).find((name) => everyMs % units[name] === 0) ?? "minutes";
  return { count: String(everyMs / units[unit]), unit };
}

function localTime(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
