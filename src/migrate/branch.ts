import { isObject } from "../core/json.ts";

/**
 * Indexes of the events on the active branch of a transcript: from the last event back along `parentId`. A missing
 * `parentId`, or one that names nothing earlier, means "the event before" (injected answers, lines after a torn one). Events that
 * hang on such a line without being anybody's parent belong to the branch of the line before them, and so do markers
 * without an id: leaving them out would lose what an operator wrote.
 */
export function activeBranch(events: ReadonlyArray<unknown>): Set<number> {
  const positions = new Map<string, number>();
  const parents: Array<number | null> = [];
  /** Lines that say no parent; one with nothing before it begins the conversation. */
  const isLoose: boolean[] = [];
  let previous: number | null = null;
  let last: number | null = null;
  for (const [index, event] of events.entries()) {
    if (!isObject(event) || event["type"] === "session") {
      parents.push(null);
      isLoose.push(false);
      continue;
    }
    const parent = event["parentId"];
    const named = typeof parent === "string" ? positions.get(parent) : undefined;
    // `null` says "the first one"; a second root is a branch of its own.
    parents.push(named ?? (parent === null ? null : previous));
    isLoose.push(named === undefined && parent !== null);
    if (typeof event["id"] === "string") positions.set(event["id"], index);
    previous = index;
    last = index;
  }
  const branch = new Set<number>();
  // Parents always come earlier, so this ends.
  for (let at = last; at !== null; at = parents[at] ?? null) branch.add(at);
  for (const [index, loose] of isLoose.entries()) {
    const parent = parents[index] ?? null;
    if (loose && (parent === null || branch.has(parent))) branch.add(index);
  }
  return branch;
}
