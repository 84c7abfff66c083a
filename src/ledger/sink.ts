import type { TranscriptEntry } from "../core/conversation.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { SqlWriter } from "./database.ts";

/**
 * What the ledger needs from conversation storage, which is built on top of it. Everything here happens inside the
 * ledger's own write, so a step and its transcript lines are one commit.
 */
export interface TranscriptSink {
  /** The current session id of a key; the session is made when absent. */
  open(sql: SqlWriter, session: { key: string; agentId: string; now: number }): string;
  /** Journals entries for the transcript of exactly that session id, which may have been archived meanwhile. */
  append(
    sql: SqlWriter,
    session: { key: string; sessionId: string; now: number },
    entries: readonly TranscriptEntry[],
  ): void;
  /** Adds a finished run to the totals of its session and of the day. */
  finish(sql: SqlWriter, outcome: RunOutcome): void;
  /** Brings transcript files and journal into agreement after a crash; returns how many files were mended. */
  recover(): Promise<number>;
}
