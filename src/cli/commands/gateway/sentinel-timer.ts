import type { OpenClawConfig } from "../../../config/index.ts";
import {
  resolveTimer,
  type ServiceChange,
  type ServiceSpec,
  type ServiceStep,
  type Timer,
  type TimerSpec,
  type TimerState,
} from "../../../service/index.ts";
import type { Desk } from "../../service-desk.ts";

/** Two looks and what they wait for fit into a minute with this much between them. */
const shortestSeconds = 15;
const longestSeconds = 30;

export interface SentinelDesk {
  timer: Timer;
  /** What the timer should be; null when nobody is to be told and nobody asked for it. */
  wanted: TimerSpec | null;
}

/** The sentinel's timer beside the service; null where no service manager starts one. */
export function sentinelDesk(
  desk: Desk,
  given: { config: OpenClawConfig; spec: ServiceSpec; asked: boolean; dry: boolean; signal: AbortSignal },
): SentinelDesk | null {
  const { config, spec, asked, dry, signal } = given;
  const timer = timerOf(desk, { dry, signal });
  if (timer === null) return null;
  const wanted = asked || isSomebodyTold(config) ? timerSpec(desk, spec, config) : null;
  return { timer, wanted };
}

/** The sentinel's timer of a service that is to be removed or looked at. */
export function timerOf(desk: Desk, options: { dry: boolean; signal: AbortSignal }): Timer | null {
  const { stateDir, profile } = desk.paths;
  return resolveTimer(desk.host, { job: "sentinel", profile, stateDir, system: desk.system, ...options });
}

/** Whether a notifier of the sentinel is configured. */
export function isSomebodyTold({ sentinel }: OpenClawConfig): boolean {
  const { command, webhook, telegram, discord } = sentinel;
  return (
    command.length > 0 ||
    Boolean(webhook.url) ||
    Boolean(telegram.botToken && telegram.chatId) ||
    Boolean(discord.botToken && discord.channelId)
  );
}

function timerSpec({ supervisor }: Desk, spec: ServiceSpec, { sentinel }: OpenClawConfig): TimerSpec {
  const { profile, runtime, script, stateDir, configPath, logsDir, environment, account } = spec;
  // The Task Scheduler starts nothing more often than every minute, which is too late: there it keeps running.
  const keepsRunning = supervisor.kind === "schtasks";
  return {
    job: "sentinel",
    profile,
    runtime: runtime.path,
    script,
    args: ["gateway", "sentinel", ...(keepsRunning ? [] : ["--once"])],
    everySeconds: Math.min(longestSeconds, Math.max(shortestSeconds, sentinel.intervalSeconds)),
    keepsRunning,
    stateDir,
    configPath,
    logsDir,
    environment: environment["PATH"] === undefined ? {} : { PATH: environment["PATH"] },
    ...(account ? { account } : {}),
  };
}

/**
 * Brings the timer in line with the configuration: installed when somebody is to be told, removed when nobody is. A
 * timer that is as it should be is left alone.
 */
export async function applySentinel({ timer, wanted }: SentinelDesk): Promise<{
  result: "installed" | "unchanged" | "removed" | "none";
  steps: ServiceStep[];
  notes: string[];
}> {
  const state = await timer.inspect(wanted ?? undefined);
  if (wanted === null) {
    if (!state.installed) return { result: "none", steps: [], notes: [] };
    return { result: "removed", ...pick(await timer.uninstall()) };
  }
  if (isRight(state)) return { result: "unchanged", steps: [], notes: [] };
  return { result: "installed", ...pick(await timer.install(wanted)) };
}

const pick = ({ steps, notes }: ServiceChange) => ({ steps, notes });

const isRight = ({ installed, active, drift }: TimerState): boolean =>
  installed && active !== false && drift === null;

/** What a status says of the timer; null when there is nothing to say. */
export async function sentinelLine({ timer, wanted }: SentinelDesk): Promise<{
  line: string | null;
  json: Record<string, unknown>;
}> {
  const state = await timer.inspect(wanted ?? undefined);
  const { name, installed, active, drift } = state;
  const json = { installed, wanted: wanted !== null, name, active, drift };
  const mend = "mend it with: openclaw gateway install";
  if (wanted === null)
    return {
      json,
      line: installed ? `Sentinel: ${name} is installed, and nobody is told (sentinel.* is empty)` : null,
    };
  if (!installed) return { json, line: `Sentinel: configured, and no timer starts it\n  ${mend}` };
  if (active === false) return { json, line: `Sentinel: ${name} is not active\n  ${mend}` };
  if (drift !== null) return { json, line: `Sentinel: ${drift} from what would be written now\n  ${mend}` };
  return { json, line: `Sentinel: ${name}, every ${wanted.everySeconds} s` };
}
