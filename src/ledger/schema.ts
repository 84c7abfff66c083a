import type { MigrationStep } from "./database.ts";

/** Tables of the ledger itself. Append-only: a released step is never edited. */
export const ledgerMigrations: readonly MigrationStep[] = [
  `
  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    dedupe_key TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL,
    session_key TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done')),
    taken_by TEXT,
    received_at INTEGER NOT NULL,
    done_at INTEGER,
    outcome TEXT,
    outcome_detail TEXT,
    message TEXT NOT NULL,
    CHECK ((state = 'done') = (outcome IS NOT NULL))
  );
  CREATE INDEX inbox_waiting ON inbox (seq) WHERE state = 'queued';
  CREATE INDEX inbox_lane ON inbox (session_key, seq) WHERE state = 'queued';
  CREATE INDEX inbox_run ON inbox (run_id, seq);
  CREATE INDEX inbox_taken ON inbox (taken_by) WHERE taken_by IS NOT NULL;
  CREATE INDEX inbox_session ON inbox (session_key, seq);
  CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    session_key TEXT NOT NULL,
    session_id TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done')),
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX runs_lane ON runs (session_key) WHERE state = 'running';
  CREATE INDEX runs_done ON runs (ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE steps (
    run_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    name TEXT NOT NULL,
    input TEXT NOT NULL,
    effect TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('started', 'done')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (run_id, call_id)
  );
  CREATE INDEX steps_started ON steps (started_at);

  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    run_id TEXT,
    target_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'unknown')),
    ambiguous INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    last_error TEXT,
    receipt TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    message TEXT NOT NULL
  );
  CREATE INDEX deliveries_open ON deliveries (id) WHERE state IN ('pending', 'sending');
  CREATE INDEX deliveries_run ON deliveries (run_id) WHERE run_id IS NOT NULL;
  CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

  CREATE TABLE trace (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    stage TEXT NOT NULL,
    rule TEXT NOT NULL,
    detail TEXT NOT NULL
  );
  CREATE INDEX trace_subject ON trace (subject, id);
  CREATE INDEX trace_at ON trace (at);
  `,
];
