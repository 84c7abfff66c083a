import { createLedger, openLedgerDb, type LanePolicy, type Ledger, type LedgerDb } from "../ledger/index.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Paths } from "../state/index.ts";
import type { SessionStore } from "./contract.ts";
import { importLegacyStores } from "./legacy-import.ts";
import { sessionMigrations } from "./schema.ts";
import { createStoreExport } from "./store-export.ts";
import { createSessionStore } from "./store.ts";
import { createWriteAhead } from "./write-ahead.ts";

/** Everything durable: runs and messages, conversations, and the database handle other parts keep tables through. */
export interface Storage {
  ledger: Ledger;
  sessions: SessionStore;
  db: LedgerDb;
  /** Commits and flushes everything, writes the session-store exports and closes; the last call of a gateway. */
  close(): Promise<void>;
}

/**
 * Opens the ledger database and what is built on it. Only one process may (the gateway lock); call `ledger.recover()`
 * before the first `claim`. When the ledger has no session yet, the records of an existing `session-store.json` or
 * `sessions.json` are taken over once; transcripts are never changed by that.
 * @param options.owner names this process among lease holders; default a random id.
 * @throws UserError STORAGE_FAILED, STORAGE_DENIED, STATE_NEWER
 */
export async function openStorage(options: {
  paths: Paths;
  clock: Clock;
  logger: Logger;
  policy: () => LanePolicy;
  owner?: string;
}): Promise<Storage> {
  const { paths, clock, policy } = options;
  const logger = options.logger.child("storage");
  const db = openLedgerDb({ path: paths.ledgerPath, logger });
  try {
    db.migrate("sessions", sessionMigrations);
    const { agentsDir, mediaDir } = paths;
    await importLegacyStores({ db, agentsDir, logger });
    const storeExport = createStoreExport({ db, agentsDir, clock, logger });
    const writeAhead = createWriteAhead({ db, agentsDir, clock, logger, onChange: storeExport.changed });
    const owner = options.owner === undefined ? {} : { owner: options.owner };
    const ledger = createLedger({ db, sink: writeAhead, clock, logger, policy, ...owner });
    const sessions = createSessionStore({ db, writeAhead, agentsDir, mediaDir, clock });
    return {
      ledger,
      sessions,
      db,
      async close() {
        await ledger.close();
        await writeAhead.close();
        await storeExport.close();
        db.close();
      },
    };
  } catch (error) {
    db.close();
    throw error;
  }
}
