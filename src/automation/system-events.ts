import type { Clock } from "../core/clock.ts";
import type { LedgerDb, MigrationStep } from "../ledger/index.ts";

/** A text that waits for an agent: somebody or something reported it while nobody talked. */
export interface SystemEvent {
  id: number;
  agentId: string;
  /** Epoch milliseconds. */
  at: number;
  text: string;
  /** Who says so, e.g. `wake`, `hook backup`, `node:<id>`. */
  source: string;
  /** Whether the owner reported it; the text is data all the same (threats.md 4.19). */
  owner: boolean;
}

/**
 * Texts for the main session of an agent (`system-event`, `wake`, hooks, nodes, jobs). They join its next run, which is
 * the next heartbeat when nobody speaks first. Bounded per agent; the oldest go.
 */
export interface SystemEvents {
  /**
   * Resolves when it is committed. Without `agentId` it is for the default agent; while one with the same `key` waits it
   * is dropped.
   */
  push(event: {
    text: string;
    source: string;
    agentId?: string;
    owner?: boolean;
    key?: string;
  }): Promise<void>;
  /** Oldest first; of all agents unless one is named. */
  waiting(agentId?: string): SystemEvent[];
  remove(events: readonly SystemEvent[]): Promise<void>;
}

const maxWaiting = 100;
const maxLength = 4000;

const steps: MigrationStep[] = [
  `CREATE TABLE system_events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     agent_id TEXT NOT NULL,
     at INTEGER NOT NULL,
     text TEXT NOT NULL,
     source TEXT NOT NULL,
     owner INTEGER NOT NULL,
     dedupe_key TEXT UNIQUE
   ) STRICT;
   CREATE INDEX system_events_agent ON system_events (agent_id, id);`,
];

/** Opens the queue in the ledger database. */
export function createSystemEvents(deps: {
  db: LedgerDb;
  clock: Clock;
  defaultAgentId: () => string;
}): SystemEvents {
  const { db, clock } = deps;
  db.migrate("system-events", steps);
  return {
    push: ({ text, source, agentId = deps.defaultAgentId(), owner = false, key }) =>
      db.write((sql) => {
        sql.run(
          `INSERT INTO system_events (agent_id, at, text, source, owner, dedupe_key) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (dedupe_key) DO NOTHING`,
          agentId,
          clock.now(),
          text.slice(0, maxLength).toWellFormed(),
          source,
          owner ? 1 : 0,
          key ?? null,
        );
        sql.run(
          `DELETE FROM system_events WHERE agent_id = ? AND id <=
             (SELECT id FROM system_events WHERE agent_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
          agentId,
          agentId,
          maxWaiting,
        );
      }),
    waiting(agentId) {
      const rows = db.read((sql) =>
        sql.all<{ id: number; agent_id: string; at: number; text: string; source: string; owner: number }>(
          "SELECT id, agent_id, at, text, source, owner FROM system_events ORDER BY id",
        ),
      );
      return rows
        .filter((row) => agentId === undefined || row.agent_id === agentId)
        .map(({ agent_id, owner, ...row }) => ({ ...row, agentId: agent_id, owner: owner === 1 }));
    },
    remove: (events) =>
      db.write((sql) => {
        for (const { id } of events) sql.run("DELETE FROM system_events WHERE id = ?", id);
      }),
  };
}
