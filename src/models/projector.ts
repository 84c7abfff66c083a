import type { TranscriptEntry } from "../core/conversation.ts";
import type { PromptMessage } from "./contract.ts";
import { projectOn, type LoadMedia, type ProjectedPrefix, type ProjectionTarget } from "./projection.ts";

const maxSessions = 64;
/** Shorter conversations are projected faster than looked up. */
const worthwhile = 32;

/**
 * `project` for conversations that grow: what was settled at the last turn of a session is not gone through again, so a
 * turn costs the same however long its history is. The messages are shared between turns: readers must not change them.
 */
export function createProjector(): (
  sessionId: string,
  target: ProjectionTarget,
  entries: readonly TranscriptEntry[],
  loadMedia: LoadMedia,
) => PromptMessage[] {
  const prefixes = new Map<string, ProjectedPrefix>();
  return (sessionId, target, entries, loadMedia) => {
    const key = JSON.stringify([sessionId, target.wire, target.provider, target.model, target.images]);
    const { messages, prefix } = projectOn(prefixes.get(key) ?? null, target, entries, loadMedia);
    prefixes.delete(key);
    if (prefix && prefix.entries.length >= worthwhile) {
      prefixes.set(key, prefix);
      const oldest = prefixes.keys().next();
      if (prefixes.size > maxSessions && !oldest.done) prefixes.delete(oldest.value);
    }
    return messages;
  };
}
