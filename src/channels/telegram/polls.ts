import { isObject, type JsonObject } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";

/** A poll of ours: a vote names only the poll, so where it hangs has to be remembered. */
export interface PollRecord {
  to: string;
  group: boolean;
  threadId?: string;
  messageId: string;
  options: string[];
}

const kept = 200;

/** The newest polls of an account, in its store. */
export function openPollBook(store: ChannelStore) {
  const book = (): JsonObject => {
    const value = store.get("polls");
    return isObject(value) ? value : {};
  };
  return {
    find(id: string): PollRecord | undefined {
      const value = Object.hasOwn(book(), id) ? book()[id] : undefined;
      if (!isObject(value) || typeof value["to"] !== "string" || typeof value["messageId"] !== "string")
        return undefined;
      const { to, messageId, group, threadId, options } = value;
      return {
        to,
        messageId,
        group: group === true,
        ...(typeof threadId === "string" ? { threadId } : {}),
        options: Array.isArray(options) ? options.filter((each) => typeof each === "string") : [],
      };
    },
    async add(id: string, poll: PollRecord): Promise<void> {
      const entries = Object.entries(book()).slice(-kept + 1);
      await store.set("polls", Object.fromEntries([...entries, [id, { ...poll }]]));
    },
  };
}

export type PollBook = ReturnType<typeof openPollBook>;
