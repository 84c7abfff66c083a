import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  statSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { LedgerDb } from "../ledger/index.ts";
import { readFully } from "./jsonl.ts";
import { mendTail, type JournaledLine } from "./mend.ts";

const syncEveryMs = 500;
const appendFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

interface FileState {
  /** Where the file lies now; null once the session is gone. */
  path: () => string | null;
  /** What we believe its size is; null when the next touch has to look. */
  size: number | null;
  /** Committed lines that are not in the file. */
  waiting: JournaledLine[];
  /** True after a failed write: some of `waiting` may be in the file after all. */
  isDoubtful: boolean;
  /** The last try failed and was logged. */
  hasFailed: boolean;
  /** Journal ids of lines in the file that were not fsynced yet. */
  unsynced: number[];
}

/**
 * Appends committed lines to transcript files and clears the journal behind them. A line leaves the journal only after
 * the file was fsynced, so whatever happens to a file within the last moments is repaired from the journal. The disk
 * refusing is not an error here: lines wait (and are read from memory) until it takes them.
 */
export class TranscriptFiles {
  readonly #files = new Map<string, FileState>();
  readonly #db: LedgerDb;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pathOf: (sessionId: string) => string | null;
  #cancelTimer: (() => void) | null = null;
  #syncing: Promise<void> = Promise.resolve();

  constructor(options: {
    db: LedgerDb;
    clock: Clock;
    logger: Logger;
    /** Absolute path of the file of a session id now; null when there is none (or it must not be written yet). */
    pathOf: (sessionId: string) => string | null;
  }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#pathOf = options.pathOf;
  }

  /** Takes committed lines over. Returns the size of the file, or null while lines wait. */
  deliver(sessionId: string, lines: readonly JournaledLine[]): number | null {
    const file = this.#state(sessionId);
    file.waiting.push(...lines);
    this.#write(sessionId, file);
    this.#schedule();
    return file.waiting.length > 0 ? null : file.size;
  }

  /** Lines of a crashed process, some of which may be in the file. Returns whether anything had to be mended. */
  adopt(sessionId: string, lines: readonly JournaledLine[]): boolean {
    const file = this.#state(sessionId);
    file.waiting.push(...lines);
    file.isDoubtful = true;
    const mended = this.#write(sessionId, file);
    this.#schedule();
    return mended;
  }

  /** Committed lines that are not known to be in the file, oldest first. */
  waiting(sessionId: string): readonly JournaledLine[] {
    return this.#files.get(sessionId)?.waiting ?? [];
  }

  /** Size of the file of a session on disk; 0 when there is none. */
  static sizeOf(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Fsyncs what was written and forgets it in the journal; tries again what is waiting. */
  sync(): Promise<void> {
    const next = this.#syncing.then(() => this.#syncAll());
    this.#syncing = next.catch(() => undefined);
    return next;
  }

  async #syncAll(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const done: number[] = [];
    for (const [sessionId, file] of this.#files) {
      if (file.waiting.length > 0) this.#write(sessionId, file);
      const ids = file.unsynced;
      file.unsynced = [];
      const path = file.path();
      if (ids.length > 0 && path !== null) {
        try {
          await fsyncFile(path);
          done.push(...ids);
        } catch (error) {
          // The rows stay; if the file lacks the lines after a restart they are written again.
          this.#logger.warn("a transcript could not be flushed", { path, error: messageOf(error) });
        }
      }
      if (file.waiting.length === 0 && file.unsynced.length === 0) this.#files.delete(sessionId);
    }
    if (this.#files.size > 0) this.#schedule();
    if (done.length > 0)
      await this.#db.write((sql) =>
        sql.run(
          "DELETE FROM transcript_pending WHERE id IN (SELECT value FROM json_each(?))",
          JSON.stringify(done),
        ),
      );
  }

  /** Flushes for the last time. */
  async close(): Promise<void> {
    await this.sync();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #state(sessionId: string): FileState {
    let file = this.#files.get(sessionId);
    if (!file) {
      file = {
        path: () => this.#pathOf(sessionId),
        size: null,
        waiting: [],
        isDoubtful: false,
        hasFailed: false,
        unsynced: [],
      };
      this.#files.set(sessionId, file);
    }
    return file;
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#clock.after(syncEveryMs, () => {
      this.sync().catch((error: unknown) => this.#logger.error("transcript journal not cleared", { error }));
    });
  }

  /** Writes what waits. Returns whether the file had to be mended for it. */
  #write(sessionId: string, file: FileState): boolean {
    const path = file.path();
    if (path === null) return false;
    let fd: number | null = null;
    try {
      fd = openForAppend(path);
      let size = fstatSync(fd).size;
      let lines = file.waiting;
      let isMended = false;
      if (file.isDoubtful || (file.size !== size && !endsWithNewline(fd, size))) {
        const mended = mendTail({ fd, path, lines, now: this.#clock.now() });
        size = mended.size;
        isMended = mended.torn !== "no" || (file.isDoubtful && mended.missing.length > 0);
        if (file.isDoubtful) lines = mended.missing;
        if (mended.torn === "foreign")
          this.#logger.warn("a transcript ended in a torn line; it is kept beside it", { path });
      }
      file.size = size + append(fd, size, lines);
      file.unsynced.push(...file.waiting.map((line) => line.id));
      file.waiting = [];
      file.isDoubtful = false;
      file.hasFailed = false;
      return isMended;
    } catch (error) {
      file.size = null;
      file.isDoubtful = true;
      // It is tried again twice a second; once is enough to say so.
      if (file.hasFailed) return false;
      file.hasFailed = true;
      this.#logger.error("a transcript could not be written; its lines wait in the ledger", {
        path,
        sessionId,
        waiting: file.waiting.length,
        error: messageOf(error),
      });
      return false;
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }
}

function openForAppend(path: string): number {
  try {
    return openSync(path, appendFlags, 0o600);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, appendFlags, 0o600);
  }
}

function endsWithNewline(fd: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readFully(fd, last, size - 1);
  return last[0] === 0x0a;
}

/** Appends all lines or none (as far as the disk lets us); returns the bytes written. */
function append(fd: number, size: number, lines: readonly JournaledLine[]): number {
  const data = Buffer.from(lines.map(({ line }) => line).join(""), "utf8");
  try {
    for (let done = 0; done < data.length;) done += writeSync(fd, data, done, data.length - done);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
  return data.length;
}

async function fsyncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  if (process.platform === "win32") return;
  // A new file is only found again after a power cut when its folder is on disk too.
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
