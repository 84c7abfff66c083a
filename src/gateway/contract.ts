import type { z } from "zod";
import type { Principal, RequiredAuthority } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import type { Language } from "../core/language.ts";
import type { Logger } from "../core/logger.ts";
import type { ToolOutput } from "../agent/contract.ts";
import type { SkillsReport } from "../agent/skills-status.ts";
import type { CronService } from "../automation/contract.ts";
import type { HeartbeatService } from "../automation/heartbeat/contract.ts";
import type { SystemEvents } from "../automation/system-events.ts";
import type { ConfigSnapshot, ConfigStore } from "../config/contract.ts";
import type { Ledger } from "../ledger/contract.ts";
import type { ModelRouter } from "../models/contract.ts";
import type { ChannelHost, RunService } from "../routing/contract.ts";
import type { PairingDesk } from "../routing/pairing.ts";
import type { ApprovalService } from "../sandbox/contract.ts";
import type { SessionRecord, SessionStore } from "../sessions/contract.ts";
import type { Paths } from "../state/paths.ts";

/** A live WebSocket connection after `hello-ok`. */
export interface Connection {
  readonly id: string;
  readonly principal: Principal;
  readonly protocol: 3 | 4;
  readonly client: {
    id: string;
    mode: string;
    version: string;
    platform: string;
    displayName?: string;
    instanceId?: string;
  };
  readonly deviceId: string | null;
  readonly caps: ReadonlySet<string>;
  readonly connectedAt: number;
  /** Sends an event to this connection only, without `seq`. False when it was dropped (slow consumer, closed). */
  sendEvent(event: string, payload: unknown): boolean;
  close(code: number, reason: string): void;
}

/** What a method handler is given besides its parameters. */
export interface CallContext {
  connection: Connection;
  principal: Principal;
  requestId: string | number;
  /** Aborts when the connection closes. */
  signal: AbortSignal;
  logger: Logger;
  clock: Clock;
  /**
   * Sends a response now and lets the handler send another one by returning: `agent` answers twice (CONF-41).
   */
  respondEarly(payload: unknown): void;
}

/**
 * One RPC method. Without `authority` it does not compile, so none can be forgotten. `params` is checked before the
 * handler runs; unknown members are refused except for protocol 4 clients (protocol.md 10) and methods with
 * `lenient: true` (those without a schema in the existing system).
 */
export interface Method<P = unknown> {
  name: string;
  authority: RequiredAuthority;
  /** Narrower or wider authority depending on the parameters, e.g. `node.invoke system.run`. */
  authorityFor?: (params: P) => RequiredAuthority;
  params: z.ZodType<P>;
  lenient?: boolean;
  /** Not advertised in hello-ok although it answers. */
  hidden?: boolean;
  /** Checked against real answers in tests. */
  result?: z.ZodType;
  /** The payload of the answer, or a promise of it; a `RawJson` is sent as it is. */
  handler(params: P, context: CallContext): unknown;
}

/**
 * Keeps the type of the parameters while methods of all kinds share one list. A schema that is given as a function is
 * made when the method is first called: making all of them is a tenth of the gateway's start.
 */
export function method<P>(
  definition: Omit<Method<P>, "params"> & { params: z.ZodType<P> | (() => z.ZodType<P>) },
): Method {
  const { params, ...rest } = definition;
  let made = typeof params === "function" ? null : params;
  return {
    ...rest,
    get params() {
      return (made ??= (params as () => z.ZodType<P>)());
    },
  } as unknown as Method;
}

export interface LogTail {
  file: string;
  cursor: number;
  size: number;
  lines: string[];
  truncated: boolean;
  reset: boolean;
}

/** Sends an event to all connections that may see it. */
export interface Broadcaster {
  /** `droppable` events are skipped for slow consumers, others close them (1008 slow consumer). */
  broadcast(
    event: string,
    payload: unknown,
    options: {
      droppable: boolean;
      stateVersion?: { presence: number; health: number };
      requires?: RequiredAuthority;
    },
  ): void;
  connections(): Iterable<Connection>;
}

/** What the gateway made of the config file (RLD), as `status` and `health` show it. */
export interface ReloadState {
  mode: "hybrid" | "hot" | "restart" | "off";
  /** Hash of the revision the gateway works with. */
  inForce: string;
  /** Keys of the file that wait for a restart by hand. */
  pending: string[];
  /** The revision on trial and when its trial ends, epoch milliseconds. */
  probation: { hash: string; until: number } | null;
  /** The last revision the gateway took back by itself. */
  reverted: { hash: string; to: string; at: number; reason: string } | null;
}

export interface SafeMode {
  /**
   * `flag`: somebody asked for it; `brake`: the gateway started and died over and over; `restore`: the state came from
   * a backup and nobody has confirmed yet that it shall speak to the world.
   */
  by: "flag" | "brake" | "restore";
  reason: string;
  since: number;
}

/** How the gateway before this one ended, and what it left to be taken up. */
export interface LastEnd {
  /**
   * `stopped`: it was told to stop, and did; `restarted`: the same within this process; `cut`: it was killed, crashed, or
   * lost its machine; `first`: nothing is known of one before.
   */
  kind: "stopped" | "restarted" | "cut" | "first";
  /** Epoch milliseconds; null when nobody could write it down. */
  at: number | null;
  /** Runs that went on from their journal. */
  runs: number;
  /** Transcripts with lines that had to be completed. */
  transcripts: number;
  /** Messages that were on their way out. */
  deliveries: number;
}

/** What is wrong according to the doctor, as its cards show it; secrets are hidden. */
export interface DoctorView {
  findings: Array<{
    id: string;
    severity: "critical" | "warning" | "info";
    title: string;
    evidence: string;
    fix: string;
    undo: string;
    /** What a repair would change, absent when there is none; `hash` names exactly this plan. */
    plan?: { hash: string; changes: Array<{ summary: string; diff: string[] }> };
  }>;
  checked: number;
  skipped: Array<{ id: string; because: string }>;
  /** Repairs that were made, newest first. */
  receipts: Array<{ id: string; at: string; author: string; undone: boolean; repairs: string[] }>;
}

/** The doctor beside a running gateway. */
export interface DoctorDesk {
  report(): Promise<DoctorView>;
  /** Makes the repair that was shown. @throws UserError DOCTOR_STATE_CHANGED when the plan is another one by now. */
  apply(wish: { id: string; hash: string; author: string }): Promise<{ receipt: string | null }>;
  /** @throws UserError DOCTOR_UNDO_CONFLICT, DOCTOR_RECEIPT_UNKNOWN */
  undo(receipt: string, author: string): Promise<{ restored: string[] }>;
}

/** A step of the setup wizard on the wire (protocol.md 3.11); `section`, `optional` and `canGoBack` are ours. */
export interface WizardStep {
  id: string;
  type: "note" | "select" | "text" | "confirm" | "multiselect";
  title: string;
  message: string;
  options?: Array<{ value: string; label: string; hint?: string }>;
  initialValue?: string | boolean | string[];
  placeholder?: string;
  sensitive?: boolean;
  executor: "gateway";
  section: string;
  optional: boolean;
  canGoBack: boolean;
}

export interface WizardProgress {
  done: boolean;
  step?: WizardStep;
  status: "running" | "done" | "cancelled" | "error";
  /** Why the answer was none, or why it could not be done. */
  error?: string;
  /** What the test of the answer told. */
  note?: string;
}

/** The setup wizard beside a running gateway. */
export interface WizardDesk {
  start(wish: { workspace?: string; language?: Language }): Promise<WizardProgress & { sessionId: string }>;
  /** Answers the step, or one before it; `back` goes one back; neither shows where it is. @throws OpenClawError INVALID_REQUEST, UNAVAILABLE */
  next(wish: {
    sessionId: string;
    answer?: { stepId: string; value?: string | boolean | string[] | undefined } | undefined;
    back?: true | undefined;
    /** From here on it asks in this language. */
    language?: Language | undefined;
  }): Promise<WizardProgress>;
  cancel(sessionId: string): Pick<WizardProgress, "status" | "error">;
  status(sessionId: string): Pick<WizardProgress, "status" | "error">;
}

/** What became of `update.run` (protocol.md 3.11). */
export interface UpdateAnswer {
  ok: boolean;
  result: {
    status: "ok" | "skipped" | "error";
    /** How this copy came here: `slots`, `checkout`, `npm`. */
    mode: string;
    root?: string;
    before: { version: string };
    after?: { version: string };
    steps: Array<{ name: string }>;
    durationMs: number;
    /** Why it was skipped or failed, with what to do. */
    reason?: string;
  };
  restart: { ok: true; pid: number; delayMs: number; reason: string; mode: string } | null;
  sentinel: { path: string; payload: unknown } | null;
}

/** Updates of the program this gateway runs from. */
export interface UpdateDesk {
  /** @throws UserError UPDATE_RUNNING */
  run(wish: {
    sessionKey?: string | undefined;
    note?: string | undefined;
    restartDelayMs?: number | undefined;
    timeoutMs?: number | undefined;
    by: string;
  }): Promise<UpdateAnswer>;
}

/** Somebody who speaks, as `tts.providers` lists it. */
export interface SpeechProvider {
  id: string;
  name: string;
  configured: boolean;
  models: string[];
  voices?: string[];
}

/** Spoken text (protocol.md 3.11, `tts.*`). */
export interface SpeechDesk {
  status(): {
    enabled: boolean;
    auto: string;
    provider: string;
    fallbackProvider: string | null;
    fallbackProviders: string[];
    prefsPath: string;
    hasOpenAIKey: boolean;
    hasElevenLabsKey: boolean;
    edgeEnabled: boolean;
  };
  providers(): { providers: SpeechProvider[]; active: string };
  /** The operator's choice; it outlives the process. @throws UserError SPEECH_OFF when nobody could speak */
  enable(enabled: boolean): { enabled: boolean };
  /** @throws UserError SPEECH_PROVIDER */
  setProvider(provider: string): { provider: string };
  /** A file of the media store with the text as a recording. @throws UserError SPEECH_TOO_LONG, SPEECH_OFF, MEDIA_*; OpenClawError UNAVAILABLE */
  convert(
    text: string,
    signal: AbortSignal,
  ): Promise<{ audioPath: string; provider: string; outputFormat: string; voiceCompatible: boolean }>;
}

/** One tool and who may have it used, by kind of session. */
export interface ToolRow {
  name: string;
  /** First sentence of what the model is told. */
  about: string;
  groups: string[];
  effect: "read" | "write" | "exec" | "network";
  /** In the order of {@link ToolMatrix.columns}: the rule that refuses it, null where it is allowed. */
  refusedBy: Array<string | null>;
}

/** What tool policy comes to for one agent. */
/** What tools of a sandboxed session see (docs/sandbox.md). */
export interface SandboxView {
  access: "none" | "ro" | "rw";
  /** `none`, or the name of a network. */
  network: string;
}

export interface ToolMatrix {
  columns: Array<{ session: "main" | "direct" | "group" | "cron" | "hook" | "subagent"; owner: boolean }>;
  tools: ToolRow[];
}

/** A piece of an answer that is being made. */
export type LivePart =
  | { kind: "text" | "thinking"; text: string }
  | {
      kind: "tool";
      tool: {
        id: string;
        name: string;
        input: unknown;
        output: string | null;
        state: "running" | "done" | "failed";
        durationMs: number | null;
        /** Id of the approval it waits for, if it does. */
        waitingFor: string | null;
      };
    };

/** A run that is going on. */
export interface LiveRun {
  runId: string;
  /** Canonical key. */
  sessionKey: string;
  /** Epoch milliseconds from which on `parts` tell all it said and did; what was before is in the transcript. */
  since: number;
  parts: LivePart[];
}

/** The runs of this process as they stand, and which conversation each connection looks at. */
export interface LiveRuns {
  /** Those of a session (canonical key), oldest first. */
  of(sessionKey: string): LiveRun[];
  /** Events of this session that are meant for those who watch go to the connection too; it watches one at a time. */
  follow(connection: Connection, sessionKey: string): void;
  follows(connection: Connection, sessionKey: string): boolean;
  stop(): void;
}

/** Everything the server needs, chosen by the composition root (`app/`). Methods and routes take what they use from it. */
export interface GatewayServices {
  version: string;
  paths: Paths;
  clock: Clock;
  logger: Logger;
  config: ConfigStore;
  /** The accepted configuration at this moment. */
  current(): ConfigSnapshot;
  runs: RunService;
  liveRuns: LiveRuns;
  ledger: Ledger;
  sessions: SessionStore;
  models: ModelRouter;
  approvals: ApprovalService;
  channels: ChannelHost;
  /** Who asked to be let in on a channel, and who was. */
  pairing: PairingDesk;
  broadcaster: Broadcaster;
  /** Tools as `/tools/invoke` may run them: policy, approval, limits and caps applied. */
  invokeTool(call: {
    name: string;
    input: unknown;
    sessionKey: string;
    principal: Principal;
    signal: AbortSignal;
  }): Promise<{ found: boolean; output: ToolOutput | null }>;
  /** Asks for an in-process restart (same pid, HID-014) after `delayMs`; returns at once. */
  restart(reason: string, delayMs: number): void;
  /** How the file was last taken up; absent where nothing follows it. */
  reload?: { state(): ReloadState };
  /** Why channels, cron and hooks are off; null when they are not. */
  safeMode?: () => SafeMode | null;
  lastEnd?: () => LastEnd;
  /** Absolute path of an agent's workspace. */
  workspaceDir(agentId: string): string;
  /** The end of the log (protocol.md 3.1, `logs.tail`); `cursor` of the answer continues where it ended. */
  tailLog(query: { cursor?: number; limit?: number; maxBytes?: number }): LogTail | Promise<LogTail>;
  skills: {
    /** The answer of `skills.status` (protocol.md 3.7). */
    status(agentId: string): SkillsReport | Promise<SkillsReport>;
    /** Installs what a skill needs (`skills.install`). @throws UserError SKILL_UNKNOWN, SKILL_INSTALL_UNKNOWN, SKILL_INSTALL_CHANGED, STATE_BUSY */
    install(wish: {
      agentId: string;
      name: string;
      installId: string;
      plan?: string | undefined;
      timeoutMs?: number | undefined;
      by: string;
    }): Promise<{ ok: boolean; message: string; stdout: string; stderr: string; code: number | null }>;
    /** Binaries that skills ask for, sorted. */
    bins(): string[] | Promise<string[]>;
  };
  /** How the sandbox of a session appears to its tools; null when they execute on the machine. Absent where no tools are. */
  sandboxOf?(session: Pick<SessionRecord, "key" | "agentId" | "spawnedBy">): SandboxView | null;
  /** What an agent's tool policy comes to; absent where no tools are. */
  toolMatrix?(agentId: string): ToolMatrix | Promise<ToolMatrix>;
  doctor?: DoctorDesk;
  speech?: SpeechDesk;
  update?: UpdateDesk;
  wizard?: WizardDesk;
  /** `exec-approvals.json` (protocol.md 3.10). */
  execApprovals: {
    get(): unknown;
    /** @throws OpenClawError when `baseHash` is missing or stale, or the file is not valid. */
    set(file: unknown, baseHash: string | undefined): unknown;
  };
  cron: CronService;
  /** Texts that wait for the next run of a main session (`system-event`, `wake`, hooks, nodes, jobs). */
  systemEvents: SystemEvents;
  /** The agents' looking around by themselves. */
  heartbeat: HeartbeatService;
  /** Guarded fetch for addresses that came from outside (threats.md section 3, `fetchGuarded`). */
  fetch: typeof fetch;
  /** Epoch milliseconds of the start of this process's gateway. */
  startedAt: number;
  /** Address it really listens on. */
  listening(): { host: string; port: number; bind: string; tls: boolean };
}
