import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { messageOf } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import { makeDirectory } from "../state/index.ts";
import { currentPath, listLogFiles, rotatedPath, type LogPlace } from "./log-files.ts";

export interface LogWriterOptions {
  place: LogPlace;
  clock: Clock;
  maxFileBytes: number;
  /** Days until a file is removed; 0 keeps all. */
  retainDays: number;
  /** Told once when writing starts to fail, and once when it works again. */
  onTrouble: (message: string) => void;
}

export interface LogWriter {
  write(line: string): void;
  /** Writes what is buffered, now. */
  flush(): void;
  close(): void;
}

const bufferMs = 50;
const bufferBytes = 64 * 1024;
const dayMs = 86_400_000;

/**
 * Appends lines to the file of the day. Lines of some 50 ms are written together; a kill in between loses at most those,
 * and errors are flushed at once by the caller. It never throws: a full disk costs log lines, never the gateway.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { place, clock } = options;
  let buffer: string[] = [];
  let buffered = 0;
  let cancelTimer: (() => void) | null = null;
  let open: { path: string; fd: number; size: number } | null = null;
  let dropped = 0;

  function file(): { path: string; fd: number; size: number } {
    const path = currentPath(place, clock.now());
    if (open && open.path === path && open.size < options.maxFileBytes) return open;
    if (open) {
      closeSync(open.fd);
      if (open.path === path) renameSync(path, rotatedPath(place, path));
      open = null;
    }
    makeDirectory(place.folder);
    const fd = openSync(path, "a", 0o600);
    open = { path, fd, size: fstatSync(fd).size };
    removeOld();
    return open;
  }

  function removeOld(): void {
    if (options.retainDays <= 0) return;
    const oldest = clock.now() - options.retainDays * dayMs;
    for (const each of listLogFiles(place)) {
      if (each.path !== open?.path && each.day !== "" && statSync(each.path).mtimeMs < oldest)
        rmSync(each.path, { force: true });
    }
  }

  function flush(): void {
    cancelTimer?.();
    cancelTimer = null;
    if (buffer.length === 0) return;
    const lines = buffer;
    const text = lines.join("");
    buffer = [];
    buffered = 0;
    try {
      const target = file();
      target.size += writeSync(target.fd, text);
      if (dropped > 0) {
        options.onTrouble(`the log is written again; ${dropped} lines were lost meanwhile`);
        dropped = 0;
      }
    } catch (error) {
      if (dropped === 0) options.onTrouble(`the log cannot be written: ${messageOf(error)}`);
      dropped += lines.length;
    }
  }

  return {
    write(line) {
      buffer.push(line);
      buffered += line.length;
      if (buffered >= bufferBytes) flush();
      else cancelTimer ??= clock.after(bufferMs, flush);
    },
    flush,
    close() {
      flush();
      if (open) closeSync(open.fd);
      open = null;
    },
  };
}
