import type { Clock } from "../../core/clock.ts";
import type { ProcessLimits, RootFs, RunningProcess } from "../../guard/index.ts";

export type SandboxMode = "off" | "non-main" | "all";
export type SandboxScope = "session" | "agent" | "shared";
export type WorkspaceAccess = "none" | "ro" | "rw";
export type SandboxBackendName = "bubblewrap" | "docker" | "podman";

/** Where the workspace, and the home of programs, lie inside every sandbox. */
export const insideWorkspace = "/workspace";
export const insideHome = "/home/sandbox";

/** What the configuration says about the sandboxes of one agent (CFG-025…027). */
export interface SandboxSettings {
  mode: SandboxMode;
  scope: SandboxScope;
  access: WorkspaceAccess;
  backend: "auto" | SandboxBackendName;
  /** Absolute folder of private workspaces and homes. */
  folder: string;
  image: string;
  /** `none`, or the name of a network of the container engine. */
  network: string;
  memoryBytes: number;
  cpus: number | null;
  pidsLimit: number;
  /** Of commands inside; nothing else of the operator's environment gets there. */
  env: Readonly<Record<string, string>>;
  /** `/outside:/inside[:rw]`, as configured. */
  binds: readonly string[];
  /** Hours until a container that is not used is removed, and days until a private folder is; 0 keeps. */
  prune: { idleHours: number; maxAgeDays: number };
}

/** Whose sandbox, and of what. */
export interface SandboxSubject {
  agentId: string;
  /** Canonical. */
  sessionKey: string;
  /** Absolute path of the agent's workspace outside. */
  workspaceDir: string;
}

/** One command for the inside. */
export interface SandboxCommand {
  /** Read by `/bin/sh` inside. */
  command: string;
  /** Absolute, inside. */
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin?: string;
  keepInputOpen?: boolean;
  pty: boolean;
}

export type StartOptions = ProcessLimits & { clock: Clock; onOutput: (chunk: string) => void };

/** The sandbox of one run. Nothing is made before it is used. */
export interface ToolSandbox {
  readonly access: WorkspaceAccess;
  /** Nothing a command does in here reaches a file of the operator or a network. */
  readonly sealed: boolean;
  /** What it is, in a few words, for people and for the model. */
  readonly summary: string;
  /** The folder outside that stands for the workspace; made when missing. */
  workspaceDir(): Promise<string>;
  /** The same as files, read-only where the sandbox has it read-only; answers to the names used inside. */
  root(): Promise<RootFs>;
  /** Environment of every command inside. */
  env(): Record<string, string>;
  /**
   * Starts a command inside. Never outside: without a working backend it fails.
   * @throws UserError SANDBOX_UNAVAILABLE, SANDBOX_BIND_REFUSED, SANDBOX_NETWORK_REFUSED; OpenClawError SANDBOX_FAILED
   */
  start(command: SandboxCommand, options: StartOptions): Promise<RunningProcess>;
}

/** What a backend is given. */
export interface BoxSpec {
  /** Stable, safe as a file name. */
  id: string;
  settings: SandboxSettings;
  /** Absolute real paths outside. */
  workspace: { path: string; writable: boolean };
  home: string;
  binds: ReadonlyArray<{ from: string; to: string; writable: boolean }>;
}

/** One way to build sandboxes. */
export interface SandboxBackend {
  readonly name: SandboxBackendName;
  /** See {@link ToolSandbox.start}. `fresh`: the folder was made anew since, so nothing older may be used. */
  start(box: BoxSpec, command: SandboxCommand, options: StartOptions): Promise<RunningProcess>;
  /** Ends what runs in a sandbox and removes what the backend keeps of it; true when there was something. */
  remove(id: string): Promise<boolean>;
  /** Ids of sandboxes of this state directory it keeps something of, and when that was made (epoch milliseconds). */
  kept(): Promise<Array<{ id: string; createdAt: number; running: boolean }>>;
  /** Before the process ends. */
  stop(): Promise<void>;
}

/** A sandbox as `openclaw sandbox list` shows it. Times are epoch milliseconds. */
export interface SandboxRow {
  id: string;
  scope: SandboxScope;
  agentId: string;
  /** The session it belongs to, with scope session. */
  sessionKey: string | null;
  createdAt: number;
  lastUsedAt: number;
  folder: string;
  /** Files and folders in its private workspace; what is lost when it is made anew. */
  files: number;
}
