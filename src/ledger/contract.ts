import type { StoredPrincipal } from "../core/authority.ts";
import type {
  ContentBlock,
  TextOrigin,
  Replaced,
  ThinkingLevel,
  TranscriptEntry,
  Usage,
} from "../core/conversation.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { OutcomeReason, RunOutcome } from "../core/outcome.ts";

/** What happens to a message that arrives while its session is busy. */
export type QueueMode = "collect" | "followup" | "steer" | "interrupt";

/** A reference to media stored under the state directory by digest. */
export interface MediaRef {
  digest: string;
  mimeType: string;
  bytes: number;
  fileName?: string;
}

/** Where a reply goes besides the transcript and the event bus; absent means nowhere. */
export interface DeliveryTarget {
  channel: string;
  account: string;
  to: string;
  threadId?: string;
  /** The platform's id of the message that is answered, for quotes and reactions; not part of the place. */
  answers?: string;
}

export interface RunOptions {
  thinking?: ThinkingLevel;
  /** Reference `provider/model` for this run only. */
  model?: string;
  /** Milliseconds from the start of the run. */
  timeoutMs?: number;
  extraSystemPrompt?: string;
  /** Function tools the HTTP client runs itself. */
  clientTools?: Array<{ name: string; description?: string; parameters?: JsonObject }>;
  toolChoice?: "auto" | "none" | "required" | { name: string };
  maxOutputTokens?: number;
  /** Conversation the HTTP client brought along, placed before the message of this run only. */
  history?: TranscriptEntry[];
  /** A look around by the agent itself: what it records is an aside, and only what is worth telling an answer. */
  aside?: {
    /** Characters beside the token that still mean "nothing to tell". */
    ackMaxChars: number;
    /** What the model thought is told too. */
    reasoning: boolean;
  };
  /** Results of client tools that answer pending calls of the previous turn. */
  clientToolResults?: Array<{ callId: string; output: string }>;
}

/** A message to be accepted. Counts as accepted once {@link Ledger.accept} resolves. */
export interface InboundMessage {
  /** Unique among all doors: `<door>:<account or scope>:<platform id or idempotency key>`. */
  dedupeKey: string;
  /** The id clients know the run by; for RPC doors their idempotency key. */
  runId: string;
  door: string;
  sessionKey: string;
  agentId: string;
  /** Key exactly as the client sent it, echoed in its events (protocol.md 12). */
  sessionKeyAsSent: string;
  principal: StoredPrincipal;
  origin: TextOrigin;
  text: string;
  media: MediaRef[];
  mode: QueueMode;
  deliverTo: DeliveryTarget | null;
  options: RunOptions;
  /** The earlier message this one takes the place of; taken only while the session is idle. */
  replaces?: Replaced;
  /** Connection that asked, for directed events; meaningless after a restart. */
  connId?: string;
}

export interface InboxRow extends InboundMessage {
  /** Order of acceptance over all sessions. */
  seq: number;
  receivedAt: number;
  state: "queued" | "running" | "done";
  /** The run that took it; differs from `runId` when collected or steered into another one. */
  takenByRunId: string | null;
  outcome: OutcomeReason | null;
  outcomeDetail: string | null;
  doneAt: number | null;
}

/** The right to work on a session: valid while `fence` is the newest for that run. */
export interface Lease {
  runId: string;
  sessionKey: string;
  agentId: string;
  sessionId: string;
  fence: number;
  /** Epoch milliseconds; the run must have ended by then. */
  deadlineAt: number;
  /** The messages this run answers, oldest first. Grows by {@link Ledger.takeSteering}. */
  messages: InboxRow[];
  /** True when an earlier holder died; the transcript and `openTools` say how far it came. */
  resumed: boolean;
  attempt: number;
}

export interface ToolStep {
  callId: string;
  name: string;
  input: JsonValue;
  effect: "read" | "write" | "exec" | "network";
  state: "started" | "done";
  startedAt: number;
}

export type DeliveryMediaKind = "image" | "audio" | "voice" | "video" | "document";

/** How far a message of the model was sent with a delivery, for answers that go out in blocks. */
export interface BlockMark {
  /** Which of the run's messages, from 0. */
  turn: number;
  /** How many of its characters are sent, blanks not counted, and a digest of them. */
  end: number;
  digest: string;
}

/** What a delivery does besides carrying its text; absent, it is a plain message. */
export type DeliveryContent =
  | {
      kind: "message";
      replyTo?: string;
      media?: Array<MediaRef & { kind: DeliveryMediaKind }>;
      buttons?: Array<Array<{ label: string; value: string; style?: "primary" | "danger" }>>;
      silent?: boolean;
      /** Markdown that is sent as a voice message, made when it is sent. */
      speech?: string;
      /** Key of an earlier delivery whose message this text takes the place of, where that one was sent. */
      replaces?: string;
      block?: BlockMark;
    }
  | { kind: "poll"; question: string; options: string[]; maxSelections: number; durationHours?: number }
  | {
      kind: "edit";
      messageId: string;
      buttons?: Array<Array<{ label: string; value: string; style?: "primary" | "danger" }>>;
    }
  | { kind: "delete"; messageId: string }
  | { kind: "react"; messageId: string; emoji: string; remove?: boolean };

/** A message to somebody outside, sent at most once per `key` as far as the channel can tell. */
export interface NewDelivery {
  /** Deterministic, e.g. `<runId>:<payload>:<part>`; passed on where the platform de-duplicates by key. */
  key: string;
  runId: string | null;
  target: DeliveryTarget;
  /** Already short enough for one message; empty for what carries no text. */
  text: string;
  /** Addresses of files to be fetched and sent along. */
  mediaUrls?: string[];
  content?: DeliveryContent;
}
export interface DeliveryRow extends NewDelivery {
  id: number;
  state: "pending" | "sending" | "sent" | "dead" | "unknown";
  attempts: number;
  nextAttemptAt: number;
  lastError: string | null;
  receipt: JsonObject | null;
  createdAt: number;
  settledAt: number | null;
}

export type DeliveryResult =
  | { kind: "sent"; receipt: JsonObject }
  /** `ambiguous`: this try may have arrived, so the next one has to find out first. */
  | { kind: "retry"; error: string; afterMs?: number; ambiguous?: boolean }
  | { kind: "dead"; error: string }
  /** The platform may or may not have it and cannot be asked: shown to the operator, never guessed. */
  | { kind: "unknown"; error: string };

/** One remembered fact about a message, run or session for `openclaw why`. */
export interface TraceRow {
  at: number;
  subject: string;
  stage: string;
  rule: string;
  detail: string;
}

/** What finished runs used, added up over one day (UTC), agent, model and door. */
export interface UsageRow {
  /** `2026-01-31` */
  date: string;
  agentId: string;
  provider: string | null;
  model: string | null;
  /** Where the message came in: `channel:telegram`, `chat.send`, `cron`, …; null when that is forgotten. */
  door: string | null;
  runs: number;
  /** Runs that did not end well. */
  failed: number;
  /** Tokens. */
  input: number;
  output: number;
  total: number;
  /** US dollars, of the runs whose model has a known price. */
  cost: number;
  /** Runs without a known price. */
  unpriced: number;
}

/** One run as a list of runs shows it. */
export interface RunRow {
  runId: string;
  sessionId: string;
  agentId: string;
  state: "running" | "done";
  startedAt: number;
  endedAt: number | null;
  attempt: number;
  /** How many tool calls it journaled. */
  steps: number;
  /** Null while it runs; so are the rest. */
  status: RunOutcome["status"] | null;
  reason: OutcomeReason | null;
  provider: string | null;
  model: string | null;
  usage: Usage | null;
  error: RunOutcome["error"] | null;
}

export interface AcceptResult {
  row: InboxRow;
  /** The same dedupe key was accepted before; `row` is that earlier one and nothing new was stored. */
  duplicate: boolean;
}

export interface LanePolicy {
  /** Runs at a time over all agents. */
  maxConcurrent: number;
  maxConcurrentPerAgent: (agentId: string) => number;
  /** Milliseconds until a run without a heartbeat is anybody's. */
  leaseMs: number;
  /** Milliseconds a run may take when the message does not say. */
  defaultTimeoutMs: number;
  /** Queued messages per session before new ones are refused with `refused_limit`. */
  maxQueuedPerSession: number;
  /** Times a run may be claimed before it ends as `failed_internal`, so that no message can crash-loop for ever; default 5. */
  maxAttempts?: number;
  /** Times a delivery is tried before it is dead; default 300, a day of tries five minutes apart. */
  maxDeliveryAttempts?: number;
  /** Days until steps, trace and settled deliveries of finished work are forgotten; default 90. */
  detailDays?: number;
  /** Days until finished messages (with their dedupe keys) and outcomes are forgotten; default 400, at least 30. */
  outcomeDays?: number;
}

/** Messages that {@link Ledger.claim} ended by itself: superseded, or of a run that was given up. */
export interface SettledByLedger {
  rows: InboxRow[];
  /** The outcome of each row, in the order of `rows`. */
  outcomes: RunOutcome[];
  /** Set when a run was given up (too many attempts, or past its deadline without a sign of life). */
  runId: string | null;
}

/** What an end left for the next start. */
export interface Recovered {
  /** Runs put down in good order ({@link Ledger.park}). */
  parkedRuns: number;
  /** Runs whose process was gone without that. */
  interruptedRuns: number;
  healedTranscripts: number;
  ambiguousDeliveries: number;
}

/**
 * The only owner of the answer to "what is running, what is waiting, what was sent" (design.md). Every write is
 * committed and fsynced when its promise resolves; writes of one event-loop turn share a commit. Writes that take a
 * lease fail with OpenClawError LEASE_LOST when another holder has taken the run over.
 */
export interface Ledger {
  /**
   * A message refused with `refused_limit` may be sent again under its key; any other refusal stands.
   * @throws OpenClawError SESSION_BUSY for one that takes the place of another while its session has work; nothing is
   * stored then.
   */
  accept(message: InboundMessage): Promise<AcceptResult>;

  /**
   * Claims the next eligible run: the oldest queued message of a session that has no live lease, or a run whose lease
   * lapsed. Messages in `collect` mode that wait one after another in the same session are taken together when they have
   * the same authority, reply target and options (lane-rules.ts). Null when nothing is eligible.
   */
  claim(now: number): Promise<Lease | null>;
  /** Prolongs every lease this process holds; returns the run ids that were lost meanwhile. */
  heartbeat(now: number): Promise<string[]>;
  /**
   * Puts a run down that its holder is told to leave: whoever claims next goes on with it from its journal. Being put
   * down is no failed attempt (`maxAttempts`).
   */
  park(lease: Lease, why: string): Promise<void>;
  /**
   * Takes queued `steer` messages of the session into the running run; they count as its messages from then on and are
   * added to `lease.messages`. Messages with less authority than the run stay queued for a run of their own.
   */
  takeSteering(lease: Lease): Promise<InboxRow[]>;

  /** Appends transcript entries and, in the same commit, whatever else the step means. */
  recordEntries(lease: Lease, entries: TranscriptEntry[]): Promise<void>;
  /** Journals that a tool is about to run. Must resolve before the tool has any effect. */
  beginTool(lease: Lease, step: Omit<ToolStep, "state" | "startedAt">): Promise<void>;
  /** Journals its result together with the transcript entry that carries it. */
  finishTool(lease: Lease, callId: string, entry: TranscriptEntry): Promise<void>;
  /** Steps begun without a recorded result: what a resumed run must settle as "outcome unknown" or repeat when `read`. */
  openTools(runId: string): Promise<ToolStep[]>;

  /**
   * Ends the run in one commit: entries, outcome, usage totals, the reason of every message, and the deliveries.
   * `deliveries` are visible to {@link claimDelivery} only after that commit.
   */
  complete(
    lease: Lease,
    end: {
      outcome: RunOutcome;
      entries: TranscriptEntry[];
      deliveries: NewDelivery[];
      messageReason?: OutcomeReason;
    },
  ): Promise<void>;
  /** Ends queued messages that no run has taken (reset, interrupt, refusal), with their reason. */
  settleQueued(
    filter: { sessionKey?: string; runId?: string },
    reason: OutcomeReason,
    detail: string,
  ): Promise<InboxRow[]>;
  /**
   * A message refused before it could be queued still gets its row, so that `why` can explain it; so does a command that
   * was carried out on arrival (`command`), with its answer as the detail.
   */
  refuse(message: InboundMessage, reason: OutcomeReason, detail: string): Promise<AcceptResult>;

  /** Outcome of a finished run, under its own id or the id of any message it took; null while unfinished or unknown. */
  outcome(runId: string): RunOutcome | null;
  findRun(runId: string): {
    state: "queued" | "running" | "done";
    sessionKey: string;
    runId: string;
    startedAt: number | null;
  } | null;
  /** Runs with a live lease of this process and messages that wait, for `status`. */
  activity(): {
    running: Array<{
      runId: string;
      sessionKey: string;
      agentId: string;
      startedAt: number;
      deadlineAt: number;
    }>;
    queued: number;
  };
  queued(sessionKey: string): InboxRow[];
  /** Where the answer of a run goes: the place of its newest message that wants one; null when none does. */
  replyTarget(runId: string): DeliveryTarget | null;
  /** The message with this dedupe key, whatever became of it. */
  message(dedupeKey: string): InboxRow | null;
  /** Gives a message that no run has taken yet another text; null when it is not queued (any more). */
  amendQueued(dedupeKey: string, text: string): Promise<InboxRow | null>;

  enqueueDelivery(delivery: NewDelivery): Promise<{ row: DeliveryRow; duplicate: boolean }>;
  /**
   * The same for what stands in for the answer of its run until that is there: nothing is stored, and null comes back,
   * once the run has ended. Whatever the end of the run delivers is therefore behind it.
   */
  enqueueWhileRunning(delivery: NewDelivery & { runId: string }): Promise<DeliveryRow | null>;
  /**
   * Claims the next due delivery per target in order; a `sending` row left by a dead process comes back with
   * `ambiguous: true`. Targets that `accepts` refuses are passed over, their deliveries stay as they are.
   */
  claimDelivery(
    now: number,
    accepts?: (target: DeliveryTarget) => boolean,
  ): Promise<{ row: DeliveryRow; ambiguous: boolean } | null>;
  settleDelivery(id: number, result: DeliveryResult, now: number): Promise<void>;
  /** When the next open delivery whose target `accepts` takes is due, epoch milliseconds; null when there is none. */
  nextDeliveryAt(accepts?: (target: DeliveryTarget) => boolean): number | null;
  /**
   * What the operator decides about a delivery: `retry` sends one that is dead or unknown once more from the start,
   * `drop` ends one that is not sent, or lets one that is dead rest. Null when no delivery has this key or it is in a state where that means nothing.
   */
  decideDelivery(key: string, decision: "retry" | "drop", now: number): Promise<DeliveryRow | null>;
  deliveries(filter: {
    runId?: string;
    state?: DeliveryRow["state"];
    key?: string;
    limit?: number;
  }): DeliveryRow[];

  trace(row: Omit<TraceRow, "at">): Promise<void>;
  /** Everything known about a message id, run id, dedupe key or session key, oldest first. */
  why(subject: string): {
    messages: InboxRow[];
    run: RunOutcome | null;
    steps: ToolStep[];
    deliveries: DeliveryRow[];
    trace: TraceRow[];
  };

  /** Runs that answered messages of a session, newest first. */
  runsOf(sessionKey: string, limit: number): RunRow[];
  /** What runs used that ended from `from` on and before `until` (epoch milliseconds), oldest day first. Cost grows with their number. */
  usage(from: number, until: number): UsageRow[];

  /** Tells of messages that {@link claim} ended by itself, after the commit; returns the function that unsubscribes. */
  onSettled(listener: (settled: SettledByLedger) => void): () => void;

  /** Makes leases of earlier processes on this state directory claimable at once and heals transcripts. Call once, first. */
  recover(): Promise<Recovered>;
  close(): Promise<void>;
}

export type { ContentBlock, Usage };
