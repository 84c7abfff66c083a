import type { Clock } from "../../../src/core/clock.ts";

export interface Person {
  uuid: string;
  number: string;
  name: string;
}
export interface Attachment {
  id: string;
  contentType: string;
  filename?: string;
  size?: number;
  content: Uint8Array;
}
/** Something that was said: by a person to us, or by us. */
export interface StoredMessage {
  timestamp: number;
  author: Person;
  /** UUID of the person of a direct chat, or the id of the group. */
  chat: string;
  text: string;
  styles: Array<{ style: string; start: number; length: number }>;
  quote?: { id: number; author: string };
  attachments: Attachment[];
  before: string[];
  deleted: boolean;
  /** Who put which emoji on it. */
  reactions: Map<string, string>;
  at: number;
}
export type Envelope = Record<string, unknown>;

/** What Signal's server and the daemon's keys know. Envelopes wait here until somebody listens. */
export function createPlatform(clock: Clock, us: Person) {
  const state = { skewMs: 0, last: 0, files: 0, repeats: 0 };
  const listeners = new Set<() => void>();
  const platform = {
    clock,
    us,
    people: new Map<string, Person>(),
    groups: new Map<string, string>(),
    messages: [] as StoredMessage[],
    files: new Map<string, Attachment>(),
    /** Not handed to the daemon's listeners yet. */
    waiting: [] as Envelope[],
    typing: new Map<string, number>(),
    read: [] as number[],
    setSkew: (ms: number) => void (state.skewMs = ms),
    repeatNext: (times: number) => void (state.repeats = times),
    onEnvelope: (listener: () => void) => void listeners.add(listener),
    /** Times name the messages of an author, so that they rise. */
    nextTime(): number {
      state.last = Math.max(state.last + 1, Math.round(clock.now() + state.skewMs));
      return state.last;
    },
    addFile(file: Omit<Attachment, "id">): Attachment {
      const made = { ...file, id: `attachment-${++state.files}` };
      platform.files.set(made.id, made);
      return made;
    },
    find: (timestamp: number, author: string): StoredMessage | undefined =>
      platform.messages.find(
        (each) =>
          each.timestamp === timestamp && (each.author.uuid === author || each.author.number === author),
      ),
    /** Somebody, by UUID or number. */
    person: (id: string): Person | undefined =>
      [...platform.people.values(), us].find((each) => each.uuid === id || each.number === id),
    store(message: Partial<StoredMessage> & Pick<StoredMessage, "author" | "chat">): StoredMessage {
      const made: StoredMessage = {
        timestamp: platform.nextTime(),
        text: "",
        styles: [],
        attachments: [],
        before: [],
        deleted: false,
        reactions: new Map(),
        at: clock.now(),
        ...message,
      };
      platform.messages.push(made);
      return made;
    },
    /** An envelope of somebody to our account. */
    tell(from: Person, timestamp: number, content: Envelope): void {
      const envelope = {
        source: from.number,
        sourceNumber: from.number,
        sourceUuid: from.uuid,
        sourceName: from.name,
        sourceDevice: 1,
        timestamp,
        serverReceivedTimestamp: timestamp,
        serverDeliveredTimestamp: timestamp,
        ...content,
      };
      platform.waiting.push(envelope);
      if (state.repeats > 0) {
        state.repeats -= 1;
        platform.waiting.push(envelope);
      }
      for (const listener of listeners) listener();
    },
    groupInfo(chat: string): Envelope {
      const name = platform.groups.get(chat);
      return name === undefined
        ? {}
        : { groupInfo: { groupId: chat, groupName: name, revision: 3, type: "DELIVER" } };
    },
  };
  return platform;
}

export type Platform = ReturnType<typeof createPlatform>;
