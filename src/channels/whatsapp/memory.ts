import type { JsonValue } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";
import type { GroupMetadata, proto } from "./library.ts";

/** A map that forgets what was not set for the longest time. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  entries(): IterableIterator<[string, V]>;
}

function recent<V>(most: number): Recent<V> {
  const values = new Map<string, V>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      for (const oldest of values.keys()) {
        if (values.size <= most) break;
        values.delete(oldest);
      }
    },
    delete: (key) => void values.delete(key),
    entries: () => values.entries(),
  };
}

/** What one account remembers while it runs. All of it can be lost: quotes then show no text, groups no title. */
export interface Memory {
  /** Words of messages by their id, for the quote of an answer. */
  texts: Recent<string>;
  /** JID under which a person last wrote, by public id. */
  jids: Recent<string>;
  /** Names of people by public id. */
  names: Recent<string>;
  /** Numbers of hidden ids, by JID. */
  numbers: Recent<string>;
  /** Emoji by target and author. */
  reactions: Recent<string>;
  /** Messages of ours by stanza id, for a phone that could not read one and asks again. */
  sent: Recent<proto.IMessage>;
  groups: Map<string, GroupMetadata>;
}

export function createMemory(): Memory {
  return {
    texts: recent(500),
    jids: recent(2000),
    names: recent(2000),
    numbers: recent(2000),
    reactions: recent(500),
    sent: recent(200),
    groups: new Map(),
  };
}

/** A poll of ours, kept so that votes can be read after a restart. */
export interface OwnPoll {
  options: string[];
  /** Base64. */
  secret: string;
}

const pollsKey = "polls";
const mostPolls = 100;

export function pollsIn(store: ChannelStore): {
  get(stanzaId: string): OwnPoll | null;
  put(stanzaId: string, poll: OwnPoll): Promise<void>;
} {
  const all = (): Record<string, JsonValue> => {
    const value = store.get(pollsKey);
    return value && typeof value === "object" && !Array.isArray(value) ? value : {};
  };
  return {
    get(stanzaId) {
      const value = all()[stanzaId] as Partial<OwnPoll> | undefined;
      return Array.isArray(value?.options) && typeof value.secret === "string"
        ? { options: value.options, secret: value.secret }
        : null;
    },
    async put(stanzaId, poll) {
      if (this.get(stanzaId)) return;
      const kept = Object.entries(all()).slice(1 - mostPolls);
      await store.set(pollsKey, Object.fromEntries([...kept, [stanzaId, { ...poll }]]));
    },
  };
}
