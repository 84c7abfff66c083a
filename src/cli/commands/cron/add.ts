import { UsageError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag, text, parseDuration } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { scheduleText, stateTime } from "./jobs.ts";

type Options = Record<string, unknown>;

export const run: CommandBody = async (context, _args, options) => {
  const name = text(options, "name");
  if (!name?.trim()) throw new UsageError("--name is missing", { hint: "openclaw cron add --help" });
  const agentId = text(options, "agent");
  const params = {
    name,
    enabled: !flag(options, "disabled"),
    schedule: scheduleOf(options, context.clock.now()),
    ...payloadOf(options),
    ...deliveryOf(options),
    ...(agentId === undefined ? {} : { agentId }),
  };
  const job = await callGateway(context, { method: "cron.add", params });
  if (flag(options, "json")) return context.out.json(job);
  const made = isObject(job) ? job : {};
  const next = stateTime(made, "nextRunAtMs");
  const when = next === null ? "" : `, next ${ago(next, context.clock.now())}`;
  context.out.line(`Added ${name} (${String(made.id)}): ${scheduleText(made)}${when}`);
};

function scheduleOf(options: Options, now: number): Record<string, unknown> {
  const given = (["at", "every", "cron"] as const).filter((key) => text(options, key) !== undefined);
  if (given.length !== 1) {
    throw new UsageError(
      given.length === 0 ? "when should it run?" : `--${given.join(" and --")} exclude each other`,
      { hint: 'give one of --at "2026-12-01T07:00:00Z", --every 30m, --cron "0 7 * * *"' },
    );
  }
  const at = text(options, "at");
  if (at !== undefined) return { kind: "at", at: momentOf(at, now) };
  const every = text(options, "every");
  if (every !== undefined) {
    const everyMs = parseDuration(every);
    if (everyMs === null) throw badDuration("every", every);
    return { kind: "every", everyMs };
  }
  const tz = text(options, "tz");
  return { kind: "cron", expr: text(options, "cron"), ...(tz === undefined ? {} : { tz }) };
}

function momentOf(given: string, now: number): string {
  const later = parseDuration(given);
  const time = later === null ? Date.parse(given) : now + later;
  if (Number.isNaN(time)) throw badDuration("at", given);
  return new Date(time).toISOString();
}

function badDuration(name: string, given: string): UsageError {
  return new UsageError(`--${name} ${JSON.stringify(given)} is not understood`, {
    hint: name === "at" ? "e.g. 2026-12-01T07:00:00Z or 20m" : "e.g. 30s, 10m, 2h, 1d",
  });
}

function payloadOf(options: Options): Record<string, unknown> {
  const message = text(options, "message");
  const event = text(options, "systemEvent");
  if ((message === undefined) === (event === undefined)) {
    throw new UsageError("give one of --message and --system-event", { hint: "openclaw cron add --help" });
  }
  if (event !== undefined) {
    const wakeMode = text(options, "wake") ?? "now";
    return { sessionTarget: "main", wakeMode, payload: { kind: "systemEvent", text: event } };
  }
  const model = text(options, "model");
  const thinking = text(options, "thinking");
  return {
    sessionTarget: "isolated",
    payload: {
      kind: "agentTurn",
      message,
      ...(model === undefined ? {} : { model }),
      ...(thinking === undefined ? {} : { thinking }),
    },
  };
}

function deliveryOf(options: Options): Record<string, unknown> {
  const channel = text(options, "channel");
  const to = text(options, "to");
  if (channel === undefined && to === undefined) return {};
  return {
    delivery: {
      mode: "announce",
      ...(channel === undefined ? {} : { channel }),
      ...(to === undefined ? {} : { to }),
    },
  };
}
