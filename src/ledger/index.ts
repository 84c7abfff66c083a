export type { LedgerDb, MigrationStep, OwnedLedgerDb, SqlReader, SqlValue, SqlWriter } from "./database.ts";
export { openLedgerDb } from "./open.ts";
export type { TranscriptSink } from "./sink.ts";
export { createLedger } from "./ledger.ts";
export { whyOf } from "./outcomes.ts";
export type * from "./contract.ts";
