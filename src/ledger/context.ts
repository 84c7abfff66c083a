import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { LanePolicy, Lease, SettledByLedger } from "./contract.ts";
import type { LedgerDb } from "./database.ts";
import type { TranscriptSink } from "./sink.ts";

/** What the parts of one ledger share. */
export interface LedgerContext {
  db: LedgerDb;
  sink: TranscriptSink;
  clock: Clock;
  logger: Logger;
  policy: () => LanePolicy;
  /** Names this process among all that ever held a lease here. */
  owner: string;
  /** Leases this process believes it holds, by run id. */
  held: Map<string, Lease>;
  announce: (settled: SettledByLedger) => void;
}

export const policyDefaults = {
  maxAttempts: 5,
  maxDeliveryAttempts: 300,
  detailDays: 90,
  outcomeDays: 400,
} as const;
