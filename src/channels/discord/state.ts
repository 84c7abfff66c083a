import type { Clock } from "../../core/clock.ts";
import { isObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";
import { idBefore, isId, isNewer } from "./wire.ts";

/** A session of the gateway that can be taken up again. */
export interface Session {
  id: string;
  url: string;
  /** The last event that was dealt with. */
  seq: number;
}

export interface DirectChat {
  userId: string;
  name: string;
}

const cursorsKept = 500;
const directKept = 500;
const writeAfterMs = 1000;

/**
 * What has been dealt with, so that after a restart the rest can be asked for: the session, and the last message of
 * each channel. It is written a moment late: what is handed in twice is recognised by its id, what is skipped is lost.
 */
export function openState(options: {
  store: ChannelStore;
  clock: Clock;
  botId: string;
  /** A write failed; it is tried again with the next. */
  failed: (error: unknown) => void;
}) {
  const { store, clock, botId, failed } = options;
  const saved = objectOf(store.get("state"));
  const mine = saved["bot"] === botId;
  let session = mine ? sessionOf(saved["session"]) : null;
  /** In a channel without a cursor everything up to here has been dealt with; null before the first start. */
  let floor = mine && typeof saved["floor"] === "string" && isId(saved["floor"]) ? saved["floor"] : null;
  const cursors = new Map<string, string>(
    Object.entries(mine ? objectOf(saved["cursors"]) : {}).flatMap(([channel, id]): Array<[string, string]> =>
      typeof id === "string" && isId(id) ? [[channel, id]] : [],
    ),
  );
  const directs = new Map<string, DirectChat>(
    Object.entries(objectOf(store.get("direct"))).flatMap(([channel, value]): Array<[string, DirectChat]> => {
      const { userId, name } = objectOf(value);
      return typeof userId === "string" ? [[channel, { userId, name: textOf(name) }]] : [];
    }),
  );
  let cancelWrite: (() => void) | null = null;

  const written = (): JsonObject => ({
    bot: botId,
    session: session ? { ...session } : null,
    floor,
    cursors: Object.fromEntries(cursors),
  });

  async function flush(): Promise<void> {
    cancelWrite?.();
    cancelWrite = null;
    await store.set("state", written());
  }

  function later(): void {
    cancelWrite ??= clock.after(writeAfterMs, () => {
      cancelWrite = null;
      flush().catch(failed);
    });
  }

  function advance(channel: string, id: string): void {
    const known = cursors.get(channel);
    if (known !== undefined && !isNewer(id, known)) return;
    // The order of the map is the order of the last message.
    cursors.delete(channel);
    cursors.set(channel, id);
    for (const [oldest, at] of cursors) {
      if (cursors.size <= cursorsKept) break;
      cursors.delete(oldest);
      if (floor === null || isNewer(at, floor)) floor = at;
    }
    later();
  }

  return {
    session: () => session,
    setSession(next: Session | null): void {
      session = next;
      later();
    },
    /** Event `seq` of the session has been dealt with. */
    dealtWith(seq: number): void {
      if (!session || seq <= session.seq) return;
      session = { ...session, seq };
      later();
    },
    floor: () => floor,
    /** The first start: what was said before is no concern of ours. */
    async begin(at: string): Promise<void> {
      if (floor !== null) return;
      floor = at;
      await flush();
    },
    /** The last message of a channel that has been dealt with. */
    cursor: (channel: string): string => cursors.get(channel) ?? floor ?? "0",
    advance,
    /** Direct chats known, the one with the newest message last. */
    directs: (): Array<[string, DirectChat]> =>
      [...directs].sort(([one], [other]) =>
        isNewer(cursors.get(one) ?? "0", cursors.get(other) ?? "0") ? 1 : -1,
      ),
    direct: (channel: string): DirectChat | undefined => directs.get(channel),
    /**
     * Remembers a direct chat before its first message is dealt with: nobody can ask Discord for the direct chats of a
     * bot, so after a crash it could not be found again.
     */
    async addDirect(channel: string, chat: DirectChat, firstMessage?: string): Promise<void> {
      const known = directs.get(channel);
      if (known?.userId === chat.userId && known.name === chat.name) return;
      directs.delete(channel);
      directs.set(channel, chat);
      for (const oldest of directs.keys()) {
        if (directs.size <= directKept) break;
        directs.delete(oldest);
      }
      if (firstMessage !== undefined && !known && !cursors.has(channel)) {
        cursors.set(channel, idBefore(firstMessage));
        await flush();
      }
      await store.set(
        "direct",
        Object.fromEntries([...directs].map(([id, each]): [string, JsonValue] => [id, { ...each }])),
      );
    },
    flush,
  };
}

export type DiscordState = ReturnType<typeof openState>;

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function sessionOf(value: unknown): Session | null {
  const { id, url, seq } = objectOf(value);
  return typeof id === "string" && typeof url === "string" && typeof seq === "number"
    ? { id, url, seq }
    : null;
}
