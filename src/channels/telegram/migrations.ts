import type { Message } from "grammy/types";
import { isObject } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";

const kept = 200;

/**
 * A group that becomes a supergroup gets another id. The rest of the gateway keeps the first one, so that the rules and
 * the conversation of the group go on as they were; what is sent goes to the one that exists.
 */
export function openMigrations(store: ChannelStore) {
  /** From the new id to the first one. */
  const known = (): Array<[string, string]> => {
    const value = store.get("migrations");
    return isObject(value)
      ? Object.entries(value).flatMap(([now, first]): Array<[string, string]> =>
          typeof first === "string" ? [[now, first]] : [],
        )
      : [];
  };
  const canonical = (id: number | string) => known().find(([now]) => now === String(id))?.[1] ?? String(id);
  return {
    canonical,
    /** The chat that exists now for an id of any time. */
    current(id: string): string {
      return known().findLast(([, first]) => first === canonical(id))?.[0] ?? id;
    },
    async record(from: number | string, to: number | string): Promise<void> {
      const first = canonical(from);
      if (String(from) === String(to) || canonical(to) === first) return;
      const others = known()
        .filter(([now]) => now !== String(to))
        .slice(-kept + 1);
      await store.set("migrations", Object.fromEntries([...others, [String(to), first]]));
    },
    /** Takes note of a service message about it. */
    async notice(message: Message | undefined): Promise<void> {
      if (message?.migrate_to_chat_id !== undefined)
        await this.record(message.chat.id, message.migrate_to_chat_id);
      if (message?.migrate_from_chat_id !== undefined)
        await this.record(message.migrate_from_chat_id, message.chat.id);
    },
  };
}

export type Migrations = ReturnType<typeof openMigrations>;
