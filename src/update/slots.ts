import { existsSync, lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import {
  isProcessAlive,
  makeDirectory,
  processStartTime,
  readTextIfExists,
  storageError,
  withExclusiveLock,
  writeFileAtomic,
} from "../state/index.ts";
import type { SlotState, UpdateJournal, UpdatePhase, UpdateRecord } from "./contract.ts";
import { writeLauncher } from "./launcher.ts";
import { compareVersions, isVersion } from "./versions.ts";

const phases = ["fetch", "check", "switch", "trial", "rollback"] as const satisfies readonly UpdatePhase[];

/** The installed versions beside each other, and which of them is current. */
export interface Slots {
  readonly dir: string;
  state(): SlotState;
  /** Folder of a version's package. */
  packageDir(version: string): string;
  programOf(version: string): string;
  /** Folder of a version; exists only when it is complete. */
  versionDir(version: string): string;
  /** A new empty folder for a fetch. */
  stage(): string;
  /** Makes a staged folder a version. */
  adopt(stage: string, version: string): void;
  /** Makes a version the current one, in one step. */
  point(version: string): void;
  /** Takes the work on. @throws UserError UPDATE_RUNNING when another process is at it */
  begin(journal: UpdateJournal): void;
  note(journal: UpdateJournal): void;
  /** Ends the work. */
  finish(record: UpdateRecord): void;
  /** Removes versions other than `keep`, what fetches left behind, and copies of the ledger other than `ledger`. */
  sweep(keep: ReadonlyArray<string | null>, ledger: string | null): void;
  /** Where the copy of the ledger from before a version goes. */
  ledgerCopyPath(version: string): string;
}

/** Opens the slots at `dir`, without making anything yet. */
export function openSlots(dir: string): Slots {
  const journalPath = join(dir, "update.json");
  const lastPath = join(dir, "last.json");
  const versionDir = (version: string) => join(dir, "versions", version);
  const packageDir = (version: string) => join(versionDir(version), "node_modules", "openclaw");
  const write = (journal: UpdateJournal) =>
    writeFileAtomic(journalPath, `${JSON.stringify(journal, null, 2)}\n`);
  const underWay = () => journalOf(readJson(journalPath));
  const guarded = <T>(path: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storageError(error, { action: "write", path });
    }
  };
  return {
    dir,
    versionDir,
    packageDir,
    programOf: (version) => join(packageDir(version), "bin", "openclaw.js"),
    ledgerCopyPath: (version) => join(dir, "before", `${version}.sqlite`),
    state: () => ({
      current: currentOf(dir),
      versions: names(join(dir, "versions")).sort(compareVersions),
      underWay: underWay(),
      last: recordOf(readJson(lastPath)),
    }),
    stage() {
      const path = join(dir, "staging", `${process.pid}`);
      rmSync(path, { recursive: true, force: true });
      makeDirectory(path);
      return path;
    },
    adopt(stage, version) {
      const path = versionDir(version);
      guarded(path, () => {
        makeDirectory(join(dir, "versions"));
        rmSync(path, { recursive: true, force: true });
        renameSync(stage, path);
      });
    },
    point(version) {
      const link = join(dir, "current");
      const temporary = join(dir, `.current.${process.pid}`);
      guarded(link, () => {
        writeLauncher(dir, process.execPath);
        rmSync(temporary, { force: true });
        symlinkSync(join("versions", version), temporary);
        renameSync(temporary, link);
      });
    },
    begin(journal) {
      makeDirectory(dir);
      withExclusiveLock(join(dir, "update.lock.sqlite"), () => {
        const other = underWay();
        if (other && isWorker(other) && other.pid !== process.pid) {
          throw new UserError(
            "UPDATE_RUNNING",
            `an update to ${other.to} is under way (pid ${other.pid}, step ${other.phase})`,
            { hint: "wait for it: openclaw update status", retryable: true },
          );
        }
        write(journal);
      });
    },
    note: write,
    finish(record) {
      writeFileAtomic(lastPath, `${JSON.stringify(record, null, 2)}\n`);
      rmSync(journalPath, { force: true });
    },
    sweep(keep, ledger) {
      rmSync(join(dir, "staging"), { recursive: true, force: true });
      for (const version of names(join(dir, "versions")))
        if (!keep.includes(version) && version !== currentOf(dir))
          rmSync(versionDir(version), { recursive: true, force: true });
      for (const name of names(join(dir, "before")))
        if (ledger === null || name !== basename(ledger)) rmSync(join(dir, "before", name), { force: true });
    },
  };
}

/** Whether the process that wrote a journal still works on it. */
export function isWorker({ pid, startTime }: Pick<UpdateJournal, "pid" | "startTime">): boolean {
  if (!isProcessAlive(pid)) return false;
  const now = processStartTime(pid);
  return startTime === null || now === null || startTime === now;
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
const versionOf = (value: unknown): string | null =>
  typeof value === "string" && isVersion(value) ? value : null;

function journalOf(value: Record<string, unknown> | null): UpdateJournal | null {
  const phase = phases.find((each) => each === value?.phase);
  const to = versionOf(value?.to);
  if (value === null || phase === undefined || to === null) return null;
  return {
    ...placesOf(value),
    phase,
    to,
    pid: numberOf(value.pid) ?? 0,
    startTime: numberOf(value.startTime),
    startedAt: numberOf(value.startedAt) ?? 0,
    watchUntil: numberOf(value.watchUntil),
  };
}

function recordOf(value: Record<string, unknown> | null): UpdateRecord | null {
  const result = (["updated", "rolled-back", "refused"] as const).find((each) => each === value?.result);
  const to = versionOf(value?.to);
  if (value === null || result === undefined || to === null) return null;
  return { ...placesOf(value), result, to, at: textOf(value.at) ?? "" };
}

const placesOf = (value: Record<string, unknown>) => ({
  from: versionOf(value.from),
  stateDir: textOf(value.stateDir) ?? "",
  configPath: textOf(value.configPath) ?? "",
  ledgerBefore: textOf(value.ledgerBefore),
  reason: textOf(value.reason),
});

function currentOf(dir: string): string | null {
  const link = join(dir, "current");
  try {
    return lstatSync(link).isSymbolicLink() ? basename(readlinkSync(link)) : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw storageError(error, { action: "read", path: link });
  }
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readJson(path: string): Record<string, unknown> | null {
  const text = readTextIfExists(path);
  if (text === null || text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null; // Written in one step, so this is somebody's edit; nothing can be read from it.
  }
}
