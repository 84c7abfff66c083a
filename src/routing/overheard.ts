import type { Clock } from "../core/clock.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { sortableId } from "../core/ids.ts";
import type { LedgerDb, MigrationStep } from "../ledger/index.ts";

/**
 * What was not said to the assistant but belongs to what it should know when it is spoken to next. In the ledger, so
 * that neither a restart nor a crash forgets it.
 */
export interface Overheard {
  /**
   * Resolves when it is committed for these sessions; of each the newest `keep` of its kind stay. What came before with
   * the same `ref` stays as it is.
   */
  add(sessionKeys: readonly string[], line: OverheardLine, keep: number): Promise<void>;
  /** Follows an edit of what is kept; null: it was taken back. */
  correct(sessionKeys: readonly string[], ref: string, text: string | null): Promise<void>;
  /** What is kept for a session, oldest first. */
  of(sessionKey: string): HeardLine[];
  /** It was told: the last of what {@link Overheard.of} gave, and what is before it, goes. */
  forget(sessionKey: string, told: readonly HeardLine[]): Promise<void>;
}

export interface OverheardLine {
  /** `said`: members among themselves; `done`: reactions and votes. */
  kind: "said" | "done";
  /** The platform's id of the event. */
  ref: string;
  channel: string;
  /** Whose words `text` is; null where it says so itself. */
  sender: string | null;
  text: string;
}

export type HeardLine = OverheardLine & { seq: number };

const maxSessions = 500;
const keepMs = 30 * 24 * 3600 * 1000;

const steps: MigrationStep[] = [
  `CREATE TABLE overheard (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     session_key TEXT NOT NULL,
     kind TEXT NOT NULL,
     ref TEXT NOT NULL,
     at INTEGER NOT NULL,
     channel TEXT NOT NULL,
     sender TEXT,
     text TEXT NOT NULL,
     UNIQUE (session_key, kind, ref)
   ) STRICT;`,
];

/** Opens the table in the ledger database. */
export function createOverheard({ db, clock }: { db: LedgerDb; clock: Clock }): Overheard {
  db.migrate("overheard", steps);
  return {
    add: (sessionKeys, { kind, ref, channel, sender, text }, keep) =>
      db.write((sql) => {
        for (const key of sessionKeys) {
          if (sql.get("SELECT 1 FROM overheard WHERE session_key = ? LIMIT 1", key) === undefined) {
            sql.run("DELETE FROM overheard WHERE at < ?", clock.now() - keepMs);
            sql.run(
              `DELETE FROM overheard WHERE session_key IN
                 (SELECT session_key FROM overheard GROUP BY session_key ORDER BY max(seq) DESC LIMIT -1 OFFSET ?)`,
              maxSessions - 1,
            );
          }
          sql.run(
            `INSERT INTO overheard (session_key, kind, ref, at, channel, sender, text) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
            key,
            kind,
            ref,
            clock.now(),
            channel,
            sender?.toWellFormed() ?? null,
            text.toWellFormed(),
          );
          sql.run(
            `DELETE FROM overheard WHERE session_key = ? AND kind = ? AND seq <=
               (SELECT seq FROM overheard WHERE session_key = ? AND kind = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
            key,
            kind,
            key,
            kind,
            keep,
          );
        }
      }),
    correct: (sessionKeys, ref, text) =>
      db.write((sql) => {
        for (const key of sessionKeys) {
          const at = [key, ref] as const;
          if (text === null)
            sql.run("DELETE FROM overheard WHERE session_key = ? AND kind = 'said' AND ref = ?", ...at);
          else
            sql.run(
              "UPDATE overheard SET text = ? WHERE session_key = ? AND kind = 'said' AND ref = ?",
              text.toWellFormed(),
              ...at,
            );
        }
      }),
    of: (sessionKey) =>
      db.read((sql) =>
        sql.all<HeardLine>(
          "SELECT seq, kind, ref, channel, sender, text FROM overheard WHERE session_key = ? ORDER BY seq",
          sessionKey,
        ),
      ),
    forget: (sessionKey, told) =>
      db.write(
        (sql) =>
          void sql.run(
            "DELETE FROM overheard WHERE session_key = ? AND seq <= ?",
            sessionKey,
            told.at(-1)?.seq ?? 0,
          ),
      ),
  };
}

const senders = {
  said: "members of the group, not addressed to you",
  done: "reactions and votes, not addressed to you",
} as const;

/** Lines as entries of foreign text for the conversation they were heard in: one for each kind. */
export function overheardEntries(lines: readonly HeardLine[], now: number): TranscriptEntry[] {
  return (["said", "done"] as const).flatMap((kind): TranscriptEntry[] => {
    const own = lines.filter((line) => line.kind === kind);
    const [first] = own;
    if (!first) return [];
    const text = own.map((line) => (line.sender === null ? line.text : `${line.sender}: ${line.text}`));
    return [
      {
        id: sortableId(now),
        ts: now,
        role: "user",
        kind: "injected",
        content: [{ type: "text", text: text.join("\n") }],
        origin: { door: `channel:${first.channel}`, trust: "untrusted", sender: senders[kind] },
      },
    ];
  });
}
