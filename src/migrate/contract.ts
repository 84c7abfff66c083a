/** What a thing of the old installation is. Every one found has exactly one row of this kind in the receipt, except messages and notes, which are counted. */
export type ItemKind =
  | "session"
  | "transcript"
  | "message"
  | "note"
  | "cron job"
  | "cron run"
  | "pairing request"
  | "allowed sender"
  | "device"
  | "device request"
  | "node"
  | "node request"
  | "login"
  | "login state"
  | "exec approval"
  | "exec policy"
  | "setting"
  | "identity"
  | "environment variable"
  | "channel state"
  | "waiting message"
  | "sub-agent run"
  | "workspace"
  | "memory index"
  | "file";

export type Fate = "carried" | "transformed" | "left";

export interface Item {
  kind: ItemKind;
  /** Key, id or path within the old installation; never a secret. */
  id: string;
  fate: Fate;
  /** Where it is now: a session key, a path below the state directory, `ledger`. */
  target?: string;
  /** Why it was left, or what changed on the way. */
  reason?: string;
}

export interface FateCount {
  found: number;
  carried: number;
  transformed: number;
  left: number;
}

/** The account of one migration. Holds no secret and no message text. */
export interface Receipt {
  version: 1;
  /** Names the folder `migrations/<id>/`. */
  id: string;
  state: "applying" | "applied" | "undone";
  /** ISO 8601. */
  at: string;
  undoneAt?: string;
  from: { dir: string; era: "files" | "sqlite"; version: string | null };
  to: string;
  /** `found` is always the sum of the other three. */
  counts: Partial<Record<ItemKind, FateCount>>;
  /** Why messages and notes were left, with their number. */
  leftInTranscripts: Record<string, number>;
  /** Entries written in place of results and outcomes that a killed program never stored. */
  addedEntries: number;
  /** Things written by this migration; 0 when an earlier one had carried everything. */
  changes: number;
  items: Item[];
  warnings: string[];
}

/** How to take back what a migration added; kept beside the receipt. */
export interface UndoRecord {
  sessions: Array<{ key: string; isNew: boolean; ids: string[] }>;
  archives: Array<{ agentId: string; name: string; ids: string[] }>;
  /** Files written or copied, relative to the state directory, with the digest of what was written. */
  files: Array<{ path: string; digest: string; before: string | null }>;
  cronJobs: string[];
  cronRuns: string[];
  logins: Array<{ id: string; updatedAt: number }>;
}

export interface UndoResult {
  id: string;
  removed: {
    sessions: number;
    entries: number;
    files: number;
    cronJobs: number;
    cronRuns: number;
    logins: number;
  };
  /** What stays because it was changed after the migration. */
  kept: Array<{ what: string; reason: string }>;
}
