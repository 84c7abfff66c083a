export type { LedgerDb, MigrationStep, OwnedLedgerDb, SqlReader, SqlValue, SqlWriter } from "./database.ts";
export { openLedgerDb } from "./open.ts";
