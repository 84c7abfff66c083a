import { isObject, type JsonObject } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";

const kept = 200;
const votersKept = 1000;

/** The newest polls of an account: a vote names the number of an answer, not its words. */
export function openPollBook(store: ChannelStore) {
  /** What each member has chosen, as far as it was told since the start. */
  const chosen = new Map<string, Set<number>>();
  const book = (): JsonObject => {
    const value = store.get("polls");
    return isObject(value) ? value : {};
  };
  function optionsOf(messageId: string): string[] | undefined {
    const value = Object.hasOwn(book(), messageId) ? book()[messageId] : undefined;
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : undefined;
  }
  return {
    async add(messageId: string, options: readonly string[]): Promise<void> {
      const entries = Object.entries(book()).slice(-kept + 1);
      await store.set("polls", Object.fromEntries([...entries, [messageId, [...options]]]));
    },
    /** Everything the member has chosen now; undefined when the poll is none of ours. */
    vote(vote: {
      messageId: string;
      userId: string;
      answer: number;
      removed: boolean;
    }): string[] | undefined {
      const options = optionsOf(vote.messageId);
      if (!options) return undefined;
      const key = `${vote.messageId} ${vote.userId}`;
      const now = new Set(chosen.get(key));
      if (vote.removed) now.delete(vote.answer);
      else now.add(vote.answer);
      chosen.delete(key);
      chosen.set(key, now);
      for (const oldest of chosen.keys()) {
        if (chosen.size <= votersKept) break;
        chosen.delete(oldest);
      }
      // Answers are numbered from one.
      return [...now].sort((one, other) => one - other).flatMap((number) => options[number - 1] ?? []);
    },
  };
}

export type PollBook = ReturnType<typeof openPollBook>;
