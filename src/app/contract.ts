import type { SkillsReport, SkillStatus } from "../agent/skills-status.ts";
import type { ChannelManifest, LoginStep } from "../channels/contract.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import type { JsonObject } from "../core/json.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEvent } from "../core/run-events.ts";
import type { Ledger } from "../ledger/contract.ts";
import type { PairingDesk } from "../routing/index.ts";
import type { ApprovalDecision, ApprovalRequest } from "../sandbox/contract.ts";
import type { SandboxRow } from "../sandbox/box/index.ts";
import type { SessionListQuery, SessionRecord } from "../sessions/contract.ts";
import type { Paths } from "../state/paths.ts";

export type { ApprovalDecision, ApprovalRequest, SessionRecord };

type Env = Readonly<Record<string, string | undefined>>;

/** How the program came here. */
export interface Installation {
  kind: "slots" | "checkout" | "npm";
  /** Folder of the package; for `slots` the one with the launcher. */
  root: string;
  /** The command that updates it, where it is not changed from here. */
  byHand: string;
}

export interface GatewayRunOptions {
  paths: Paths;
  env: Env;
  /** Absent: nothing is updated from here. */
  installation?: Installation;
  /** Channels instead of those of this build: a program that brings its own. */
  channels?: readonly ChannelManifest[];
  flags: {
    port?: number;
    bind?: string;
    token?: string;
    verbose?: boolean;
    force?: boolean;
    /** With `force`: also end programs that are no gateway. */
    yes?: boolean;
    allowUnconfigured?: boolean;
    tailscale?: string;
    /** Channels, cron and hooks stay off. */
    safe?: boolean;
    /** Make a first configuration when there is none, and print the dashboard address (`npm start`). */
    setup?: boolean;
  };
}

export interface LocalTurnOptions {
  paths: Paths;
  env: Env;
  message: string;
  /** As the user wrote it; canonicalised by the app. */
  sessionKey?: string;
  agentId?: string;
  thinking?: string;
  /** Reference `provider/model` for this turn only. */
  model?: string;
  timeoutMs?: number;
  signal: AbortSignal;
  onEvent: (event: RunEvent) => void;
  /** Asks the person in front of the terminal; absent when nobody is there (then approvals are denied). */
  approve?: (request: ApprovalRequest) => Promise<ApprovalDecision>;
}

/** What can be told about conversations and messages from the files alone, beside a running gateway or without one. */
export interface LocalState {
  sessions: {
    list(query: SessionListQuery): SessionRecord[];
    get(key: string): SessionRecord | null;
    transcriptPath(key: string): string;
    tail(key: string, limit: number): TranscriptEntry[];
    everything(key: string): AsyncIterable<{ entry: TranscriptEntry; isSuperseded: boolean }>;
  };
  why: Ledger["why"];
  close(): Promise<void>;
}

/** A channel of this build as commands need to know it. */
export interface ChannelInfo {
  id: string;
  label: string;
  can: readonly string[];
  /** Why the others are missing. */
  gaps: Readonly<Record<string, string>>;
  maxTextLength: number;
  maxMediaBytes: number;
  ambiguousSend: string;
  credentials: ReadonlyArray<{ key: string; flag: string; title: string; optional?: boolean }>;
  /** Problems of an account's configuration, as people read them. */
  check(config: JsonObject): Array<{ key: string; message: string }>;
}

export type { LoginStep };

/** Where tools of a session execute, and by which rule. */
export interface SandboxExplanation {
  agentId: string;
  sessionKey: string;
  sandboxed: boolean;
  rule: string;
  mode: string;
  scope: string;
  access: string;
  network: string;
  binds: string[];
  /** Null with the reason where nothing can build it. */
  backend: string | null;
  problem: string | null;
  id: string;
  /** Files and network inside, in words. */
  summary: string;
  tools: Array<{ rule: string; allow: string[] | null; deny: string[] }>;
  /** Who is asked before commands run inside. */
  asks: string;
  /** `allowed`: `channel:id` of the owners who may change the level in chats. */
  elevated: { level: string; allowed: string[] };
}

export interface LocalSandboxes {
  /** `container`: the engine that has one for it now. */
  list(): Promise<Array<SandboxRow & { container: string | null }>>;
  /** Id of the sandbox a session uses. @throws UserError AGENT_UNKNOWN, SESSION_KEY_INVALID */
  idOf(sessionKey: string | undefined, agentId: string | undefined): string;
  /** @throws like `idOf` */
  explain(sessionKey: string | undefined, agentId: string | undefined): SandboxExplanation;
  remove(id: string): Promise<void>;
  /** @throws UserError SANDBOX_IMAGE_INVALID, SANDBOX_UNAVAILABLE; OpenClawError SANDBOX_BUILD_FAILED */
  build(wanted: { image?: string; engine?: "docker" | "podman" }): Promise<{ image: string; engine: string }>;
  close(): Promise<void>;
}

export type SkillsView = SkillsReport;
export type SkillView = SkillStatus;

/** The skills of an installation, without a gateway. */
export interface LocalSkills {
  status(agentId: string): Promise<SkillsView>;
  /** @throws UserError SKILL_UNKNOWN, SKILL_INSTALL_UNKNOWN, SKILL_INSTALL_CHANGED, STATE_BUSY */
  install(wish: {
    agentId: string;
    name: string;
    installId: string;
    plan: string;
    timeoutMs: number;
    by: string;
    signal: AbortSignal;
  }): Promise<{ ok: boolean; message: string; stdout: string; stderr: string; code: number | null }>;
}

/** What the CLI asks of the composition root; reached by dynamic import only. */
export interface AppFacade {
  /** Every channel of this build, and of the plug-ins the configuration names; nothing of them is loaded. */
  listChannels: (options: { config: OpenClawConfig; paths: Paths }) => Promise<ChannelInfo[]>;
  /** Logs an account in without a gateway. @throws UserError CHANNEL_UNKNOWN, LOGIN_NOT_NEEDED, CONFLICT, or what the platform says. */
  loginChannel: (options: {
    paths: Paths;
    channel: string;
    account: string;
    /** Keys of the account. */
    config: JsonObject;
    plugins: OpenClawConfig["plugins"];
    force?: boolean;
    phoneNumber?: string;
    signal: AbortSignal;
    show: (step: LoginStep) => void;
  }) => Promise<{ identity: string }>;
  /** Removes a login without a gateway. */
  logoutChannel: (options: {
    paths: Paths;
    channel: string;
    account: string;
    config: JsonObject;
    plugins: OpenClawConfig["plugins"];
    signal: AbortSignal;
  }) => Promise<{ cleared: boolean }>;
  /** Runs until it is told to stop; resolves with the exit status. Handles its own signals. */
  runGateway: (options: GatewayRunOptions) => Promise<number>;
  /** One agent turn in this process; takes the lock of the state directory. @throws UserError when a gateway holds it. */
  runLocalTurn: (options: LocalTurnOptions) => Promise<RunOutcome>;
  /** Opens the stored state for reading. Works beside a running gateway. */
  openLocalState: (options: { paths: Paths; env: Env }) => Promise<LocalState>;
  /** The sandboxes of this state directory. Works beside a running gateway. Close it when done. */
  openSandboxes: (options: { paths: Paths; env: Env; config: OpenClawConfig }) => Promise<LocalSandboxes>;
  /** The skills of this installation, read from their files. */
  openSkills: (options: { paths: Paths; env: Env; config: OpenClawConfig }) => Promise<LocalSkills>;
  /** The pairing files of a state directory that no gateway runs on. */
  openPairing: (options: { paths: Paths; env: Env }) => Promise<PairingDesk>;
}
