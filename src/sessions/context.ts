import type { TranscriptEntry } from "../core/conversation.ts";
import { replacedOf } from "./branch.ts";

/**
 * The entries a prompt is made from, given the entries of a transcript from the last to the first: see
 * `SessionStore.context`. Reads no further back than needed.
 */
export function contextFromBackwards(entries: Iterable<TranscriptEntry>): TranscriptEntry[] {
  const after: TranscriptEntry[] = [];
  let compaction: TranscriptEntry | null = null;
  let compactedAt = 0;
  for (const entry of entries) {
    if (!compaction && entry.kind === "compaction") {
      compaction = entry;
      compactedAt = after.length;
      if (firstKept(entry) === null) break;
      continue;
    }
    // The summary of an older compaction is part of the newer one.
    if (entry.kind !== "compaction" && entry.kind !== "aside") after.push(entry);
    if (compaction && entry.id === firstKept(compaction)) return [compaction, ...after.toReversed()];
  }
  if (!compaction) return after.toReversed();
  // Nothing is kept, or what was to be kept is not in the file.
  return [compaction, ...after.slice(0, compactedAt).toReversed()];
}

/**
 * The same, after one more entry: equal to reading the longer transcript again (property-tested). Null when the entry
 * keeps or replaces something that cannot be told from this context, so that the file has to be read.
 */
export function extendContext(context: TranscriptEntry[], entry: TranscriptEntry): TranscriptEntry[] | null {
  if (entry.kind === "aside") return context;
  const replaced = replacedOf(entry);
  if (replaced !== null) {
    const at = context.findIndex(({ id }) => id === replaced.id);
    // What a summary kept was said before it, so that the summary may have to go too.
    if (at < 0 || context[0]?.kind === "compaction") return null;
    return [...context.slice(0, at), entry];
  }
  if (entry.kind !== "compaction") {
    context.push(entry);
    return context;
  }
  const kept = firstKept(entry);
  if (kept === null) return [entry];
  const from = context.findIndex((earlier) => earlier.id === kept && earlier.kind !== "compaction");
  return from < 0 ? null : [entry, ...context.slice(from).filter((earlier) => earlier.kind !== "compaction")];
}

const firstKept = (entry: TranscriptEntry): string | null => entry.compaction?.firstKeptId ?? null;

interface Cached {
  entries: TranscriptEntry[];
  bytes: number;
  /** Size of the file this agrees with: another size means that somebody else changed it. */
  fileSize: number;
}

/** Contexts of the sessions used last, by session id, bounded by the bytes of their lines. */
export class ContextCache {
  readonly #cached = new Map<string, Cached>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(sessionId: string): Cached | undefined {
    const cached = this.#cached.get(sessionId);
    if (!cached) return undefined;
    // Last used goes to the end of the map.
    this.#cached.delete(sessionId);
    this.#cached.set(sessionId, cached);
    return cached;
  }

  set(sessionId: string, cached: Cached): void {
    this.drop(sessionId);
    this.#cached.set(sessionId, cached);
    this.#bytes += cached.bytes;
    this.#evict(sessionId);
  }

  /** Follows an append, if the context is cached; `fileSize` is the size after it. */
  extend(
    sessionId: string,
    added: { entries: readonly TranscriptEntry[]; bytes: number; fileSize: number },
  ): void {
    const cached = this.#cached.get(sessionId);
    if (!cached) return;
    for (const entry of added.entries) {
      const longer = extendContext(cached.entries, entry);
      if (!longer) return this.drop(sessionId);
      cached.entries = longer;
    }
    cached.bytes += added.bytes;
    cached.fileSize = added.fileSize;
    this.#bytes += added.bytes;
    this.#evict(sessionId);
  }

  drop(sessionId: string): void {
    this.#bytes -= this.#cached.get(sessionId)?.bytes ?? 0;
    this.#cached.delete(sessionId);
  }

  #evict(keep: string): void {
    for (const sessionId of this.#cached.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      if (sessionId !== keep) this.drop(sessionId);
    }
  }
}
