import type { Clock } from "../../../src/core/clock.ts";
import type { SeenSpan } from "../../channels/driver.ts";

// What Telegram knows: bots, people, chats, messages and files, in memory. The wire is server.ts and methods.ts.

/** A value as text; nothing for what is neither text nor number. */
export const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

export interface User {
  id: number;
  is_bot: boolean;
  first_name: string;
  username?: string;
}

export interface Chat {
  id: number;
  type: "private" | "group" | "supergroup";
  title?: string;
  first_name?: string;
  username?: string;
  is_forum?: true;
}

export interface File {
  id: string;
  path: string;
  content: Buffer;
  fileName: string;
  mimeType: string;
  /** As stated in messages and by getFile; null for no statement. */
  stated: number | null;
}

export interface StoredMessage {
  /** As the Bot API shows it. */
  wire: Record<string, unknown> & { message_id: number; chat: Chat; date: number; from?: User };
  raw: string;
  plain: string;
  spans: SeenSpan[];
  rings: string[];
  before: string[];
  deleted: boolean;
  files: Array<{ kind: string; file: File }>;
  at: number;
  /** Emoji by user id. */
  reactions: Map<number, string[]>;
}

export interface Bot {
  user: User;
  token: string;
  updates: Array<{ update_id: number } & Record<string, unknown>>;
  nextUpdate: number;
  allowed: string[] | null;
  webhook: { url: string; secret: string; lastErrorDate?: number; lastError?: string } | null;
  commands: unknown[];
  /** Calls when something is there for whoever waits. */
  wake: Set<() => void>;
}

/** Kinds of update a bot gets without asking. */
const byDefault = new Set(["message", "edited_message", "callback_query", "poll_answer"]);

export function createPlatform(clock: Clock) {
  const bots = new Map<string, Bot>();
  const chats = new Map<number, Chat>();
  const users = new Map<number, User>();
  const messages: StoredMessage[] = [];
  const files = new Map<string, File>();
  const typing = new Map<number, number>();
  const pressAnswers = new Map<string, (text: string) => void>();
  const calls: Array<{ method: string; at: number }> = [];
  let counter = 100;
  let skewMs = 0;
  let repeats = 0;

  return {
    clock,
    bots,
    chats,
    users,
    messages,
    files,
    typing,
    pressAnswers,
    calls,
    setSkew: (ms: number) => void (skewMs = ms),
    repeatNext: (times: number) => void (repeats += times),
    number: () => ++counter,
    seconds: () => Math.floor((clock.now() + skewMs) / 1000),
    addBot(bot: { id: number; username: string; name: string; secret: string }): Bot {
      const user = { id: bot.id, is_bot: true, first_name: bot.name, username: bot.username };
      users.set(user.id, user);
      const added: Bot = {
        user,
        token: `${bot.id}:${bot.secret}`,
        updates: [],
        nextUpdate: bot.id % 1_000_000,
        allowed: null,
        webhook: null,
        commands: [],
        wake: new Set(),
      };
      bots.set(added.token, added);
      return added;
    },
    addFile(file: Omit<File, "id" | "path">): File {
      const id = `file-${++counter}`;
      const added = { ...file, id, path: `documents/${id}.bin` };
      files.set(id, added);
      return added;
    },
    find: (chatId: number, messageId: number) =>
      messages.find((each) => each.wire.chat.id === chatId && each.wire.message_id === messageId),
    /** Gives an update to a bot, twice when that fault is on. */
    push(bot: Bot, kind: string, value: unknown): void {
      if (bot.allowed === null ? !byDefault.has(kind) : !bot.allowed.includes(kind)) return;
      const update = { update_id: ++bot.nextUpdate, [kind]: value };
      bot.updates.push(update);
      if (repeats > 0) {
        repeats -= 1;
        bot.updates.push({ ...update });
      }
      for (const wake of bot.wake) wake();
    },
  };
}

export type Platform = ReturnType<typeof createPlatform>;
