import type { LedgerDb, MigrationStep, SqlReader, SqlWriter } from "../../ledger/index.ts";
import type { HeartbeatEvent } from "./contract.ts";

/** A beat that was begun and whose end is not written down yet. */
export interface PendingBeat {
  runId: string;
  /** Epoch milliseconds. */
  startedAt: number;
}

/** How the beats of one agent stand. */
export interface BeatRow {
  /** From when the next interval counts, epoch milliseconds. */
  baseAt: number;
  pending: PendingBeat | null;
}

const keptEvents = 100;

const steps: MigrationStep[] = [
  `CREATE TABLE heartbeats (
     agent_id TEXT PRIMARY KEY,
     base_at INTEGER NOT NULL,
     pending TEXT
   ) STRICT;
   CREATE TABLE heartbeat_events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     agent_id TEXT NOT NULL,
     event TEXT NOT NULL
   ) STRICT;
   CREATE INDEX heartbeat_events_agent ON heartbeat_events (agent_id, seq);
   CREATE TABLE heartbeat_switch (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     enabled INTEGER NOT NULL
   ) STRICT;`,
];

/** Beats in the ledger database: what is due, what is under way, and what came of them. */
export interface HeartbeatStore {
  isOn(): boolean;
  setOn(on: boolean): Promise<void>;
  get(agentId: string): BeatRow | null;
  /** Agents with a beat under way. */
  pending(): Array<{ agentId: string; beat: PendingBeat }>;
  /** From when the next interval counts. */
  rebase(agentId: string, baseAt: number): Promise<void>;
  /** Writes a beat down as begun; the next interval counts from then. False when one is under way. */
  begin(agentId: string, beat: PendingBeat): Promise<boolean>;
  /** Writes down how the beat under way ended. False when that is not this one (any more). */
  finish(event: HeartbeatEvent): Promise<boolean>;
  /** Writes down that nothing was asked; `repeats` puts it in the place of the last event, `baseAt` null leaves it owed. */
  skip(event: HeartbeatEvent, how: { repeats: boolean; baseAt: number | null }): Promise<void>;
  /** Forgets a beat under way whose agent is gone. */
  abandon(agentId: string): Promise<void>;
  /** Newest first. */
  history(limit: number, agentId?: string): HeartbeatEvent[];
}

export function createHeartbeatStore(db: LedgerDb): HeartbeatStore {
  db.migrate("heartbeat", steps);
  interface Row {
    agent_id: string;
    base_at: number;
    pending: string | null;
  }
  const pendingOf = ({ pending }: Row) => (pending === null ? null : (JSON.parse(pending) as PendingBeat));
  const rowOf = (sql: SqlReader, agentId: string) =>
    sql.get<Row>("SELECT * FROM heartbeats WHERE agent_id = ?", agentId);
  const rebase = (sql: SqlWriter, agentId: string, baseAt: number) =>
    void sql.run(
      `INSERT INTO heartbeats (agent_id, base_at) VALUES (?, ?)
       ON CONFLICT (agent_id) DO UPDATE SET base_at = excluded.base_at`,
      agentId,
      baseAt,
    );
  const setPending = (sql: SqlWriter, agentId: string, beat: PendingBeat | null) =>
    void sql.run(
      "UPDATE heartbeats SET pending = ? WHERE agent_id = ?",
      beat === null ? null : JSON.stringify(beat),
      agentId,
    );
  const add = (sql: SqlWriter, event: HeartbeatEvent) => {
    sql.run(
      "INSERT INTO heartbeat_events (agent_id, event) VALUES (?, ?)",
      event.agentId,
      JSON.stringify(event),
    );
    sql.run(
      `DELETE FROM heartbeat_events WHERE agent_id = ? AND seq <=
         (SELECT seq FROM heartbeat_events WHERE agent_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
      event.agentId,
      event.agentId,
      keptEvents,
    );
  };
  return {
    isOn: () =>
      db.read((sql) => sql.get<{ enabled: number }>("SELECT enabled FROM heartbeat_switch WHERE id = 1"))
        ?.enabled !== 0,
    setOn: (on) =>
      db.write((sql) => {
        sql.run(
          `INSERT INTO heartbeat_switch (id, enabled) VALUES (1, ?)
           ON CONFLICT (id) DO UPDATE SET enabled = excluded.enabled`,
          on ? 1 : 0,
        );
      }),
    get(agentId) {
      const row = db.read((sql) => rowOf(sql, agentId));
      return row ? { baseAt: row.base_at, pending: pendingOf(row) } : null;
    },
    pending: () =>
      db
        .read((sql) => sql.all<Row>("SELECT * FROM heartbeats WHERE pending IS NOT NULL ORDER BY agent_id"))
        .flatMap((row) => {
          const beat = pendingOf(row);
          return beat === null ? [] : [{ agentId: row.agent_id, beat }];
        }),
    rebase: (agentId, baseAt) => db.write((sql) => rebase(sql, agentId, baseAt)),
    begin: (agentId, beat) =>
      db.write((sql) => {
        const row = rowOf(sql, agentId);
        if (row !== undefined && row.pending !== null) return false;
        rebase(sql, agentId, beat.startedAt);
        setPending(sql, agentId, beat);
        return true;
      }),
    finish: (event) =>
      db.write((sql) => {
        const row = rowOf(sql, event.agentId);
        if (row === undefined || pendingOf(row)?.runId !== event.runId) return false;
        setPending(sql, event.agentId, null);
        add(sql, event);
        return true;
      }),
    skip: (event, { repeats, baseAt }) =>
      db.write((sql) => {
        if (repeats)
          sql.run(
            "DELETE FROM heartbeat_events WHERE seq = (SELECT max(seq) FROM heartbeat_events WHERE agent_id = ?)",
            event.agentId,
          );
        add(sql, event);
        if (baseAt !== null) rebase(sql, event.agentId, baseAt);
      }),
    abandon: (agentId) => db.write((sql) => setPending(sql, agentId, null)),
    history: (limit, agentId) =>
      db
        .read((sql) =>
          sql.all<{ event: string }>(
            `SELECT event FROM heartbeat_events WHERE ? IS NULL OR agent_id = ? ORDER BY seq DESC LIMIT ?`,
            agentId ?? null,
            agentId ?? null,
            limit,
          ),
        )
        .map(({ event }) => JSON.parse(event) as HeartbeatEvent),
  };
}
