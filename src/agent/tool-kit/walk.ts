import type { EntryKind, RootFs } from "../../guard/index.ts";

/** Folders that are passed over unless asked for: large, machine-made, rarely what is meant. */
const usuallyIgnored: ReadonlySet<string> = new Set([".git", "node_modules", ".venv", "__pycache__"]);

export interface WalkLimits {
  /** Entries visited before the walk gives up. */
  maxEntries: number;
  maxDepth: number;
  includeIgnored: boolean;
  signal: AbortSignal;
}

/**
 * Entries below a folder, depth first and sorted, paths relative to the root. Links are shown and not followed.
 * Returns (as the generator's result) whether everything was visited.
 */
export async function* walk(
  root: RootFs,
  start: string,
  limits: WalkLimits,
): AsyncGenerator<{ path: string; kind: EntryKind }, boolean> {
  const base = root.display(start);
  const pending: Array<{ path: string; depth: number }> = [{ path: base, depth: 0 }];
  let visited = 0;
  let complete = true;
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    limits.signal.throwIfAborted();
    const { entries, more } = await root.list(folder.path, { limit: limits.maxEntries - visited });
    complete &&= !more;
    const folders: Array<{ path: string; depth: number }> = [];
    for (const entry of entries) {
      if (++visited > limits.maxEntries) return false;
      const path = folder.path === "." ? entry.name : `${folder.path}/${entry.name}`;
      if (entry.kind === "directory") {
        if (!limits.includeIgnored && usuallyIgnored.has(entry.name)) continue;
        if (folder.depth < limits.maxDepth) folders.push({ path, depth: folder.depth + 1 });
        else complete = false;
      }
      yield { path, kind: entry.kind };
    }
    pending.push(...folders.reverse());
  }
  return complete;
}
