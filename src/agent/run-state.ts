import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import type { ThinkingLevel, ToolUseBlock, TranscriptEntry, Usage } from "../core/conversation.ts";
import { addUsage } from "../core/conversation.ts";
import type { Logger } from "../core/logger.ts";
import type { ReplyPayload } from "../core/outcome.ts";
import type { InboxRow, Lease, Ledger, RunOptions } from "../ledger/contract.ts";
import type { CatalogModel, ModelRouter, ToolSpec } from "../models/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { lowestAuthority } from "./authority.ts";
import type { ChatCommandResult } from "./commands.ts";
import { promptEntries } from "./compaction.ts";
import type { RunHooks, Tool } from "./contract.ts";
import type { SaveOutput } from "./output.ts";
import type { RunSandbox, SandboxDesk } from "./run-sandbox.ts";
import { labelEntry } from "./prompt.ts";
import type { AgentSettings } from "./settings.ts";
import type { PolicySessionKind } from "./tools-policy.ts";

/** What the loop works with; made once per run, changed only by the loop and its steps. */
export interface RunState {
  /** With the session id entries are recorded under: a reset in the middle of the run changes it. */
  lease: Lease;
  readonly hooks: RunHooks;
  /** The hooks' signal joined with the run's own deadline. */
  readonly signal: AbortSignal;
  readonly settings: AgentSettings;
  readonly sessionKind: PolicySessionKind;
  /** Where its tools execute, when not on this machine. */
  readonly sandbox: RunSandbox | null;
  /** Options of the messages, the newest deciding. */
  readonly options: RunOptions;
  readonly model: CatalogModel;
  /** Reference that overrides the agent's model, if the message or session has one. */
  readonly modelOverride: string | null;
  readonly thinking: ThinkingLevel;
  /** Tools on offer to the model in this run. */
  readonly tools: readonly Tool[];
  readonly toolSpecs: readonly ToolSpec[];
  readonly clientToolNames: ReadonlySet<string>;
  readonly system: string;
  readonly saveOutput: SaveOutput;
  now(): number;
  /** After messages joined the run: authority only ever shrinks. */
  refreshAuthority(): void;

  /** Settles when the messages the run began with are committed. Nothing may have an effect before. */
  said: Promise<void>;
  principal: Principal;
  /** The conversation as it is, and as the model sees it: same length, same order. */
  entries: TranscriptEntry[];
  prompt: TranscriptEntry[];
  /** Whether what stands before this run is in the transcript (a client's own history is not). */
  hasForeignHistory: boolean;
  usage: Usage;
  provider: string;
  modelId: string;
  rounds: number;
  payloads: ReplyPayload[];
  callIds: Set<string>;
}

/** Everything outside that a run touches. */
export interface RunDeps {
  ledger: Ledger;
  sessions: SessionStore;
  models: ModelRouter;
  /** Null where nothing is ever sandboxed: in tests of other things. */
  sandboxes: SandboxDesk | null;
  clock: Clock;
  logger: Logger;
  /** Makes of the files of a message what a model can take. Never loses the message; rejects when the run is stopped. */
  understand(row: InboxRow, signal: AbortSignal): Promise<InboxRow>;
  /** Carries out chat commands that were steered into a run. */
  command(state: RunState, row: InboxRow): Promise<ChatCommandResult>;
  /** Why the process before this one ended, as a sentence; null when nobody asked it to. */
  interruption: (() => string | null) | undefined;
}

/** Puts entries at the end of the run's view of the conversation. */
export function push(state: RunState, entries: readonly TranscriptEntry[]): void {
  for (const entry of entries) {
    state.entries.push(entry);
    state.prompt.push(labelEntry(entry, state.lease.sessionId));
    if (entry.role === "assistant" && entry.usage) state.usage = addUsage(state.usage, entry.usage);
    for (const block of entry.content) if (block.type === "tool_use") state.callIds.add(block.id);
  }
}

/** Replaces the view, after a compaction. */
export function replaceEntries(state: RunState, entries: TranscriptEntry[]): void {
  state.entries = entries;
  state.prompt = entries.map((entry) => labelEntry(entry, state.lease.sessionId));
}

/** Provider ids need not be unique (`call_0` again and again); the journal and later prompts need them to be. */
export function uniqueCallId(state: RunState, id: string): string {
  const base = id.trim() || "call";
  let unique = base;
  for (let n = 2; state.callIds.has(unique); n++) unique = `${base}-${n}`;
  state.callIds.add(unique);
  return unique;
}

/** What a resumed run finds of its own earlier attempts. */
export interface Remains {
  /** Calls without a result, of the newest assistant entry that made any. */
  openCalls: ToolUseBlock[];
  /** The answer, when it was complete and only the run's end was not recorded. */
  finished: TranscriptEntry | null;
}

/** Looks at this run's own entries only. */
export function remainsOf(entries: readonly TranscriptEntry[], runId: string): Remains {
  const own = entries.filter((entry) => entry.runId === runId);
  const settled = new Set(
    own.flatMap((entry) =>
      entry.content.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : [])),
    ),
  );
  const openCalls = own.flatMap((entry) =>
    entry.role === "assistant"
      ? entry.content.filter(
          (block): block is ToolUseBlock => block.type === "tool_use" && !settled.has(block.id),
        )
      : [],
  );
  const last = own.at(-1);
  const isAnswer =
    last?.role === "assistant" &&
    (last.stopReason === "stop" || last.stopReason === "length") &&
    !last.content.some((block) => block.type === "tool_use");
  return { openCalls, finished: isAnswer ? last : null };
}

/**
 * The conversation a run starts from: the session's, then the history the client brought, then what earlier attempts
 * of this run recorded.
 */
export function startingEntries(
  context: readonly TranscriptEntry[],
  history: readonly TranscriptEntry[],
  runId: string,
): TranscriptEntry[] {
  const entries = promptEntries(context);
  if (history.length === 0) return entries;
  const own = entries.findIndex((entry) => entry.runId === runId);
  entries.splice(own < 0 ? entries.length : own, 0, ...history);
  return entries;
}

/** Options of several messages as one: each field from the newest message that has it. */
export function mergeOptions(lease: Lease): RunOptions {
  return Object.assign({}, ...lease.messages.map((message) => message.options)) as RunOptions;
}

/** Recomputed whenever messages join: authority only ever shrinks. */
export function authorityOf(lease: Lease): Principal {
  const [first, ...others] = lease.messages.map((message) => message.principal);
  if (!first) throw new TypeError("a lease without messages");
  return lowestAuthority(first, others);
}
