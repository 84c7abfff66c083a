import { rmSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic } from "./atomic-file.ts";

/** What came of the scheduled backups: read by `backup schedule`, the health conditions and the doctor. */
export interface BackupRecord {
  /** The schedule that {@link dueAt} was computed from. */
  schedule: string;
  /** Epoch milliseconds: when the next backup is to be made. */
  dueAt: number;
  /** Epoch milliseconds: from then on a person should know that there was none. */
  staleAt: number;
  last: { at: number; path: string; bytes: number; files: number } | null;
  /** The last try, when it failed. */
  failure: { at: number; code: string; message: string; times: number } | null;
  /** Archives the schedule made and read back whole, oldest first: only these are ever removed. */
  archives: Array<{ at: number; path: string; bytes: number }>;
}

export const backupRecordName = "backup-schedule.json";
const recordPath = (stateDir: string): string => join(stateDir, backupRecordName);

/** Null when there is none, or one that cannot be understood: then a backup is due. */
export function readBackupRecord(stateDir: string): BackupRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(readTextIfExists(recordPath(stateDir)) ?? "null");
  } catch {
    return null; // torn or edited
  }
  if (!isObject(value)) return null;
  const { schedule, dueAt, staleAt, last, failure, archives } = value;
  if (typeof schedule !== "string" || typeof dueAt !== "number" || typeof staleAt !== "number") return null;
  return {
    schedule,
    dueAt,
    staleAt,
    last: lastOf(last),
    failure: failureOf(failure),
    archives: Array.isArray(archives) ? archives.filter(isArchive) : [],
  };
}

export function writeBackupRecord(stateDir: string, record: BackupRecord): void {
  writeFileAtomic(recordPath(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

export function clearBackupRecord(stateDir: string): void {
  rmSync(recordPath(stateDir), { force: true });
}

function isArchive(value: unknown): value is BackupRecord["archives"][number] {
  return (
    isObject(value) &&
    typeof value["at"] === "number" &&
    typeof value["path"] === "string" &&
    typeof value["bytes"] === "number"
  );
}

function lastOf(value: unknown): BackupRecord["last"] {
  if (!isArchive(value)) return null;
  const { at, path, bytes } = value;
  const files: unknown = "files" in value ? value.files : 0;
  return { at, path, bytes, files: typeof files === "number" ? files : 0 };
}

function failureOf(value: unknown): BackupRecord["failure"] {
  if (!isObject(value)) return null;
  const { at, code, message, times } = value;
  if (typeof at !== "number" || typeof code !== "string" || typeof message !== "string") return null;
  return { at, code, message, times: typeof times === "number" ? times : 1 };
}
