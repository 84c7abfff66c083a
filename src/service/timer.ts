// Small jobs beside the gateway that the operating system starts by itself: the sentinel, scheduled backups.
import type { ServiceChange, ServiceHost, SupervisorKind } from "./contract.ts";
import { detectSupervisor } from "./host.ts";
import { launchdTimer } from "./timer-launchd.ts";
import { schtasksTimer } from "./timer-schtasks.ts";
import { systemdTimer } from "./timer-systemd.ts";

export type TimerJob = "sentinel" | "backup";

/** Everything the definition of such a job says, as one value. */
export interface TimerSpec {
  job: TimerJob;
  profile: string;
  /** Absolute paths. */
  runtime: string;
  script: string;
  /** Words after the program and `--profile`. */
  args: readonly string[];
  /** Seconds between two starts. */
  everySeconds: number;
  /** It does not end: it is started again when it should have ended all the same (Task Scheduler). */
  keepsRunning?: boolean;
  stateDir: string;
  configPath: string;
  logsDir: string;
  environment: Readonly<Record<string, string>>;
  /** The account a job of the machine runs as. */
  account?: { user: string; group: string };
  /** It gives way to whatever else runs on the machine. */
  background?: boolean;
}

export interface TimerState {
  kind: SupervisorKind;
  name: string;
  definitionPath: string;
  installed: boolean;
  /** The manager starts it when its time comes; null when it cannot be asked. */
  active: boolean | null;
  /** Where the definition says something else than it would now; null when it says the same. */
  drift: string | null;
}

/** One timer of one profile in the machine's service manager. A dry one only says what it would do. */
export interface Timer {
  readonly kind: SupervisorKind;
  readonly name: string;
  readonly definitionPath: string;
  /**
   * Writes the definition and switches it on; again it changes nothing. What was there comes back on failure.
   * @throws UserError SERVICE_VALUE_INVALID, SERVICE_COMMAND_FAILED, SERVICE_UNAVAILABLE, SERVICE_DENIED
   */
  install(spec: TimerSpec): Promise<ServiceChange>;
  /** Nothing there is no failure. */
  uninstall(): Promise<ServiceChange>;
  /** Never throws for what may be wrong with a manager. With `wanted` the definition is compared with it. */
  inspect(wanted?: TimerSpec): Promise<TimerState>;
}

export interface TimerOptions {
  job: TimerJob;
  profile: string;
  stateDir: string;
  /** systemd's own instead of the user's. */
  system: boolean;
  dry: boolean;
  /** For a dry `uninstall`: units that will be gone by then. */
  going?: readonly string[];
  signal?: AbortSignal;
}

/**
 * The timer of a job in this machine's service manager, as {@link resolveGatewayService} finds it; null on a platform
 * without one that we know, and on Linux without systemd, where cron or a person has to start the job.
 */
export function resolveTimer(host: ServiceHost, options: TimerOptions): Timer | null {
  const kind = detectSupervisor(host, options.system);
  if (kind === "launchd") return launchdTimer(host, options);
  if (kind === "schtasks") return schtasksTimer(host, options);
  if (kind === null || (!host.systemdBooted && !options.dry)) return null;
  return systemdTimer(host, options);
}
