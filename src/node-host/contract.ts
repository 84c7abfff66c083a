import type { Clock } from "../core/clock.ts";
import type { ExecApprovalsFile, ExecSettings } from "../sandbox/index.ts";

/** A folder that operators of the gateway may look into, or change too. */
export interface Share {
  /** Absolute. */
  path: string;
  write: boolean;
}

/** What commands of this node work with. */
export interface NodeTools {
  clock: Clock;
  /** `tools.exec` of this machine's own configuration: the gateway cannot widen it. */
  settings: () => ExecSettings;
  /** `exec-approvals.json` of this machine. */
  approvals: ExecApprovalsFile;
  /** What children may inherit from, name by name. */
  environment: Readonly<Record<string, string | undefined>>;
  home: string;
  shares: readonly Share[];
  /** Places below a share that stay out of reach: this program's own state. */
  denied: readonly string[];
}

/** What a command is told beside its parameters. */
export interface CommandCall {
  signal: AbortSignal;
  /** Milliseconds the gateway waits. */
  timeoutMs: number;
  /** Tells the gateway about a command it asked for (`exec.started`, `exec.finished`, `exec.denied`). */
  report(event: string, payload: Record<string, unknown>): void;
}

/** The answer to one invocation, as `node.invoke.result` carries it. */
export type CommandAnswer =
  | { ok: true; payload: unknown }
  | { ok: false; error: { code: string; message: string }; payload?: unknown };

/** One command of this node. Bad parameters and failures are thrown as OpenClawError. */
export type NodeCommand = (params: unknown, call: CommandCall) => Promise<CommandAnswer>;

/** What the host is doing, for whoever watches it. */
export type HostState =
  | { state: "connecting"; url: string }
  | { state: "waiting"; url: string; requestId: string }
  | { state: "connected"; url: string; nodeId: string }
  | { state: "retrying"; url: string; reason: string; inMs: number };
