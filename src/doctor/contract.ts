import type { ConfigInspection } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import type { ServiceHost } from "../service/contract.ts";
import type { Env, GatewayLockInfo, Paths } from "../state/index.ts";

export type Severity = "critical" | "warning" | "info";
export type Surface = "doctor" | "audit" | "both";

/**
 * How willingly a repair is made: `safe` also by `doctor --non-interactive`, `recommended` by `doctor --repair` and
 * `doctor apply`, `forced` only with `--force` (something the owner wrote is given up), `tighten` only by
 * `security audit --fix` (a policy becomes narrower).
 */
export type RepairLevel = "safe" | "recommended" | "forced" | "tighten";

/** What a repair wants; the planner turns all wishes into {@link Change}s, wishes about the config file into one. */
export type Step =
  | { kind: "config-set"; path: readonly string[]; value: unknown }
  | { kind: "config-unset"; path: readonly string[] }
  | { kind: "write"; path: string; bytes: Buffer; mode: number }
  | { kind: "mkdir"; path: string; mode: number }
  | { kind: "rmdir"; path: string }
  | { kind: "chmod"; path: string; mode: number }
  | { kind: "rename"; from: string; to: string }
  | { kind: "delete"; path: string }
  | { kind: "symlink"; path: string; target: string }
  | CommandStep;

/** A program that changes one file and tells others of it: `gateway install` for a service definition. */
export interface CommandStep {
  kind: "command";
  /** The file it changes. */
  path: string;
  /** The program by its absolute path, and its arguments. */
  argv: readonly string[];
  /** As people would type it. */
  shown: string;
  /** What is still to be done when the file has been brought back. */
  afterUndo: string;
}

export interface Repair {
  level: RepairLevel;
  /** What the closing summary says when it is done, e.g. `config migrated`. */
  tick: string;
  steps: Step[];
}

export interface Finding {
  /** Id of the check. */
  id: string;
  severity: Severity;
  title: string;
  /** What was seen and where; never a secret. */
  evidence: string;
  /** Command that mends it, or one sentence. */
  fix: string;
  /** How to take that back. */
  undo: string;
  repair?: Repair;
}

/** What a check gives: the rest of a {@link Finding} comes from the check itself. */
export type Found = Pick<Finding, "evidence" | "fix"> &
  Partial<Pick<Finding, "severity" | "title" | "undo" | "repair">>;

/** One thing that can be wrong. Looks only; what it wants changed is in the finding. */
export interface Check {
  /** kebab-case, never reused. */
  id: string;
  title: string;
  /** Of a finding that names none. */
  severity: Severity;
  surface: Surface;
  /** In the fault table: what mends it. */
  mends: string;
  /** Not run when one of these has a critical finding: their cause would show twice. */
  dependsOn?: readonly string[];
  inspect(context: CheckContext): Found[] | Promise<Found[]>;
}

/** Facts about the machine; tests hand in others. */
export interface Machine {
  platform: NodeJS.Platform;
  nodeVersion: string;
  /** `bun`, when it is not Node that runs this. */
  runtime: string;
  uid: number | null;
  totalMemoryBytes: number;
  /** Limit of the control group; null without one. */
  memoryLimitBytes: number | null;
  freeBytes: (path: string) => number | null;
  /** Who listens on a TCP port of this machine: `node (pid 12)`, "" for somebody unknown, null for nobody. */
  portOwner: (port: number) => Promise<string | null>;
}

/** A question to the running gateway. */
export type AskGateway = (method: string, params?: unknown) => Promise<unknown>;

export interface CheckContext {
  paths: Paths;
  env: Env;
  /** Of this program. */
  version: string;
  clock: Clock;
  config: ConfigInspection;
  machine: Machine;
  /** The gateway that holds this state directory. */
  running: GatewayLockInfo | null;
  /** Null when it is not to be asked. */
  ask: AskGateway | null;
  /** Tries to get into the running gateway without a secret: what it was granted, or null when it was refused. */
  strangerGetsIn: (() => Promise<unknown>) | null;
  /** What is needed to look at the service of this state; null where services are not looked at. */
  service: ServicePlace | null;
  wants: Wants;
  signal: AbortSignal;
}

export interface ServicePlace {
  host: ServiceHost;
  /** Folder of the installed package. */
  packageRoot: string;
  /** `/var/lib/systemd/linger`: a file per user whose services outlive the login. */
  lingerDir: string;
  /** What this command runs with. */
  executable: { kind: "node" | "bun"; path: string };
}

export interface Wants {
  /** Look at everything, however long it takes, and ask the running gateway to probe. */
  deep: boolean;
  generateToken: boolean;
  workspaceSuggestions: boolean;
}

/** A check that did not run, with the reason. */
export interface Skipped {
  id: string;
  because: string;
}

export interface Report {
  findings: Finding[];
  skipped: Skipped[];
  /** Checks that ran. */
  checked: number;
  durationMs: number;
}

/** A change of something on disk, as data: it can be shown, made and taken back. */
export type Change =
  | { kind: "write"; path: string; before: Buffer | null; after: Buffer; mode: number }
  | { kind: "mkdir"; path: string; mode: number }
  | { kind: "rmdir"; path: string; mode: number }
  | { kind: "chmod"; path: string; from: number; to: number }
  | { kind: "rename"; from: string; to: string }
  | { kind: "delete"; path: string; before: Buffer; mode: number }
  | { kind: "symlink"; path: string; target: string }
  | (CommandStep & { before: Buffer | null });

export interface Plan {
  changes: Change[];
  /** Repairs in it, by check. */
  repairs: Array<{ id: string; tick: string }>;
  /** Wishes that could not be planned. */
  left: Skipped[];
}

/** What was done, as `receipt.json` keeps it; the bytes that were there before lie beside it. */
export interface Receipt {
  id: string;
  /** ISO 8601. */
  at: string;
  version: string;
  author: string;
  state: "applied" | "undone";
  repairs: Plan["repairs"];
  entries: ReceiptEntry[];
}

export interface ReceiptEntry {
  kind: Change["kind"];
  path: string;
  /** `rename`: where it went; `symlink`: what it points to. */
  to?: string;
  /** `command`: what is to be done after undoing it. */
  afterUndo?: string;
  before: { mode: number | null; hash: string | null; file: string | null };
  after: { mode: number | null; hash: string | null };
}
