import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { ChannelContext } from "../contract.ts";
import { count, createBackoff, type Fields, fields, listOf, text } from "../shared/index.ts";
import type { SlackApi } from "./api.ts";
import { SlackFailure } from "./failure.ts";
import { isDirect, isLater, timeOf } from "./ids.ts";

/** What is asked at most after a time without a connection. */
const conversationsMost = 200;
const pagesMost = 5;
const pageSize = 200;
const cursorsMost = 300;
const threadsMost = 100;
/** Clocks differ, and a message may be on its way while a connection ends. */
const marginMs = 10 * 60_000;
const saveEveryMs = 5000;
const askAgainMs = 10_000;
/** New messages wait so long for older ones that are being asked for. */
const patienceMs = 20_000;
const aliveEveryMs = 5 * 60_000;
/** A busy thread is followed for so long after its last word. */
const threadLivesMs = 3 * 24 * 3_600_000;

export interface CatchUpDeps {
  api: SlackApi;
  context: Pick<ChannelContext, "clock" | "logger" | "store">;
  signal: AbortSignal;
  /** 0 for never. */
  windowMs: number;
  /** Hands in a message of history; rejects when it could not be stored. */
  take(message: Fields): Promise<void>;
}

/**
 * What was said while nobody listened: Slack sends an event three times within minutes and then forgets it, so history
 * is asked from the last message that was handed in, per conversation and per thread that was talked in lately. The
 * places are durable; a crash costs at most that a few messages are read twice, and the ledger knows them.
 */
export function createCatchUp(deps: CatchUpDeps) {
  const { api, context, signal, windowMs } = deps;
  const { clock, logger, store } = context;
  const places = fields(store.get("places"));
  const cursors = read(places["cursors"]);
  const threads = read(places["threads"]);
  /** Messages that could not be stored: asked for again, wherever the cursor is by now. */
  const holes = new Map<string, string>();
  // What was said before the account was there is nobody's question to it.
  const bornAt = count(places["bornAt"]) ?? clock.now();
  let running: Promise<void> | null = null;
  let waiting: Promise<unknown> = Promise.resolve();
  let cancelSave: (() => void) | null = null;
  let cancelAgain: (() => void) | null = null;
  const backoff = createBackoff({ firstMs: 2000, capMs: 60_000 });
  const before = (ts: string) => {
    const micro = BigInt(ts.replace(".", "").padEnd(16, "0").slice(0, 16)) - 1n;
    const digits = String(micro).padStart(7, "0");
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  };

  /** Many conversations are more than Slack answers at once: it says how long to wait. */
  async function ask(method: string, params: Fields): Promise<Fields> {
    for (;;) {
      try {
        return await api.call(method, params, { signal });
      } catch (error) {
        if (!(error instanceof SlackFailure) || error.status !== 429) throw error;
        await sleep(clock, error.retryAfterMs ?? askAgainMs, signal);
      }
    }
  }

  async function save(): Promise<void> {
    cancelSave?.();
    cancelSave = null;
    const marked = new Map(cursors);
    for (const [channel, ts] of holes) marked.set(channel, before(ts));
    try {
      await store.set("places", {
        cursors: written(marked, cursorsMost),
        threads: written(threads, threadsMost),
        bornAt,
        aliveAt: clock.now(),
      });
    } catch (error) {
      logger.warn("the place in Slack's history could not be written down", { error: messageOf(error) });
    }
  }

  function saveSoon(ms: number): void {
    cancelSave ??= clock.after(ms, () => {
      cancelSave = null;
      void save().then(() => {
        if (!signal.aborted) saveSoon(aliveEveryMs);
      });
    });
  }

  /** Everything after `oldest`, oldest first; what is too much is left out at its beginning. */
  async function since(method: string, params: Fields, oldest: string): Promise<Fields[]> {
    const found: Fields[] = [];
    let cursor = "";
    for (let page = 0; page < pagesMost; page++) {
      const answer = await ask(method, {
        ...params,
        oldest,
        inclusive: false,
        limit: pageSize,
        ...(cursor === "" ? {} : { cursor }),
      });
      found.push(...listOf(answer["messages"]));
      cursor = text(fields(answer["response_metadata"])["next_cursor"]);
      if (answer["has_more"] !== true || cursor === "") break;
    }
    return found
      .filter((message) => isLater(text(message["ts"]), oldest))
      .sort((one, other) => (isLater(text(one["ts"]), text(other["ts"])) ? 1 : -1));
  }

  async function conversations(): Promise<string[]> {
    const ids: string[] = [];
    let cursor = "";
    do {
      const answer = await ask("users.conversations", {
        types: "im,mpim,public_channel,private_channel",
        exclude_archived: true,
        limit: conversationsMost,
        ...(cursor === "" ? {} : { cursor }),
      });
      ids.push(...listOf(answer["channels"]).map((channel) => text(channel["id"])));
      cursor = text(fields(answer["response_metadata"])["next_cursor"]);
    } while (cursor !== "" && ids.length < conversationsMost);
    const known = [...cursors.keys()].reverse();
    return [...new Set([...known.filter((id) => ids.includes(id)), ...ids])].slice(0, conversationsMost);
  }

  async function run(aliveAt: number | null): Promise<void> {
    if (windowMs === 0 || (aliveAt === null && cursors.size === 0 && holes.size === 0)) return;
    const from = Math.max(clock.now() - windowMs, bornAt);
    const earliest = `${Math.floor(from / 1000) - 1}.000000`;
    const later = (one: string, other: string) => (isLater(one, other) ? one : other);
    const alive = `${Math.floor(((aliveAt ?? clock.now()) - marginMs) / 1000)}.000000`;
    for (const channel of await conversations()) {
      const hole = holes.get(channel);
      const place = hole === undefined ? (cursors.get(channel) ?? alive) : before(hole);
      const messages = await since("conversations.history", { channel }, later(place, earliest));
      for (const message of messages) await deps.take({ ...message, channel, ...kindOf(channel) });
      if (holes.get(channel) === hole) holes.delete(channel);
    }
    for (const [thread, last] of threads) {
      const [channel = "", ts = ""] = thread.split(":");
      if (timeOf(last) < clock.now() - threadLivesMs) {
        threads.delete(thread);
        continue;
      }
      for (const message of await since("conversations.replies", { channel, ts }, later(last, earliest)))
        await deps.take({ ...message, channel, ...kindOf(channel) });
    }
  }

  function again(): void {
    cancelAgain ??= clock.after(backoff.next(), () => {
      cancelAgain = null;
      start(null);
    });
  }

  function start(aliveAt: number | null): void {
    if (signal.aborted || running) return;
    running = run(aliveAt)
      .then(
        () => backoff.reset(),
        (error: unknown) => {
          if (signal.aborted) return;
          logger.warn("what was said meanwhile could not be asked for yet", { error: messageOf(error) });
          again();
        },
      )
      .finally(() => {
        running = null;
        if (holes.size > 0) again();
      });
    waiting = Promise.race([running, sleep(clock, patienceMs, signal).catch(() => undefined)]);
  }

  const lastAlive = { at: count(places["aliveAt"]) ?? null };

  return {
    /** A message was handed in, and is committed or refused for good. */
    passed(channel: string, ts: string, threadTs: string): void {
      const [map, key] = threadTs === "" ? [cursors, channel] : [threads, `${channel}:${threadTs}`];
      const known = map.get(key);
      if (known === undefined || isLater(ts, known)) {
        map.delete(key);
        map.set(key, ts);
      }
      saveSoon(saveEveryMs);
    },
    /** A message could not be stored. */
    missed(channel: string, ts: string): void {
      const known = holes.get(channel);
      if (known === undefined || isLater(known, ts)) holes.set(channel, ts);
      again();
    },
    /** A connection stands again after a time without one. */
    connected(): void {
      start(lastAlive.at);
      lastAlive.at = clock.now();
      saveSoon(saveEveryMs);
    },
    /** Settles when older messages were handed in, or when that takes too long. */
    idle: (): Promise<unknown> => waiting,
    async close(): Promise<void> {
      cancelAgain?.();
      await running;
      await save();
      cancelSave?.();
    },
  };
}

function kindOf(channel: string): Fields {
  return isDirect(channel) ? { channel_type: "im" } : {};
}

function read(value: unknown): Map<string, string> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(
    entries.filter(
      (entry): entry is [string, string] => typeof entry[1] === "string" && /^\d+\.\d+$/.test(entry[1]),
    ),
  );
}

/** The newest ones. */
function written(map: Map<string, string>, most: number): JsonObject {
  return Object.fromEntries([...map].slice(-most));
}
