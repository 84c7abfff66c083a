import type { Clock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import type { Logger } from "../core/logger.ts";
import type { CatalogModel, ModelRouter } from "../models/contract.ts";
import { entryTokens, planCompaction, promptTokens, summarise, type CompactionPlan } from "./compaction.ts";
import { replaceEntries, type RunDeps, type RunState } from "./run-state.ts";
import type { AgentSettings, CompactionSettings } from "./settings.ts";

export interface CompactionOutcome {
  tokensBefore: number;
  tokensAfter: number;
}

/** Limits that fit the model's window: small local models cannot spare what large ones can. */
export function compactionLimits(window: number, settings: CompactionSettings) {
  return {
    limit: window - Math.min(settings.reserveTokens, Math.floor(window / 4)),
    keep: Math.min(settings.keepRecentTokens, Math.floor(window * 0.4)),
    // About half a window at a time, at some three characters a token.
    chunkChars: Math.floor(window * 1.5),
  };
}

/** Tokens the model can take, as the operator may have bounded them. */
export function windowOf(model: CatalogModel, settings: AgentSettings): number {
  return Math.min(model.contextWindow, settings.contextTokens ?? model.contextWindow);
}

export interface CompactionRequest {
  /** As the prompt has them: the newest summary first. */
  entries: readonly TranscriptEntry[];
  agentId: string;
  sessionId: string;
  runId: string | null;
  model: CatalogModel;
  modelOverride: string | null;
  settings: AgentSettings;
  /** Tokens of what surrounds the conversation, for when no answer has been counted yet. */
  base: number;
  /** Compact although there is room left. */
  force: boolean;
  /** Share of the limit at which to begin; 1 unless it is done ahead of time. */
  early?: number;
  /** From 1: each further one keeps half as much. */
  attempt?: number;
  models: ModelRouter;
  signal: AbortSignal;
  clock: Clock;
  logger: Logger;
  onStart?: () => void;
  /** Makes the summary part of the transcript. */
  write: (entry: TranscriptEntry) => Promise<void>;
}

/**
 * Summarises the older part of a conversation when it has grown into the reserve, or when forced. Null when nothing was
 * done. Returns the entries the prompt is made from afterwards.
 */
export async function compact(
  request: CompactionRequest,
): Promise<(CompactionOutcome & { entries: TranscriptEntry[] }) | null> {
  const { entries, settings, models, base } = request;
  const estimate = (text: string) => models.estimateTokens(text);
  const limits = compactionLimits(windowOf(request.model, settings), settings.compaction);
  const tokensBefore = promptTokens(entries, { estimate, base });
  if (!request.force && tokensBefore <= limits.limit * (request.early ?? 1)) return null;
  const tokensOf = (entry: TranscriptEntry) => entryTokens(entry, estimate);
  const plan = planCompaction(entries, {
    keepTokens: tokensToKeep(request, limits.keep, tokensOf),
    tokensOf,
  });
  if (!plan) return null;

  request.onStart?.();
  const entry = await summarise({
    entries,
    plan,
    tokensBefore,
    agentId: request.agentId,
    sessionId: request.sessionId,
    runId: request.runId,
    ...(request.modelOverride === null ? {} : { model: request.modelOverride }),
    chunkChars: limits.chunkChars,
    models,
    signal: request.signal,
    now: request.clock.now(),
    logger: request.logger,
  });
  if (!entry) return null;
  await request.write(entry);
  const after = afterPlan(entries, plan, entry);
  return { tokensBefore, tokensAfter: promptTokens(after, { estimate, base }), entries: after };
}

/** When forced, at most half of the conversation stays: whoever asked wants to see an effect. */
function tokensToKeep(
  request: CompactionRequest,
  keep: number,
  tokensOf: (entry: TranscriptEntry) => number,
): number {
  if (!request.force) return keep;
  const all = request.entries.reduce((sum, entry) => sum + tokensOf(entry), 0);
  return Math.floor(Math.min(keep, all / 2) / 2 ** ((request.attempt ?? 1) - 1));
}

function afterPlan(
  entries: readonly TranscriptEntry[],
  plan: CompactionPlan,
  entry: TranscriptEntry,
): TranscriptEntry[] {
  return [entry, ...entries.slice(plan.index)];
}

/** Rough size of the system prompt and the tools, for sessions without a counted answer. */
export function baseTokens(state: Pick<RunState, "system" | "toolSpecs">): number {
  return Math.ceil((state.system.length + state.toolSpecs.length * 600) / 4);
}

/** Compacts the conversation of a run and the run's view of it. */
export async function compactRun(
  state: RunState,
  deps: RunDeps,
  options: { force: boolean; attempt?: number },
): Promise<CompactionOutcome | null> {
  // A history the client brought is not in the transcript: there is nothing a summary could stand for.
  if (state.hasForeignHistory || (!state.settings.compaction.enabled && !options.force)) return null;
  const done = await compact({
    entries: state.entries,
    agentId: state.lease.agentId,
    sessionId: state.lease.sessionId,
    runId: state.lease.runId,
    model: state.model,
    modelOverride: state.modelOverride,
    settings: state.settings,
    base: baseTokens(state),
    ...options,
    models: deps.models,
    signal: state.signal,
    clock: deps.clock,
    logger: deps.logger,
    onStart: () => state.hooks.emit({ type: "compaction_started" }),
    write: (entry) => deps.ledger.recordEntries(state.lease, [entry]),
  });
  if (!done) return null;
  replaceEntries(state, done.entries);
  const { tokensBefore, tokensAfter } = done;
  state.hooks.emit({ type: "compaction_finished", tokensBefore, tokensAfter });
  return { tokensBefore, tokensAfter };
}
