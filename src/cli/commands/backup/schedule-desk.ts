import { join, resolve } from "node:path";
import type { ScheduleSettings } from "../../../backup/index.ts";
import type { OpenClawConfig } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import {
  resolveTimer,
  thisHost,
  type ServiceHost,
  type Timer,
  type TimerSpec,
} from "../../../service/index.ts";
import { expandHome } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { installRoot } from "../../package-info.ts";
import { parseDuration } from "../../options.ts";
import { backupFolder } from "./place.ts";

/** Seconds between two looks whether a backup is due: the timer only asks, the schedule is ours on every platform. */
const tickSeconds = 600;
const shortestMs = 15 * 60_000;

/**
 * The configured schedule; null when there is none.
 * @throws UserError BACKUP_SCHEDULE_INVALID naming the key
 */
export async function scheduleSettings(
  context: CommandContext,
  backup: OpenClawConfig["backup"],
): Promise<ScheduleSettings | null> {
  const { every, cron, kind, keep, to, keyFile } = backup;
  if (!every && !cron) return null;
  const { home } = context.paths;
  const path = (given: string) => resolve(expandHome(given, home));
  const base = {
    kind,
    keep: Math.max(1, keep),
    folder: to ? path(to) : backupFolder(context),
    keyFile: keyFile ? path(keyFile) : null,
  };
  if (every && cron) throw invalid("backup.every", every, "and backup.cron exclude each other");
  if (every) {
    const everyMs = parseDuration(every);
    if (everyMs === null) throw invalid("backup.every", every, "is no duration such as 1d or 12h");
    if (everyMs < shortestMs) throw invalid("backup.every", every, "is shorter than 15m");
    return { ...base, schedule: `every ${every}`, next: (after) => Promise.resolve(after + everyMs) };
  }
  const expr = cron ?? "";
  const { Cron } = await import("croner");
  const next = (after: number): Promise<number> => {
    let found: Date | null;
    try {
      found = new Cron(expr).nextRun(new Date(after));
    } catch (error) {
      throw invalid("backup.cron", expr, "is no cron expression", error);
    }
    if (found === null) throw invalid("backup.cron", expr, "never comes");
    return Promise.resolve(found.getTime());
  };
  await next(context.clock.now());
  return { ...base, schedule: `cron ${expr}`, next };
}

const invalid = (key: string, value: string, what: string, cause?: unknown): UserError =>
  new UserError("BACKUP_SCHEDULE_INVALID", `${key} ${JSON.stringify(value)} ${what}`, {
    hint: 'openclaw backup schedule --every 1d   (or --cron "17 3 * * *")',
    cause,
  });

/** The timer of this machine that asks whether a backup is due; null where no service manager would start it. */
export function backupTimer(
  context: CommandContext,
  options: { dry: boolean; host?: ServiceHost },
): { timer: Timer | null; spec: TimerSpec; cronLine: string } {
  const { paths, clock, env, signal } = context;
  const host = options.host ?? thisHost({ env, home: paths.home, clock });
  const { profile, stateDir, configPath, logsDir } = paths;
  const script = join(installRoot(), "bin", "openclaw.js");
  const spec: TimerSpec = {
    job: "backup",
    profile,
    runtime: process.execPath,
    script,
    args: ["backup", "run", "--if-due"],
    everySeconds: tickSeconds,
    stateDir,
    configPath,
    logsDir,
    environment: host.platform === "win32" ? {} : { PATH: "/usr/local/bin:/usr/bin:/bin" },
    background: true,
  };
  const timer = resolveTimer(host, {
    job: "backup",
    profile,
    stateDir,
    system: false,
    dry: options.dry,
    signal,
  });
  const words = [process.execPath, script, ...(profile === "default" ? [] : ["--profile", profile])];
  const state = env["OPENCLAW_STATE_DIR"] ? `OPENCLAW_STATE_DIR=${stateDir} ` : "";
  return { timer, spec, cronLine: `*/10 * * * * ${state}${words.join(" ")} backup run --if-due` };
}
