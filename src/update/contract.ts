/** How far an update came. It is written before the step it names begins, so that whoever finds it knows what to undo. */
export type UpdatePhase = "fetch" | "check" | "switch" | "trial" | "rollback";

/** An update under way; gone when it ended. */
export interface UpdateJournal {
  phase: UpdatePhase;
  /** Version of the slot that was current; null for the first one. */
  from: string | null;
  to: string;
  /** Who works on it, with its start as `processStartTime` tells it: a dead one has left the rest to us. */
  pid: number;
  startTime: number | null;
  /** Epoch milliseconds. */
  startedAt: number;
  /** State directory and configuration file the candidate was tried with. */
  stateDir: string;
  configPath: string;
  /** Copy of the ledger from before the switch; null when there was none. */
  ledgerBefore: string | null;
  /** End of the watch; epoch milliseconds. */
  watchUntil: number | null;
  /** Why it goes back. */
  reason: string | null;
}

/** How the last update ended. */
export interface UpdateRecord {
  result: "updated" | "rolled-back" | "refused";
  from: string | null;
  to: string;
  /** ISO 8601. */
  at: string;
  reason: string | null;
  /** For `updated`: what `update rollback` puts back. */
  ledgerBefore: string | null;
  stateDir: string;
  configPath: string;
}

export interface SlotState {
  current: string | null;
  /** Complete slots, oldest first. */
  versions: string[];
  underWay: UpdateJournal | null;
  last: UpdateRecord | null;
}

/** How the gateway of this installation is made to start again with what `current` names. */
export interface GatewayControl {
  /** In words: `openclaw-gateway.service`. */
  name: string;
  /** Ends the gateway; whoever supervises it starts it again through the launcher. */
  restart(): Promise<void>;
}
