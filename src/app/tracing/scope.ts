import { AsyncLocalStorage } from "node:async_hooks";

/** What the code that runs now belongs to. */
export interface TraceScope {
  /** When the message that is being accepted came in, epoch milliseconds. */
  arrivedAt?: number;
  /** The run at work. */
  run?: {
    runId: string;
    /** What outlives the run (a compaction in the background) is no part of its span. */
    ended: boolean;
  };
}

export type TraceScopes = AsyncLocalStorage<TraceScope>;

/** One for each gateway: calls know their run without every function passing it on. */
export const createTraceScopes = (): TraceScopes => new AsyncLocalStorage<TraceScope>();
