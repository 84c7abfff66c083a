import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { noUsage, type TranscriptEntry } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ReplyPayload, RunOutcome } from "../core/outcome.ts";
import type { InboxRow, Lease, Ledger, MediaRef } from "../ledger/contract.ts";
import type { ModelRouter } from "../models/contract.ts";
import type { ApprovalService } from "../sandbox/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { isHeartbeat, markingAsides } from "./aside.ts";
import { lowestAuthority } from "./authority.ts";
import { createBackgroundCompaction } from "./background-compaction.ts";
import {
  commandOf,
  isAside,
  parseChatCommand,
  runChatCommand,
  type ChatCommandDeps,
  type ChatCommandResult,
} from "./commands.ts";
import type { PairingCommands } from "./pair-command.ts";
import { compact, compactRun } from "./compact-run.ts";
import type { AbortCause, AgentRunner, RunHooks, Tool } from "./contract.ts";
import { suspendOnShutdown } from "./execute.ts";
import { entriesOfMessage } from "./incoming.ts";
import { converse, type LoopEnd } from "./loop.ts";
import { openRun } from "./open-run.ts";
import { endOfError, isFatal } from "./outcome.ts";
import { createPromptSource } from "./prompt-source.ts";
import { push, replaceEntries, type RunDeps, type RunState } from "./run-state.ts";
import type { AgentSettings } from "./settings.ts";
import type { SandboxDesk } from "./run-sandbox.ts";
import type { SkillHost } from "./skills-status.ts";
import { createSkillTool } from "./skill-tool.ts";
import { createToolSpecSource } from "./tool-specs.ts";

export interface AgentRunnerDeps {
  /** Settings of an agent in a conversation, read afresh for every run. @throws UserError AGENT_UNKNOWN */
  settings: (agentId: string, sessionKey: string) => AgentSettings;
  ledger: Ledger;
  sessions: SessionStore;
  models: ModelRouter;
  /** Every tool the agent could have; policy narrows them. The same objects each time, so schemas are made once. */
  tools: (agentId: string) => readonly Tool[] | Promise<readonly Tool[]>;
  /** Answered by `/approve` and `/deny`. */
  approvals: Pick<ApprovalService, "pending" | "resolve">;
  /** Answered by `/pair`; absent where no channel is. */
  pairing?: PairingCommands;
  /** Pictures, recordings and documents for the model; without it they are passed on as they are. */
  media?: MediaReader;
  /** Where tools execute; null in tests of other things. */
  sandboxes: SandboxDesk | null;
  /** What skills may ask of this machine. */
  skillHost: SkillHost;
  /** Why the process that held a resumed run before ended, as a sentence; null when nobody asked it to. */
  interruption?: (() => string | null) | undefined;
  clock: Clock;
  logger: Logger;
}

/** Makes of files what a model can take (src/media). Rejects only when `signal` is aborted. */
export type MediaReader = (
  files: readonly MediaRef[],
  signal: AbortSignal,
) => Promise<{ media: MediaRef[]; text: string; notes: Array<{ rule: string; detail: string }> }>;

/** Commands that are answered on arrival, whatever runs in their session. */
export interface AsideCommands {
  takes(text: string, principal: Principal): boolean;
  /** What the command answers. Mistakes are answers too; rejects only when storage fails. */
  carryOut(text: string, at: { sessionKey: string; agentId: string; principal: Principal }): Promise<string>;
}

/** The runner with its lifetime: `stop` ends summaries that are being made in the background. */
export type AgentEngine = AgentRunner & { asides: AsideCommands; stop(): Promise<void> };

/** How much of a run's outcome is known before it ends. */
interface Progress {
  state: RunState | null;
  payloads: ReplyPayload[];
  refused: boolean;
}

/** Makes the runner. Nothing is read or started before the first run. */
export function createAgentRunner(given: AgentRunnerDeps): AgentEngine {
  const deps = { ...given, ledger: markingAsides(given.ledger) };
  const logger = deps.logger.child("agent");
  const prompts = createPromptSource({ host: deps.skillHost, clock: deps.clock, logger });
  const specsOf = createToolSpecSource();
  const skillTool = createSkillTool((agentId, sessionKey) =>
    prompts.skills(deps.settings(agentId, sessionKey)),
  );
  const background = createBackgroundCompaction({ ...deps, logger });
  const runDeps: RunDeps = {
    interruption: deps.interruption,
    ledger: deps.ledger,
    sessions: deps.sessions,
    models: deps.models,
    sandboxes: deps.sandboxes,
    clock: deps.clock,
    logger,
    understand: (row, signal) => understand(row, deps, signal),
    command: (state, row) => commandInRun(state, row, deps, runDeps),
  };

  async function run(lease: Lease, hooks: RunHooks): Promise<RunOutcome> {
    background.giveWay(lease.sessionKey);
    const startedAt = deps.ledger.findRun(lease.runId)?.startedAt ?? deps.clock.now();
    const deadline = untilDeadline(lease, deps.clock);
    const signal = AbortSignal.any([hooks.signal, deadline.signal]);
    const progress: Progress = { state: null, payloads: [], refused: false };
    let end: LoopEnd;
    try {
      end = await work(
        lease,
        {
          ...hooks,
          signal,
          emit: (event) => hooks.emit(event),
          deliveries: (outcome) => hooks.deliveries(outcome),
        },
        progress,
      );
    } catch (error) {
      suspendOnShutdown(signal);
      if (isFatal(error)) throw error;
      logger.error("a run failed", {
        runId: lease.runId,
        error: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      end = { ...endOfError(error), entries: [] };
    } finally {
      deadline.cancel();
    }

    const outcome = outcomeOf(lease, progress, { end, startedAt, endedAt: deps.clock.now() });
    // A reset during the run changed where its entries belong.
    await deps.ledger.complete(progress.state?.lease ?? lease, {
      outcome,
      entries: end.entries,
      deliveries: hooks.deliveries(outcome),
    });
    if (progress.state && outcome.status === "ok" && !isHeartbeat(lease)) background.consider(progress.state);
    return outcome;
  }

  async function work(lease: Lease, hooks: RunHooks, progress: Progress): Promise<LoopEnd> {
    const settings = deps.settings(lease.agentId, lease.sessionKey);
    const rows: InboxRow[] = [];
    let current = lease;
    for (const row of lease.messages) {
      const isCommand = row.media.length === 0 && commandOf(row) !== null;
      if (!isCommand) {
        rows.push(row);
        continue;
      }
      const result = await commandInLane(current, row, { settings, signal: hooks.signal });
      progress.payloads.push({ text: result.text, mediaUrl: null });
      progress.refused ||= result.reason === "refused_policy";
      if (result.reset) current = { ...current, sessionId: currentSessionId(current) };
    }
    const recorded = current.resumed ? recordedIds(current) : new Set<string>();
    let replaces: string | null = null;
    for (const [index, row] of rows.entries()) {
      const isRecorded = entriesOfMessage(row, current.runId).some(({ id }) => recorded.has(id));
      if (row.replaces && !isRecorded) replaces = row.replaces.id;
      if (row.media.length > 0 && !isRecorded) rows[index] = await understand(row, deps, hooks.signal);
    }
    if (rows.length === 0) {
      return { status: "ok", reason: progress.refused ? "refused_policy" : "command", entries: [] };
    }
    const state = await openRun({
      lease: current,
      hooks,
      settings,
      tools: await deps.tools(lease.agentId),
      prompts,
      specsOf,
      replaces,
      skillTool,
      deps: runDeps,
    });
    state.payloads.push(...progress.payloads);
    progress.state = state;
    // The model is asked while this is being committed, which changes nothing; `converse` waits before it does more.
    state.said = recordMessages(state, rows, deps);
    const [ended, said] = await Promise.allSettled([converse(state, runDeps), state.said]);
    if (said.status === "rejected") throw said.reason;
    if (ended.status === "rejected") throw ended.reason;
    return ended.value;
  }

  const recordedIds = (lease: Lease): Set<string> =>
    new Set(deps.sessions.tail(lease.sessionKey, 5000, { asides: true }).map(({ id }) => id));

  const currentSessionId = (lease: Lease): string =>
    deps.sessions.get(lease.sessionKey)?.sessionId ?? lease.sessionId;

  /** A command that reached its turn: nothing else runs in this session now. */
  async function commandInLane(
    lease: Lease,
    row: InboxRow,
    context: { settings: AgentSettings; signal: AbortSignal },
  ): Promise<ChatCommandResult> {
    const command = commandOf(row);
    if (!command) throw new TypeError("not a command");
    const isReset = command.name === "new" || command.name === "reset";
    if (isReset && lease.resumed && currentSessionId(lease) !== lease.sessionId) {
      // The attempt that died had already reset the session; what was said after that must not be reset again.
      return { text: "New conversation.", reason: "command", reset: true };
    }
    const at = {
      sessionKey: lease.sessionKey,
      agentId: lease.agentId,
      principal: lowestAuthority(row.principal, []),
    };
    return runChatCommand(command, at, {
      ...commandDeps(deps, context.settings),
      async compact() {
        const override = deps.sessions.get(lease.sessionKey)?.settings.model ?? null;
        return compact({
          entries: deps.sessions.context(lease.sessionKey),
          agentId: lease.agentId,
          sessionId: lease.sessionId,
          runId: lease.runId,
          model: deps.models.resolve(lease.agentId, override ?? undefined),
          modelOverride: override,
          settings: context.settings,
          base: 0,
          force: true,
          models: deps.models,
          signal: context.signal,
          clock: deps.clock,
          logger,
          write: (entry) => deps.ledger.recordEntries(lease, [entry]),
        });
      },
    });
  }

  const asides: AsideCommands = {
    takes: isAside,
    async carryOut(text, at) {
      const command = parseChatCommand(text);
      if (!command) throw new TypeError("not a command");
      const settings = deps.settings(at.agentId, at.sessionKey);
      // Compacting needs its turn, so it is none of these.
      const compact = () => Promise.resolve(null);
      return (await runChatCommand(command, at, { ...commandDeps(deps, settings), compact })).text;
    },
  };
  return { run, asides, stop: () => background.stop() };
}

function commandDeps(deps: AgentRunnerDeps, settings: AgentSettings): Omit<ChatCommandDeps, "compact"> {
  const { ledger, sessions, models, approvals, pairing, sandboxes } = deps;
  return { ledger, sessions, models, settings, approvals, sandboxes, ...(pairing ? { pairing } : {}) };
}

/** A command that was steered into a run. */
async function commandInRun(
  state: RunState,
  row: InboxRow,
  deps: AgentRunnerDeps,
  runDeps: RunDeps,
): Promise<ChatCommandResult> {
  const command = commandOf(row);
  if (!command) throw new TypeError("not a command");
  const at = {
    sessionKey: state.lease.sessionKey,
    agentId: state.lease.agentId,
    principal: lowestAuthority(row.principal, []),
  };
  const result = await runChatCommand(command, at, {
    ...commandDeps(deps, state.settings),
    compact: () => compactRun(state, runDeps, { force: true }),
  });
  if (result.reset) {
    const sessionId = deps.sessions.get(state.lease.sessionKey)?.sessionId ?? state.lease.sessionId;
    state.lease = { ...state.lease, sessionId };
    replaceEntries(state, []);
  }
  return result;
}

/** A message with what its files say; what became of each is remembered for `openclaw why`. */
async function understand(row: InboxRow, deps: AgentRunnerDeps, signal: AbortSignal): Promise<InboxRow> {
  if (row.media.length === 0 || !deps.media) return row;
  try {
    const { media, text, notes } = await deps.media(row.media, signal);
    for (const { rule, detail } of notes)
      await deps.ledger.trace({ subject: row.dedupeKey, stage: "media", rule, detail });
    return { ...row, media, text: [row.text, text].filter((part) => part.trim() !== "").join("\n") };
  } catch (error) {
    // Stopped meanwhile: the loop ends the run before any model sees the message.
    if (signal.aborted) return row;
    throw error;
  }
}

/**
 * Records what was said, once: a resumed run leaves out what an earlier attempt recorded. The run's own view has it at
 * once; the promise is of the commit.
 */
function recordMessages(state: RunState, rows: readonly InboxRow[], deps: AgentRunnerDeps): Promise<void> {
  const { lease } = state;
  const recorded = new Set<string>();
  if (lease.resumed) {
    for (const entry of deps.sessions.tail(lease.sessionKey, 5000, { asides: true })) recorded.add(entry.id);
    for (const entry of state.entries) recorded.add(entry.id);
  }
  const entries: TranscriptEntry[] = rows
    .flatMap((row) => entriesOfMessage(row, lease.runId))
    .filter((entry) => !recorded.has(entry.id));
  if (entries.length === 0) return Promise.resolve();
  push(state, entries);
  return deps.ledger.recordEntries(lease, entries);
}

function outcomeOf(
  lease: Lease,
  progress: Progress,
  at: { end: LoopEnd; startedAt: number; endedAt: number },
): RunOutcome {
  const { end } = at;
  const { state } = progress;
  return {
    runId: lease.runId,
    status: end.status,
    reason: end.reason,
    payloads: state?.payloads ?? progress.payloads,
    usage: state?.usage ?? noUsage,
    ...(state?.provider ? { provider: state.provider, model: state.modelId } : {}),
    sessionId: state?.lease.sessionId ?? lease.sessionId,
    sessionKey: lease.sessionKey,
    startedAt: at.startedAt,
    endedAt: at.endedAt,
    ...(end.error ? { error: end.error } : {}),
    ...(end.pendingToolCalls ? { pendingToolCalls: end.pendingToolCalls } : {}),
    ...(end.stopReason ? { stopReason: end.stopReason } : {}),
  };
}

function untilDeadline(lease: Lease, clock: Clock): { signal: AbortSignal; cancel: () => void } {
  const controller = new AbortController();
  const cause: AbortCause = { reason: "deadline", detail: "the run did not end before its deadline" };
  const cancel = clock.after(Math.max(0, lease.deadlineAt - clock.now()), () => controller.abort(cause));
  return { signal: controller.signal, cancel };
}
