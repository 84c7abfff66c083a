import { statSync } from "node:fs";

/**
 * What tells whether files changed without opening them: identity, size and times of each, in order. Synchronous on
 * purpose: some microseconds a file, where a trip through the thread pool costs a hundred.
 */
export function fingerprint(paths: readonly string[]): string {
  return paths
    .map((path) => {
      try {
        const info = statSync(path, { throwIfNoEntry: false });
        return info ? `${info.ino}:${info.size}:${info.mtimeMs}:${info.ctimeMs}` : "-";
      } catch {
        // Unreadable now counts as a state of its own: when it becomes readable the fingerprint changes.
        return "!";
      }
    })
    .join(" ");
}
