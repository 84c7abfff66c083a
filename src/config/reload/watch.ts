import { realpathSync, statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { codeOf } from "../../core/errors.ts";

/** How often the file is looked at without a notice: network file systems send none, and a folder may be replaced. */
const pollMs = 5000;
/** Somebody who writes without end is read at least so often. */
const longestWaitMs = 10;

/**
 * Calls `onChange` after the file was written, replaced, truncated, removed or came back, once the writing paused for
 * `debounceMs` (RLD-001, HID-015). The folder is watched, because a replaced file is another one; the caller compares
 * contents. A symbolic link is followed.
 */
export function watchConfigFile(options: {
  path: string;
  /** Milliseconds; asked anew each time. */
  debounceMs: () => number;
  clock: Clock;
  onChange: () => void;
}): { stop(): void } {
  const { path, clock, onChange } = options;
  let watchers: FSWatcher[] = [];
  let watched = "";
  let cancelQuiet: (() => void) | null = null;
  let firstNotice: number | null = null;
  let stamp = stampOf(path);

  const fire = () => {
    cancelQuiet = null;
    firstNotice = null;
    stamp = stampOf(path);
    rewatch();
    onChange();
  };
  const notice = () => {
    const wait = options.debounceMs();
    firstNotice ??= clock.monotonic();
    cancelQuiet?.();
    const left = firstNotice + wait * longestWaitMs - clock.monotonic();
    cancelQuiet = clock.after(Math.max(0, Math.min(wait, left)), fire);
  };
  const rewatch = () => {
    const real = realOf(path);
    const places = [...new Set([path, real])];
    const key = places.map((place) => `${place}:${inodeOf(dirname(place))}`).join("\n");
    if (key === watched) return;
    for (const watcher of watchers) watcher.close();
    watchers = places.flatMap((place) => watchFolder(place, notice));
    watched = watchers.length === places.length ? key : "";
  };
  const poll = () => {
    cancelPoll = clock.after(pollMs, poll);
    rewatch();
    if (stampOf(path) !== stamp && cancelQuiet === null) notice();
  };
  rewatch();
  let cancelPoll = clock.after(pollMs, poll);
  return {
    stop() {
      cancelPoll();
      cancelQuiet?.();
      for (const watcher of watchers) watcher.close();
      watchers = [];
    },
  };
}

/** None where the folder is missing or cannot be watched: the poll finds changes then. */
function watchFolder(path: string, notice: () => void): FSWatcher[] {
  const name = basename(path);
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name) notice();
    });
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch (error) {
    // ENOENT, and ENOSPC or EMFILE where the system has no watch left.
    if (codeOf(error) !== undefined) return [];
    throw error;
  }
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeNs}` : "";
}

function inodeOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? String(stats.ino) : "";
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ELOOP") return path;
    throw error;
  }
}
