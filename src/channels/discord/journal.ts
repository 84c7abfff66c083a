import { createHash } from "node:crypto";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";

/** One call that says something new, written down before it is made. */
export interface JournalEntry {
  key: string;
  /** Which of the `of` calls of the message. */
  index: number;
  of: number;
  channel: string;
  /** What people see of it, as a digest. */
  looks: string;
  /** A message of the channel that is older than the call. */
  after: string;
  /** The platform's id, once it is known. */
  id?: string;
}

const kept = 100;

/**
 * What is being said now, so that after a lost answer or a crash the platform can be asked what became of it: a message
 * read again bears no key, but it is ours, it is newer than the call, and it looks the same.
 */
export function openJournal(store: ChannelStore) {
  const saved = store.get("sending");
  let entries: JournalEntry[] = Array.isArray(saved) ? saved.flatMap((each) => entryOf(each) ?? []) : [];
  const find = (key: string, index: number) =>
    entries.find((each) => each.key === key && each.index === index);

  async function write(): Promise<void> {
    // What is settled is kept for a while: nobody else's message may be taken for it.
    const over = entries.length - kept;
    if (over > 0) {
      const settled = entries.filter((each) => each.id !== undefined).slice(0, over);
      entries = entries.filter((each) => !settled.includes(each)).slice(-kept);
    }
    await store.set(
      "sending",
      entries.map((each): JsonObject => ({ ...each })),
    );
  }

  return {
    find,
    of: (key: string) =>
      entries.filter((each) => each.key === key).sort((one, other) => one.index - other.index),
    /** Messages that are known to be the outcome of a call. */
    claimed: (): Set<string> => new Set(entries.flatMap((each) => each.id ?? [])),
    /** Resolves once it is durable. A call that was begun before keeps what was written then. */
    async begin(entry: JournalEntry): Promise<void> {
      const known = find(entry.key, entry.index);
      if (known && known.channel === entry.channel && known.looks === entry.looks) return;
      entries = [...entries.filter((each) => each !== known), entry];
      await write();
    },
    /** Written down with the next one, unless `now`: until then the platform can be asked. */
    async done(entry: JournalEntry, id: string, now: boolean): Promise<void> {
      entries = entries.map((each) =>
        each.key === entry.key && each.index === entry.index ? { ...each, id } : each,
      );
      if (now) await write();
    },
  };
}

export type Journal = ReturnType<typeof openJournal>;

/** What stays of a message when the platform shows it again: it trims, and changes the names of files. */
export function looksOf(content: string, files: number, poll = ""): string {
  const words = content.replace(/\s+/gu, " ").trim();
  return createHash("sha256").update(`${files}\n${poll}\n${words}`).digest("base64url").slice(0, 22);
}

function entryOf(value: unknown): JournalEntry | null {
  if (!isObject(value)) return null;
  const { key, index, of, channel, looks, after, id } = value;
  return typeof key === "string" &&
    typeof index === "number" &&
    typeof of === "number" &&
    typeof channel === "string" &&
    typeof looks === "string" &&
    typeof after === "string"
    ? { key, index, of, channel, looks, after, ...(typeof id === "string" ? { id } : {}) }
    : null;
}
