import type { ThinkingLevel, TranscriptEntry, Usage } from "../core/conversation.ts";
import type { JsonObject } from "../core/json.ts";

/** What is stored about a conversation beside its transcript. Times are epoch milliseconds. */
export interface SessionRecord {
  /** Canonical key, e.g. `agent:main:main`. */
  key: string;
  agentId: string;
  /** New on every reset. */
  sessionId: string;
  createdAt: number;
  updatedAt: number;
  label: string | null;
  displayName: string | null;
  channel: string | null;
  chatType: string | null;
  /** Settings that outlive resets: thinkingLevel, verboseLevel, reasoningLevel, model, sendPolicy, … (protocol.md 3.3). */
  settings: SessionSettings;
  /** Where the last message came from, for replies: {channel, to, accountId}. */
  route: JsonObject | null;
  spawnedBy: string | null;
  usage: Usage;
  /** Size of the prompt of the last turn, in tokens: what "context used" shows. */
  contextTokens: number;
  provider: string | null;
  model: string | null;
  compactions: number;
  abortedLastRun: boolean;
  lastPreview: string | null;
  firstText: string | null;
}

export interface SessionSettings {
  thinkingLevel?: ThinkingLevel;
  verboseLevel?: string;
  reasoningLevel?: string;
  responseUsage?: string;
  elevatedLevel?: string;
  execHost?: string;
  execSecurity?: string;
  execAsk?: string;
  execNode?: string;
  /** `provider/model` override. */
  model?: string;
  sendPolicy?: "allow" | "deny";
  groupActivation?: "mention" | "always";
  queueMode?: "collect" | "followup" | "steer" | "interrupt";
}

export interface SessionListQuery {
  agentId?: string;
  limit?: number;
  offset?: number;
  /** Only sessions updated in the last so many minutes. */
  activeMinutes?: number;
  search?: string;
  label?: string;
  spawnedBy?: string;
  includeGlobal?: boolean;
  includeUnknown?: boolean;
}

/** An entry and the byte of the transcript it begins at; null while it waits to be written there. */
export interface PlacedEntry {
  entry: TranscriptEntry;
  at: number | null;
}

/**
 * Conversations: metadata in the ledger database, text in one append-only JSONL file per session. What is read is the
 * current branch: an entry that `replaces` another hides that one and what was said after it.
 */
export interface SessionStore {
  get(key: string): SessionRecord | null;
  /** The record, made when absent (with a fresh sessionId). */
  ensure(key: string, agentId: string): Promise<SessionRecord>;
  list(query: SessionListQuery): SessionRecord[];
  count(agentId?: string): number;
  /** How many {@link SessionStore.list} would give without limit and offset. */
  total(query: SessionListQuery): number;
  /** Grows with every change of any record: caches compare it. */
  version(): number;
  patch(
    key: string,
    change: {
      label?: string | null;
      settings?: Partial<Record<keyof SessionSettings, unknown>>;
      displayName?: string | null;
      channel?: string | null;
      chatType?: string | null;
      route?: JsonObject | null;
      spawnedBy?: string | null;
    },
  ): Promise<SessionRecord>;
  /** New sessionId, counters 0, settings kept; the old transcript is kept under an archive name. */
  reset(key: string): Promise<SessionRecord>;
  /** Removes the record; the transcript is archived, or removed with `deleteTranscript`. */
  delete(
    key: string,
    options: { deleteTranscript: boolean },
  ): Promise<{ deleted: boolean; archived: string[] }>;
  findById(sessionId: string): SessionRecord | null;
  findByLabel(label: string): SessionRecord[];

  /** Absolute path of the transcript file. */
  transcriptPath(key: string): string;
  /** The last `limit` entries, oldest first; cost depends on `limit`, not on the length of the file. */
  tail(key: string, limit: number, options?: { asides: boolean }): TranscriptEntry[];
  /**
   * One page of a transcript, oldest first: the last `limit` entries, the last before the place (`at`) of an entry, or
   * the first `from` such a place on.
   * Asides are left out. An entry that is not in the file yet has no place. Cost depends on `limit`, not on the length of the file.
   */
  page(
    key: string,
    query: { limit: number; before?: number | undefined; from?: number | undefined },
  ): PlacedEntry[];
  /**
   * The entries a prompt is made from. Without a compaction: all of them, oldest first. With one: the newest compaction
   * entry first, then the entries from its `firstKeptId` on (those kept, then those that came after it) in file order.
   * Cached per session and updated by appends; the array is the caller's own.
   */
  context(key: string): TranscriptEntry[];
  /** The same as it was before an entry of the current branch was said; null when there is no such entry. */
  contextBefore(key: string, id: string): TranscriptEntry[] | null;
  /** An entry of the current branch, with its place. Cost depends on how far back it stands. */
  find(key: string, id: string): PlacedEntry | null;
  /**
   * An earlier version of a message of the current branch (1 is the first) and what was said after it until it was
   * superseded, the first `limit` entries; null when there is none. `of` counts the versions.
   */
  earlierVersion(
    key: string,
    query: { id: string; version: number; limit: number },
  ): { entries: TranscriptEntry[]; of: number; more: boolean } | null;
  /** Every entry of the current branch, oldest first, streamed. */
  all(key: string): AsyncIterable<TranscriptEntry>;
  /** Every entry there is, superseded ones too, in the order in which they were said, streamed. */
  everything(key: string): AsyncIterable<{ entry: TranscriptEntry; isSuperseded: boolean }>;
  /** Appends outside a run (operator notes, injected messages), through the same write-ahead as runs. */
  append(key: string, entries: TranscriptEntry[]): Promise<void>;

  /** Stores bytes by digest in the session's media folder and returns the digest. */
  putMedia(bytes: Uint8Array): Promise<string>;
  getMedia(digest: string): Uint8Array | null;
  /** Usage by day (UTC date) for `usage.cost`. */
  usageByDay(days: number): Array<{ date: string; usage: Usage; missingCostEntries: number }>;
}
