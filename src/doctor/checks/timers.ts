import { detectSupervisor, resolveGatewayService, resolveTimer, type Timer } from "../../service/index.ts";
import { readBackupRecord } from "../../state/index.ts";
import type { Check, CheckContext, Found } from "../contract.ts";
import { look } from "../disk.ts";

/** Issue 3, section 6: backups that were asked for and are not made. */
export const backupSchedule: Check = {
  id: "backup-schedule",
  title: "Backups are scheduled and are not made",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw backup run`, or `openclaw backup schedule` with its settings once more",
  dependsOn: ["config-invalid"],
  async inspect(context) {
    const { paths, clock } = context;
    const { every, cron } = context.config.config.backup;
    if (!every && !cron) return [];
    const found: Found[] = [];
    const record = readBackupRecord(paths.stateDir);
    if (record?.failure) {
      const { at, message, times } = record.failure;
      found.push({
        evidence: `failed ${times} time(s), last at ${new Date(at).toISOString()}: ${message}`,
        fix: "openclaw backup run",
      });
    } else if (record && clock.now() > record.staleAt) {
      const last = record.last ? new Date(record.last.at).toISOString() : "never";
      found.push({
        evidence: `due since ${new Date(record.dueAt).toISOString()}; the last one: ${last}`,
        fix: "openclaw backup run",
      });
    }
    const again = `openclaw backup schedule ${every ? `--every ${every}` : `--cron "${cron ?? ""}"`}`;
    const problem = await timerProblem(timerOf(context, "backup"));
    if (problem !== null)
      found.push({ evidence: problem, fix: again, undo: "openclaw backup schedule --off" });
    return found;
  },
};

/** Somebody is to be told when the gateway is down, and nothing looks whether it is. */
export const sentinelTimer: Check = {
  id: "sentinel-timer",
  title: "Nothing looks whether the gateway is down",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw gateway install`",
  dependsOn: ["config-invalid"],
  async inspect(context) {
    const { service, paths } = context;
    const { command, webhook, telegram, discord } = context.config.config.sentinel;
    const isTold =
      command.length > 0 ||
      webhook.url ||
      (telegram.botToken && telegram.chatId) ||
      (discord.botToken && discord.channelId);
    if (!isTold || !service || detectSupervisor(service.host) === null) return [];
    const gateway = resolveGatewayService(service.host, { profile: paths.profile, stateDir: paths.stateDir });
    // Without a service of ours the operator runs the sentinel as the gateway itself.
    if (!look(gateway.definitionPath)) return [];
    const problem = await timerProblem(timerOf(context, "sentinel"));
    return problem === null
      ? []
      : [{ evidence: `sentinel.* names somebody to tell, and ${problem}`, fix: "openclaw gateway install" }];
  },
};

async function timerProblem(timer: Timer | null): Promise<string | null> {
  const state = await timer?.inspect();
  if (!state) return null; // no service manager: cron may do it, which we cannot see
  if (!state.installed) return `no timer is installed (${state.definitionPath})`;
  return state.active === false ? `${state.name} is not active` : null;
}

function timerOf({ service, paths, signal }: CheckContext, job: "backup" | "sentinel"): Timer | null {
  if (!service) return null;
  const { profile, stateDir } = paths;
  return resolveTimer(service.host, { job, profile, stateDir, system: false, dry: false, signal });
}
