import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";

export type SupervisorKind = "systemd-user" | "systemd-system" | "launchd" | "schtasks";

/** What runs as a service: the gateway, or a node host that serves one (docs/nodes.md). */
export type ServiceRole = "gateway" | "node";

/** Everything a service definition says, as one value; renderers turn it into the platform's text. */
export interface ServiceSpec {
  profile: string;
  version: string;
  runtime: { kind: "node" | "bun"; /** Absolute. */ path: string };
  /** Absolute path of the `openclaw` program. */
  script: string;
  /** Of the gateway; a node listens nowhere, and says nothing about it. */
  port: number;
  /** A node host instead of the gateway. `options`: what `openclaw node run` is told, no secrets. */
  node?: { options: readonly string[] };
  stateDir: string;
  configPath: string;
  logsDir: string;
  /** `PATH`, `NODE_OPTIONS` and what else is not secret, beside the documented `OPENCLAW_*` names. */
  environment: Readonly<Record<string, string>>;
  /** `OPENCLAW_GATEWAY_TOKEN`, `OPENCLAW_GATEWAY_PASSWORD`: only when they are not in the configuration file. */
  secrets: Readonly<Record<string, Secret>>;
  /** The account a system service runs as. */
  account?: { user: string; group: string };
  /** The gateway reports readiness and liveness (`Type=notify`); false where the tool for it is missing. */
  notify: boolean;
  /** Windows: start without anybody being logged on (S4U, no stored password). */
  withoutLogon?: boolean;
}

/** What an installed definition says, also one edited by hand or written by another version; null is "does not say". */
export interface ServiceFacts {
  args: string[];
  runtime: string | null;
  script: string | null;
  profile: string | null;
  port: number | null;
  stateDir: string | null;
  configPath: string | null;
  version: string | null;
  nodeOptions: string | null;
  token: Secret | null;
  password: Secret | null;
  account: string | null;
  /** Carries `OPENCLAW_SERVICE_MARKER`. */
  marked: boolean;
  /** Names of the secrets' file when it cannot be read, lines that make no sense. */
  problems: string[];
}

export interface ServiceFile {
  path: string;
  text: string;
  /** `utf16le` for task definitions. */
  encoding: "utf8" | "utf16le";
  mode: number;
  /** Never shown: the secrets in `text`. */
  hide?: readonly string[];
}

export type ServiceRuntime = "running" | "stopped" | "loaded" | "exited" | "unknown";

export interface ServiceState {
  kind: SupervisorKind;
  /** Unit, label or task. */
  name: string;
  installed: boolean;
  definitionPath: string;
  runtime: ServiceRuntime;
  pid: number | null;
  /** Starts by itself at boot or login; null when unknown. */
  enabled: boolean | null;
  /** In the supervisor's words, e.g. `failed (exit-code, status 78)`. */
  detail: string;
  facts: ServiceFacts | null;
  /** Why the supervisor could not be asked. */
  problem: string | null;
}

/** A service of this machine that is or was ours. */
export interface FoundService {
  name: string;
  path: string;
  /** `current` and `profile` are ours, `extra` carries our marker on a state directory nobody knows, `legacy` is of an older name. */
  status: "current" | "profile" | "extra" | "legacy";
  facts: ServiceFacts | null;
  /** The commands that remove it. */
  removal: string[];
}

export interface ServiceChange {
  kind: SupervisorKind;
  name: string;
  definitionPath: string;
  /** What was done, or would be: commands as one types them, and files. */
  steps: ServiceStep[];
  /** For the person: advice that failed nothing. */
  notes: string[];
  started: boolean;
}

export type ServiceStep =
  | { kind: "command"; text: string }
  | { kind: "write"; path: string; mode: string; text: string }
  | { kind: "remove"; path: string };

/** One service manager. Every method says in full what it did; with a dry runner it only says so. */
export interface Supervisor {
  readonly kind: SupervisorKind;
  readonly name: string;
  readonly definitionPath: string;
  /**
   * Writes the definition and starts it. The files that were there come back when the manager refuses the new ones.
   * @throws UserError SERVICE_VALUE_INVALID, SERVICE_COMMAND_FAILED, SERVICE_UNAVAILABLE, SERVICE_START_FAILED
   */
  install(spec: ServiceSpec, options: { start: boolean }): Promise<ServiceChange>;
  /** Stops it and removes everything install made. Nothing there is no failure. */
  uninstall(): Promise<ServiceChange>;
  /** Idempotent. @throws UserError SERVICE_NOT_INSTALLED, SERVICE_START_FAILED */
  start(): Promise<ServiceChange>;
  /** Stays stopped until it is started, or until the next boot or login. */
  stop(): Promise<ServiceChange>;
  /** Never leaves the job unloaded; a failed start is an error (HID-038). */
  restart(): Promise<ServiceChange>;
  /** Never throws for what may be wrong with a supervisor; asks it only when a definition exists. */
  inspect(): Promise<ServiceState>;
  /** Definitions of this machine that look like ours. */
  scan(): Promise<FoundService[]>;
  /** Stops and removes a service that {@link scan} found: the way an older name is migrated. */
  remove(found: FoundService): Promise<ServiceChange>;
  /** The command that shows the service's log. */
  logHint(): string;
}

/** The machine as the supervisors see it; a test passes another one. */
export interface ServiceHost {
  platform: NodeJS.Platform;
  uid: number;
  user: string;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Where `systemctl`, `launchctl`, `schtasks.exe` are looked for; nowhere else. */
  folders: readonly string[];
  /** systemd is the init of this machine. */
  systemdBooted: boolean;
  /** Inside the Windows Subsystem for Linux; the distribution's name. */
  wsl: string | null;
  /** `/etc/systemd/system` */
  systemUnitDir: string;
  /** `/etc/openclaw`: secrets of system services. */
  systemSecretsDir: string;
  /** `/run/user/<uid>` */
  runtimeDir: string;
}
