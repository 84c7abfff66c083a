import type { TranscriptEntry } from "../core/conversation.ts";
import { sortableId } from "../core/ids.ts";
import type { InboxRow } from "../ledger/contract.ts";
import { answerOfAside } from "./aside.ts";
import { endOfAbort, endOfFailure, type RunEnd } from "./outcome.ts";
import { compactRun } from "./compact-run.ts";
import type { AbortCause } from "./contract.ts";
import { executeTool, suspendOnShutdown, type ToolCall } from "./execute.ts";
import { commandOf } from "./commands.ts";
import { entriesOfMessage } from "./incoming.ts";
import { pruneToolResults } from "./compaction.ts";
import { silentReply } from "./prompt.ts";
import { push, remainsOf, replaceEntries, uniqueCallId, type RunDeps, type RunState } from "./run-state.ts";
import { keepPartial, readAssistant, type AssistantTurn } from "./stream.ts";
import { toolRuntime } from "./tool-runtime.ts";

/** How the loop ended, and what has to be written down together with the end. */
export interface LoopEnd extends RunEnd {
  entries: TranscriptEntry[];
  pendingToolCalls?: Array<{ id: string; name: string; arguments: string }>;
  stopReason?: string;
}

const maxOverflowCompactions = 3;

/**
 * Model → tools → model until the model has nothing more to do: the outer loop takes in what was said meanwhile, the
 * inner one runs tools. Everything is recorded before it has an effect; a resumed run enters at the point it was left.
 * Throws only what storage throws, and RUN_SUSPENDED.
 */
export async function converse(state: RunState, deps: RunDeps): Promise<LoopEnd> {
  if (state.lease.resumed) await state.said;
  const remains = state.lease.resumed ? remainsOf(state.entries, state.lease.runId) : null;
  if (remains?.finished) return finalAnswer(state, remains.finished, { entries: [] });
  if (remains && remains.openCalls.length > 0) {
    const end = await continueCalls(state, deps, remains.openCalls);
    if (end) return end;
  }

  let overflows = 0;
  for (;;) {
    if (state.signal.aborted) return stopped(state, null);
    await compactRun(state, deps, { force: false });
    const turn = await askModel(state, deps);
    await state.said;
    if (state.signal.aborted) return stopped(state, turn);

    if (turn.failure?.kind === "context_overflow" && overflows < maxOverflowCompactions) {
      overflows += 1;
      if (await makeRoom(state, deps, overflows)) continue;
    }
    if (turn.failure) return failed(state, turn);
    const said = entryOf(state, turn);
    const answer = turn.calls.length > 0 ? said : answerOfAside(said, state.lease, state.options);
    state.hooks.emit({ type: "usage", usage: turn.usage });

    if (turn.calls.length === 0) {
      const steered = await deps.ledger.takeSteering(state.lease);
      if (steered.length === 0) return finalAnswer(state, answer, { entries: [answer], said });
      await record(state, deps, [answer]);
      addPayload(state, answer, said);
      if (await takeIn(state, deps, steered)) continue;
      return { status: "ok", reason: "answered", entries: [] };
    }

    // The message is on disk before any of its calls can have an effect.
    await record(state, deps, [answer]);
    const ours = turn.calls.filter((call) => !state.clientToolNames.has(call.name));
    await runCalls(state, deps, ours);
    const theirs = turn.calls.filter((call) => state.clientToolNames.has(call.name));
    if (state.signal.aborted) return stopped(state, null);
    if (theirs.length > 0) return handOver(state, theirs, answer);
    state.rounds += 1;
    if (state.rounds > state.settings.maxToolRounds) return tooManyRounds(state);
    const steered = await deps.ledger.takeSteering(state.lease);
    if (!(await takeIn(state, deps, steered)) && state.entries.length === 0)
      return { status: "ok", reason: "command", entries: [] };
  }
}

async function askModel(state: RunState, deps: RunDeps): Promise<AssistantTurn> {
  const isLastRound = state.rounds >= state.settings.maxToolRounds;
  const wanted = state.options.toolChoice;
  // "required" binds the first answer only: bound for ever, the run could never end.
  const toolChoice = isLastRound ? "none" : wanted === "none" || state.rounds === 0 ? wanted : undefined;
  const stream = deps.models.stream(
    {
      agentId: state.lease.agentId,
      ...(state.modelOverride === null ? {} : { model: state.modelOverride }),
      system: state.system,
      entries: state.prompt,
      loadMedia: (digest) => deps.sessions.getMedia(digest),
      tools: [...state.toolSpecs],
      ...(toolChoice === undefined ? {} : { toolChoice }),
      thinking: state.thinking,
      ...(state.options.maxOutputTokens === undefined
        ? {}
        : { maxOutputTokens: state.options.maxOutputTokens }),
      sessionId: state.lease.sessionId,
      onFailover: (from, to, why) => state.hooks.emit({ type: "model_failover", from, to, why }),
    },
    state.signal,
  );
  const turn = await readAssistant(stream, {
    signal: state.signal,
    emit: (event) => state.hooks.emit(event),
    uniqueCallId: (id) => uniqueCallId(state, id),
    logger: deps.logger,
  });
  if (turn.provider) {
    state.provider = turn.provider;
    state.modelId = turn.model;
  }
  return turn;
}

function entryOf(state: RunState, turn: AssistantTurn): TranscriptEntry {
  const now = state.now();
  return {
    id: sortableId(now),
    ts: now,
    role: "assistant",
    runId: state.lease.runId,
    content: turn.content,
    provider: turn.provider,
    model: turn.model,
    usage: turn.usage,
    stopReason: turn.stopReason,
  };
}

async function record(state: RunState, deps: RunDeps, entries: TranscriptEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await deps.ledger.recordEntries(state.lease, entries);
  push(state, entries);
}

/**
 * Messages that were said while the run was working. Commands among them are carried out, not told to the model.
 * Returns whether there is something new for the model to answer.
 */
async function takeIn(state: RunState, deps: RunDeps, rows: readonly InboxRow[]): Promise<boolean> {
  if (rows.length === 0) return false;
  state.refreshAuthority();
  let added = false;
  for (const row of rows) {
    if (commandOf(row)) {
      const result = await deps.command(state, row);
      state.payloads.push({ text: result.text, mediaUrl: null });
      // What was asked before a reset is gone with the conversation it was asked in.
      if (result.reset) added = false;
    } else {
      const understood = await deps.understand(row, state.signal);
      await record(state, deps, entriesOfMessage(understood, state.lease.runId));
      added = true;
    }
  }
  return added;
}

/** Neighbouring read-only calls run together, all others one after the other in the order the model gave. */
async function runCalls(
  state: RunState,
  deps: RunDeps,
  calls: readonly ToolCall[],
  begun: ReadonlySet<string> = new Set(),
): Promise<void> {
  const runtime = toolRuntime(state, deps);
  const isRead = (call: ToolCall) =>
    state.tools.some((tool) => tool.name === call.name && tool.effect === "read");
  for (let at = 0; at < calls.length;) {
    const call = calls[at];
    if (!call) break;
    let end = at + 1;
    if (isRead(call)) while (end < calls.length && isRead(calls[end] ?? call)) end++;
    // All settle before the first failure is passed on: a rejected sibling must not leave calls running unwatched.
    const results = await Promise.allSettled(
      calls.slice(at, end).map((each) => executeTool(each, runtime, { alreadyBegun: begun.has(each.id) })),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
    at = end;
  }
}

/** Takes up the calls an earlier attempt left open: repeats only what changes nothing, never what may have happened. */
async function continueCalls(
  state: RunState,
  deps: RunDeps,
  calls: readonly ToolCall[],
): Promise<LoopEnd | null> {
  const steps = await deps.ledger.openTools(state.lease.runId);
  const effects = new Map(steps.map((step) => [step.callId, step.effect]));
  const begun = new Set(steps.map((step) => step.callId));
  const theirs = calls.filter((call) => state.clientToolNames.has(call.name));
  const runtime = toolRuntime(state, deps);
  const again: ToolCall[] = [];
  for (const call of calls) {
    if (theirs.includes(call)) continue;
    const effect = effects.get(call.id);
    if (effect === undefined || effect === "read") again.push(call);
    else await runtime.settleUnknown(call);
  }
  await runCalls(state, deps, again, begun);
  if (state.signal.aborted) return stopped(state, null);
  const last = state.entries.findLast((entry) => entry.role === "assistant");
  return theirs.length > 0 && last ? handOver(state, theirs, last) : null;
}

/** After an overflow: summarise more each time, and cut results of tools when even the current turn is too long. */
async function makeRoom(state: RunState, deps: RunDeps, attempt: number): Promise<boolean> {
  const done = await compactRun(state, deps, { force: true, attempt });
  if (done) return true;
  const before = state.entries;
  const pruned = pruneToolResults(before, Math.floor(2000 / attempt));
  const shorter = JSON.stringify(pruned).length < JSON.stringify(before).length;
  if (shorter) replaceEntries(state, pruned);
  return shorter;
}

/** `said` is the answer before anything was taken out of it. */
function finalAnswer(
  state: RunState,
  answer: TranscriptEntry,
  { entries, said = answer }: { entries: TranscriptEntry[]; said?: TranscriptEntry },
): LoopEnd {
  push(state, entries);
  addPayload(state, answer, said);
  if (answer.stopReason === "length" && !hasText(answer)) {
    return {
      ...endOfFailure({
        kind: "invalid_request",
        message: `${answer.provider}/${answer.model} used up its output limit before it had answered.`,
        hint: "lower the thinking level with /think low, or allow longer answers",
      }),
      entries,
    };
  }
  return {
    status: "ok",
    reason: state.payloads.length === 0 ? "silent" : "answered",
    entries,
    ...(answer.stopReason === undefined ? {} : { stopReason: answer.stopReason }),
  };
}

const hasText = (entry: TranscriptEntry): boolean =>
  entry.content.some((block) => block.type === "text" && block.text.trim() !== "");

function addPayload(state: RunState, answer: TranscriptEntry, said = answer): void {
  if (answer.kind === "aside") return;
  const thoughts = state.options.aside?.reasoning ? thoughtsOf(said) : "";
  if (thoughts !== "") state.payloads.push({ text: `Reasoning:\n${thoughts}`, mediaUrl: null });
  const text = answer.content
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n\n")
    .trim();
  if (text !== "" && text !== silentReply) state.payloads.push({ text, mediaUrl: null });
}

const thoughtsOf = (answer: TranscriptEntry): string =>
  answer.content
    .flatMap((block) => (block.type === "thinking" ? [block.thinking] : []))
    .join("\n\n")
    .trim();

function handOver(state: RunState, calls: ReadonlyArray<ToolCall>, answer: TranscriptEntry): LoopEnd {
  addPayload(state, answer);
  return {
    status: "ok",
    reason: "answered",
    entries: [],
    stopReason: "tool_use",
    pendingToolCalls: calls.map((call) => ({
      id: call.id,
      name: call.name,
      arguments: JSON.stringify(call.input),
    })),
  };
}

/** Keeps what was said before the stop, in a form later prompts can hold: text, and never an unanswered request. */
function stopped(state: RunState, turn: AssistantTurn | null): LoopEnd {
  suspendOnShutdown(state.signal);
  const partial = turn ? keepPartial(turn) : [];
  const now = state.now();
  const entry: TranscriptEntry = {
    id: sortableId(now),
    ts: now,
    role: "assistant",
    runId: state.lease.runId,
    content: partial.length > 0 ? partial : [{ type: "text", text: "[stopped before an answer]" }],
    stopReason: "aborted",
    ...(turn?.provider ? { provider: turn.provider, model: turn.model } : {}),
    ...(turn && turn.usage.total > 0 ? { usage: turn.usage } : {}),
  };
  push(state, [entry]);
  return {
    ...endOfAbort(state.signal.reason as AbortCause | undefined),
    entries: [entry],
    stopReason: "aborted",
  };
}

function failed(state: RunState, turn: AssistantTurn): LoopEnd {
  const end = endOfFailure(turn.failure ?? { kind: "unknown", message: "the model failed" });
  const now = state.now();
  const entry: TranscriptEntry = {
    id: sortableId(now),
    ts: now,
    role: "assistant",
    runId: state.lease.runId,
    content: keepPartial(turn),
    stopReason: "error",
    ...(turn.provider ? { provider: turn.provider, model: turn.model } : {}),
    ...(turn.usage.total > 0 ? { usage: turn.usage } : {}),
    ...(end.error ? { error: { code: end.error.code, message: end.error.message } } : {}),
  };
  push(state, [entry]);
  return { ...end, entries: [entry], stopReason: "error" };
}

function tooManyRounds(state: RunState): LoopEnd {
  const limit = state.settings.maxToolRounds;
  return {
    status: "error",
    reason: "failed_model",
    entries: [],
    stopReason: "error",
    error: {
      code: "TOOL_ROUNDS",
      message: `The model called tools ${limit} times in a row without answering and was stopped.`,
      hint: `allow more rounds: openclaw config set agents.defaults.maxToolRounds ${limit * 2}`,
    },
  };
}
