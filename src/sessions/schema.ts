import type { MigrationStep } from "../ledger/index.ts";

/** Tables of conversation storage, in the ledger database. Append-only: a released step is never edited. */
export const sessionMigrations: readonly MigrationStep[] = [
  `
  CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    agent_id TEXT NOT NULL,
    session_id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    label TEXT,
    display_name TEXT,
    channel TEXT,
    chat_type TEXT,
    settings TEXT NOT NULL DEFAULT '{}',
    route TEXT,
    spawned_by TEXT,
    usage TEXT NOT NULL DEFAULT '{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}',
    context_tokens INTEGER NOT NULL DEFAULT 0,
    provider TEXT,
    model TEXT,
    compactions INTEGER NOT NULL DEFAULT 0,
    aborted_last_run INTEGER NOT NULL DEFAULT 0,
    last_preview TEXT,
    first_text TEXT
  );
  CREATE INDEX sessions_recent ON sessions (updated_at, key);
  CREATE INDEX sessions_agent ON sessions (agent_id, updated_at, key);
  CREATE INDEX sessions_label ON sessions (label) WHERE label IS NOT NULL;
  CREATE INDEX sessions_spawned ON sessions (spawned_by) WHERE spawned_by IS NOT NULL;

  -- One row per transcript file, live or archived. "file" is a name we made, never a path.
  CREATE TABLE transcripts (
    session_id TEXT PRIMARY KEY,
    session_key TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    file TEXT NOT NULL COLLATE NOCASE,
    -- Set while the file still has to be renamed from this name to "file".
    moved_from TEXT,
    -- 1 while the file still has to be removed.
    doomed INTEGER NOT NULL DEFAULT 0,
    archived_at INTEGER,
    UNIQUE (agent_id, file)
  );
  CREATE INDEX transcripts_unfinished ON transcripts (session_id) WHERE moved_from IS NOT NULL OR doomed = 1;

  -- Write-ahead of the transcript files: a line is removed here only after the file that holds it was fsynced.
  CREATE TABLE transcript_pending (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    line TEXT NOT NULL
  );
  CREATE INDEX transcript_pending_session ON transcript_pending (session_id, id);

  CREATE TABLE usage_daily (
    date TEXT PRIMARY KEY,
    usage TEXT NOT NULL,
    missing_cost INTEGER NOT NULL DEFAULT 0
  );
  `,
];
