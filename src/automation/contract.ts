export type CronSchedule =
  | { kind: "at"; at: string }
  | { kind: "every"; everyMs: number; anchorMs?: number }
  | { kind: "cron"; expr: string; tz?: string };
export type CronPayload =
  | { kind: "systemEvent"; text: string }
  | { kind: "agentTurn"; message: string; model?: string; thinking?: string; timeoutSeconds?: number };

/** A scheduled job (protocol.md 3.6); stored in the ledger database. */
export interface CronJob {
  id: string;
  agentId?: string;
  name: string;
  description?: string;
  enabled: boolean;
  deleteAfterRun?: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  schedule: CronSchedule;
  sessionTarget: "main" | "isolated";
  wakeMode: "next-heartbeat" | "now";
  payload: CronPayload;
  delivery?: { mode: "none" | "announce"; channel?: string; to?: string; bestEffort?: boolean };
  state: {
    nextRunAtMs?: number;
    runningAtMs?: number;
    lastRunAtMs?: number;
    lastStatus?: "ok" | "error" | "skipped";
    lastError?: string;
    lastDurationMs?: number;
  };
}

/** What a caller may say about a job; the rest is normalised or made by the store (protocol.md 3.6). */
export type CronJobInput = Omit<CronJob, "id" | "createdAtMs" | "updatedAtMs" | "state">;

/** One finished run of a job. */
export interface CronRunEntry {
  ts: number;
  jobId: string;
  action: "finished";
  status?: "ok" | "error" | "skipped";
  error?: string;
  summary?: string;
  runAtMs?: number;
  durationMs?: number;
  nextRunAtMs?: number;
}

/** Payload of the `cron` event. */
export interface CronEvent {
  jobId: string;
  action: "added" | "updated" | "removed" | "started" | "finished";
  runAtMs?: number;
  durationMs?: number;
  status?: "ok" | "error" | "skipped";
  error?: string;
  summary?: string;
  nextRunAtMs?: number;
}

/** Jobs, their runs, and what the gateway's methods need of them. */
export interface CronService {
  /** By next run; disabled jobs last and only when asked for. */
  list(options: { includeDisabled: boolean }): CronJob[];
  get(id: string): CronJob | null;
  status(): { enabled: boolean; storePath: string; jobs: number; nextWakeAtMs: number | null };
  /** @throws UserError CRON_INVALID with what is wrong. */
  add(input: unknown): Promise<CronJob>;
  /** @throws UserError CRON_INVALID, CRON_UNKNOWN */
  update(id: string, patch: unknown): Promise<CronJob>;
  remove(id: string): Promise<boolean>;
  /** Runs the payload now (`force`) or only when it is due. Resolves when the run was accepted. */
  run(id: string, mode: "due" | "force"): Promise<{ ran: boolean; reason?: "not-due" | "already-running" }>;
  /** Newest first. */
  runs(id: string, limit: number): CronRunEntry[];
  subscribe(listener: (event: CronEvent) => void): () => void;
  /** Fires due jobs until stopped. */
  start(): void;
  stop(): void;
}
