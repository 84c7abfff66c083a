import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ModelRouter } from "../models/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { baseTokens, compact, compactionLimits, windowOf } from "./compact-run.ts";
import { promptTokens } from "./compaction.ts";
import type { RunState } from "./run-state.ts";

export interface BackgroundCompaction {
  /** After a run: summarises when the conversation is close to its limit, so the next run need not wait for it. */
  consider(state: RunState): void;
  /** A run of this session begins: a summary in the making is dropped. */
  giveWay(sessionKey: string): void;
  stop(): Promise<void>;
}

/** Share of the limit from which on a conversation is compacted ahead of time. */
const early = 0.85;

/**
 * Compaction that holds no lane: it works on what the transcript was at the end of a run and appends its summary as one
 * step. Entries that are added meanwhile lie behind the cut and stay whole.
 */
export function createBackgroundCompaction(deps: {
  sessions: SessionStore;
  models: ModelRouter;
  clock: Clock;
  logger: Logger;
}): BackgroundCompaction {
  const working = new Map<string, { controller: AbortController; done: Promise<void> }>();
  let stopped = false;

  async function summarise(state: RunState, signal: AbortSignal): Promise<void> {
    const { lease, settings } = state;
    const done = await compact({
      entries: state.entries,
      agentId: lease.agentId,
      sessionId: lease.sessionId,
      runId: null,
      model: state.model,
      modelOverride: state.modelOverride,
      settings,
      base: baseTokens(state),
      force: false,
      early,
      models: deps.models,
      signal,
      clock: deps.clock,
      logger: deps.logger,
      async write(entry) {
        // A session that was reset meanwhile must not inherit the memory of the old one.
        if (signal.aborted || deps.sessions.get(lease.sessionKey)?.sessionId !== lease.sessionId) return;
        await deps.sessions.append(lease.sessionKey, [entry]);
      },
    });
    if (done) {
      deps.logger.info("compacted a session ahead of time", {
        sessionKey: lease.sessionKey,
        tokensBefore: done.tokensBefore,
        tokensAfter: done.tokensAfter,
      });
    }
  }

  return {
    consider(state) {
      const { sessionKey } = state.lease;
      if (stopped || working.has(sessionKey) || state.hasForeignHistory || !state.settings.compaction.enabled)
        return;
      const { limit } = compactionLimits(windowOf(state.model, state.settings), state.settings.compaction);
      const tokens = promptTokens(state.entries, {
        estimate: (text) => deps.models.estimateTokens(text),
        base: baseTokens(state),
      });
      if (tokens <= limit * early) return;
      const controller = new AbortController();
      const done = summarise(state, controller.signal)
        .catch((error: unknown) => {
          deps.logger.warn("compacting a session ahead of time failed; the next run will do it", {
            sessionKey,
            error: messageOf(error),
          });
        })
        .finally(() => {
          if (working.get(sessionKey)?.controller === controller) working.delete(sessionKey);
        });
      working.set(sessionKey, { controller, done });
    },
    giveWay(sessionKey) {
      working.get(sessionKey)?.controller.abort();
      working.delete(sessionKey);
    },
    async stop() {
      stopped = true;
      const all = [...working.values()];
      for (const { controller } of all) controller.abort();
      await Promise.all(all.map(({ done }) => done));
    },
  };
}
