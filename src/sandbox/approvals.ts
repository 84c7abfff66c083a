import { createBus } from "../core/bus.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LedgerDb, MigrationStep } from "../ledger/index.ts";
import type { ApprovalDecision, ApprovalRecord, ApprovalRequest, ApprovalService } from "./contract.ts";

const steps: readonly MigrationStep[] = [
  `CREATE TABLE approvals (
     id TEXT PRIMARY KEY,
     request TEXT NOT NULL,
     plan_digest TEXT,
     expires_at INTEGER NOT NULL,
     decision TEXT CHECK (decision IN ('allow-once', 'allow-always', 'deny')),
     resolved_by TEXT,
     resolved_at INTEGER,
     used_at INTEGER
   ) STRICT;
   CREATE INDEX approvals_expiry ON approvals (expires_at);`,
];

interface Row {
  request: string;
  decision: ApprovalDecision | null;
  resolved_by: string | null;
  resolved_at: number | null;
  used_at: number | null;
}

const keepMs = 30 * 24 * 3600 * 1000;
const maxPending = 200;
const maxTimeoutMs = 7 * 24 * 3600 * 1000;

/**
 * Approvals in the ledger: asked once, decided once, used once; alive across restarts until they expire, and expired
 * means denied (threats.md, invariants 4 and 6).
 */
export function createApprovalService(options: {
  db: LedgerDb;
  clock: Clock;
  logger: Logger;
}): ApprovalService {
  const { db, clock } = options;
  db.migrate("approvals", steps);
  const bus = createBus<{ type: "requested" | "resolved"; record: ApprovalRecord }>((error) =>
    options.logger.error("a listener of approvals failed", { error: messageOf(error) }),
  );

  const toRecord = (row: Row): ApprovalRecord => ({
    request: JSON.parse(row.request) as ApprovalRequest,
    decision: row.decision,
    resolvedBy: row.resolved_by,
    resolvedAtMs: row.resolved_at,
    usedAtMs: row.used_at,
  });
  const get = (id: string): ApprovalRecord | null =>
    db.read((sql) => {
      const row = sql.get<Row>("SELECT * FROM approvals WHERE id = ?", id);
      return row ? toRecord(row) : null;
    });
  const isOpen = (record: ApprovalRecord) =>
    record.decision === null && record.request.expiresAtMs > clock.now();
  const unknown = (id: string) =>
    new UserError("APPROVAL_UNKNOWN", `there is no approval ${JSON.stringify(id.slice(0, 80))}`, {
      hint: "list what waits with `openclaw approvals list`",
    });

  return {
    async request(request, timeoutMs) {
      const now = clock.now();
      const full: ApprovalRequest = {
        ...request,
        createdAtMs: now,
        expiresAtMs: now + Math.min(Math.max(0, timeoutMs), maxTimeoutMs),
      };
      return await db.write((sql) => {
        const existing = sql.get<Row>("SELECT * FROM approvals WHERE id = ?", request.id);
        if (existing) return toRecord(existing);
        sql.run("DELETE FROM approvals WHERE expires_at < ?", now - keepMs);
        const waiting = sql.get<{ n: number }>(
          "SELECT count(*) AS n FROM approvals WHERE decision IS NULL AND expires_at > ?",
          now,
        );
        if ((waiting?.n ?? 0) >= maxPending) {
          throw new UserError("APPROVAL_LIMIT", `${maxPending} approvals are waiting already`, {
            hint: "decide or deny some of them first",
          });
        }
        sql.run(
          "INSERT INTO approvals (id, request, plan_digest, expires_at) VALUES (?, ?, ?, ?)",
          request.id,
          JSON.stringify(full),
          request.planDigest ?? null,
          full.expiresAtMs,
        );
        const record: ApprovalRecord = {
          request: full,
          decision: null,
          resolvedBy: null,
          resolvedAtMs: null,
          usedAtMs: null,
        };
        sql.afterCommit(() => bus.publish({ type: "requested", record }));
        return record;
      });
    },

    wait(id, signal) {
      return new Promise<ApprovalRecord>((resolve, reject) => {
        let settled = false;
        let cancel: () => void = () => undefined;
        const finish = (settle: () => void) => {
          if (settled) return;
          settled = true;
          cancel();
          unsubscribe();
          signal?.removeEventListener("abort", onAbort);
          settle();
        };
        const onAbort = () => finish(() => reject(signal?.reason));
        const check = () => {
          const record = get(id);
          if (!record) finish(() => reject(unknown(id)));
          else if (!isOpen(record)) finish(() => resolve(record));
          else {
            cancel();
            cancel = clock.after(record.request.expiresAtMs - clock.now(), check);
          }
        };
        const unsubscribe = bus.subscribe((event) => {
          if (event.type === "resolved" && event.record.request.id === id)
            finish(() => resolve(event.record));
        });
        if (signal?.aborted) return onAbort();
        signal?.addEventListener("abort", onAbort, { once: true });
        check();
      });
    },

    async resolve(id, decision, by) {
      return await db.write((sql) => {
        const row = sql.get<Row>("SELECT * FROM approvals WHERE id = ?", id);
        if (!row) throw unknown(id);
        const before = toRecord(row);
        if (!isOpen(before)) {
          throw new UserError(
            "APPROVAL_SETTLED",
            `approval ${id} ${before.decision === null ? "expired" : `was decided already: ${before.decision}`}`,
          );
        }
        const record: ApprovalRecord = { ...before, decision, resolvedBy: by, resolvedAtMs: clock.now() };
        sql.run(
          "UPDATE approvals SET decision = ?, resolved_by = ?, resolved_at = ? WHERE id = ?",
          decision,
          by,
          clock.now(),
          id,
        );
        sql.afterCommit(() => bus.publish({ type: "resolved", record }));
        return record;
      });
    },

    get,
    pending: () =>
      db.read((sql) =>
        sql
          .all<Row>(
            "SELECT * FROM approvals WHERE decision IS NULL AND expires_at > ? ORDER BY expires_at, id",
            clock.now(),
          )
          .map(toRecord),
      ),

    recent: (sinceMs) =>
      db.read((sql) =>
        sql
          .all<Row>("SELECT * FROM approvals WHERE expires_at > ? ORDER BY expires_at, id", sinceMs)
          .map(toRecord),
      ),

    async consume(id, planDigest) {
      return await db.write(
        (sql) =>
          sql.run(
            `UPDATE approvals SET used_at = ?
             WHERE id = ? AND plan_digest = ? AND used_at IS NULL AND decision IN ('allow-once', 'allow-always')`,
            clock.now(),
            id,
            planDigest,
          ).changes === 1,
      );
    },

    subscribe: (listener) => bus.subscribe(listener),
  };
}
