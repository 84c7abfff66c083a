import type { CronJob, CronRunEntry } from "../automation/index.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import type { LegacyLogin } from "../models/index.ts";
import type { Item } from "./contract.ts";
import type { Fields } from "./source.ts";
import type { CarriedImage } from "./transcript.ts";

/** Everything a migration would write. Values here include secrets: it is never printed or stored. */
export interface Work {
  sessions: Array<{
    key: string;
    agentId: string;
    record: Fields;
    entries: TranscriptEntry[];
    isNew: boolean;
  }>;
  archives: Array<{ agentId: string; name: string; entries: TranscriptEntry[] }>;
  images: CarriedImage[];
  cronJobs: CronJob[];
  cronRuns: CronRunEntry[];
  logins: Array<{ login: LegacyLogin; origin: string }>;
  /** Absolute path and whole new content. */
  writes: Array<{ path: string; text: string }>;
  copies: Array<{ path: string; from: string }>;
}

/** What is there already, as the last commit left it. */
export interface TargetView {
  idsOf(key: string): Promise<Set<string> | null>;
  idsOfArchive(agentId: string, name: string): Set<string>;
  hasCronJob(id: string): boolean;
  hasCronRun(entry: CronRunEntry): boolean;
  hasLogin(id: string): boolean;
}

export function emptyWork(): Work {
  return {
    sessions: [],
    archives: [],
    images: [],
    cronJobs: [],
    cronRuns: [],
    logins: [],
    writes: [],
    copies: [],
  };
}

/** A row of the receipt. */
export function item(
  kind: Item["kind"],
  id: string,
  fate: Item["fate"],
  more: { target?: string; reason?: string | undefined } = {},
): Item {
  const { target, reason } = more;
  return { kind, id, fate, ...(target !== undefined && { target }), ...(reason !== undefined && { reason }) };
}
