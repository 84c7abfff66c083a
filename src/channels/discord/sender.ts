import { createHash } from "node:crypto";
import { messageOf } from "../../core/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { ChannelContext, Outbound, OutboundMessage, SendResult } from "../contract.ts";
import { safeFileName } from "../shared/index.ts";
import { componentsOf, contentLimit, fitting, stepsOf, type Step } from "./compose.ts";
import { DiscordFailure, settle, troubleOf } from "./failure.ts";
import { looksOf, type Journal, type JournalEntry } from "./journal.ts";
import type { PollBook } from "./polls.ts";
import type { DiscordRest, RestRequest } from "./rest.ts";
import type { DiscordSettings } from "./settings.ts";
import type { DiscordState } from "./state.ts";
import type { Targets } from "./targets.ts";
import type { WireMessage } from "./types.ts";
import { errorCode, idAt, isId, isNewer, messageFlag } from "./wire.ts";

const uploadTimeoutMs = 5 * 60_000;
const sendTimeoutMs = 30_000;
const pollHoursMost = 768;
const searchPages = 5;
const searchPage = 100;
/** How far back a call of ours is looked for where no older message of the channel is known. */
const marginMs = 10 * 60_000;
/** Nobody is rung by what the assistant says, whatever stands in it. */
const ringsNobody = { parse: [], replied_user: false };

export interface SenderDeps {
  rest: DiscordRest;
  context: Pick<ChannelContext, "account" | "clock" | "logger" | "proved" | "trouble">;
  settings: DiscordSettings;
  state: DiscordState;
  targets: Targets;
  journal: Journal;
  polls: PollBook;
  /** Our own user id. */
  me: () => string;
  /** A message of ours has this id. */
  said: (messageId: string) => void;
}

/** Turns what the gateway wants said into calls of the API, and their outcome into how the delivery is settled. */
export function createSender(deps: SenderDeps) {
  const { rest, context, settings, state, targets, journal, polls, me, said } = deps;

  async function send(message: Outbound, signal: AbortSignal): Promise<SendResult> {
    const repeatable = message.kind !== "message" && message.kind !== "poll";
    try {
      const channel = await targets.find(message.to, message.threadId, signal);
      if (channel === null)
        return { kind: "dead", error: `"${message.threadId ?? message.to}" is no Discord channel id` };
      return await attempt(message, channel, signal);
    } catch (error) {
      if (!(error instanceof DiscordFailure)) throw error;
      const trouble = troubleOf(error, { account: context.account, now: context.clock.now() });
      if (trouble) context.trouble(trouble);
      return settle(error, repeatable);
    }
  }

  async function attempt(message: Outbound, channel: string, signal: AbortSignal): Promise<SendResult> {
    try {
      return await dispatch(message, channel, signal);
    } catch (error) {
      const unknown = error instanceof DiscordFailure && error.code === errorCode.unknownChannel;
      if (!unknown || message.threadId !== undefined) throw error;
      const other = await targets.instead(message.to, signal);
      if (other === null) throw error;
      return dispatch(message, other, signal);
    }
  }

  function dispatch(message: Outbound, channel: string, signal: AbortSignal): Promise<SendResult> {
    if (message.kind === "message") return sendMessage(message, channel, signal);
    return message.kind === "poll" ? sendPoll(message, channel, signal) : change(message, channel, signal);
  }

  /** Says something new: written down first, and with a key that Discord drops repeats of for some minutes. */
  async function create(
    about: Pick<JournalEntry, "key" | "index" | "of" | "channel" | "looks">,
    request: { body: Record<string, JsonValue>; files?: RestRequest["files"] },
    signal: AbortSignal,
  ): Promise<string> {
    const entry = { ...about, after: baseline(about.channel) };
    await journal.begin(entry);
    const files = request.files ?? [];
    const sent = (await rest.call(
      {
        method: "POST",
        path: `/channels/${about.channel}/messages`,
        body: { ...request.body, nonce: nonceOf(about.key, about.index), enforce_nonce: true },
        files,
      },
      { signal, timeoutMs: files.length > 0 ? uploadTimeoutMs : sendTimeoutMs },
    )) as WireMessage;
    context.proved("send");
    said(sent.id);
    await remember(journal.done(entry, sent.id, about.of > 1));
    return sent.id;
  }

  /** What was sent is sent, whether or not it could be written down. */
  async function remember(writing: Promise<void>): Promise<void> {
    await writing.catch((error: unknown) =>
      context.logger.warn("what was sent could not be written down", { error: messageOf(error) }),
    );
  }

  function baseline(channel: string): string {
    const margin = idAt(rest.platformTime() - marginMs);
    const known = state.cursor(channel);
    return isNewer(known, margin) ? known : margin;
  }

  async function sendMessage(
    message: OutboundMessage,
    channel: string,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const steps = stepsOf(message);
    const ids: string[] = [];
    for (const [index, step] of steps.entries()) {
      const looks = looksOf(step.content, step.media.length);
      const known = journal.find(message.key, index);
      // After a retry only the calls that were not made yet.
      if (known?.id !== undefined && known.channel === channel) {
        ids.push(known.id);
        continue;
      }
      const about = { key: message.key, index, of: steps.length, channel, looks };
      ids.push(await create(about, await bodyOf(step, message, index === 0), signal));
    }
    return { kind: "sent", receipt: receiptOf(channel, ids, steps) };
  }

  async function bodyOf(step: Step, message: OutboundMessage, first: boolean) {
    const flags =
      (settings.linkPreview ? 0 : messageFlag.suppressEmbeds) |
      (message.silent === true ? messageFlag.silent : 0);
    const files = await Promise.all(
      step.media.map(async (media) => ({
        name: safeFileName(media.fileName),
        mimeType: media.mimeType,
        content: await media.read(),
      })),
    );
    const quotes = first && message.replyTo !== undefined && isId(message.replyTo);
    const body: Record<string, JsonValue> = {
      ...(step.content === "" ? {} : { content: step.content }),
      ...(flags === 0 ? {} : { flags }),
      allowed_mentions: ringsNobody,
      // The message may be gone by now; the answer is worth more than the quote.
      ...(quotes
        ? { message_reference: { message_id: message.replyTo ?? "", fail_if_not_exists: false } }
        : {}),
      ...(step.buttons ? { components: componentsOf(message.buttons) } : {}),
      ...(files.length === 0 ? {} : { attachments: files.map(({ name }, id) => ({ id, filename: name })) }),
    };
    return { body, files };
  }

  async function sendPoll(
    message: Extract<Outbound, { kind: "poll" }>,
    channel: string,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const hours = Math.round(message.durationHours ?? 24);
    const known = journal.find(message.key, 0);
    const id =
      known?.id ??
      (await create(
        { key: message.key, index: 0, of: 1, channel, looks: looksOf("", 0, message.question) },
        {
          body: {
            poll: {
              question: { text: message.question },
              answers: message.options.map((text) => ({ poll_media: { text } })),
              duration: Math.min(pollHoursMost, Math.max(1, hours)),
              allow_multiselect: message.maxSelections > 1,
            },
          },
        },
        signal,
      ));
    await remember(polls.add(id, message.options));
    return { kind: "sent", receipt: { messageId: id, channelId: channel } };
  }

  /** Edits, deletes and reactions: made twice they are made once, and what is already so is done. */
  async function change(
    message: Exclude<Outbound, { kind: "message" | "poll" }>,
    channel: string,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const { messageId } = message;
    if (!isId(messageId)) return { kind: "dead", error: `"${messageId}" is no Discord message id` };
    const at = `/channels/${channel}/messages/${messageId}`;
    const call = (request: RestRequest) => rest.call(request, { signal, timeoutMs: sendTimeoutMs });
    switch (message.kind) {
      case "edit":
        await call({
          method: "PATCH",
          path: at,
          body: {
            // One message cannot become several.
            content: (fitting(message.text)[0] ?? "").slice(0, contentLimit),
            allowed_mentions: ringsNobody,
            flags: settings.linkPreview ? 0 : messageFlag.suppressEmbeds,
            ...(message.buttons === undefined ? {} : { components: componentsOf(message.buttons) }),
          },
        });
        break;
      case "delete":
        await call({ method: "DELETE", path: at }).catch((error: unknown) => {
          if (!(error instanceof DiscordFailure) || error.code !== errorCode.unknownMessage) throw error;
        });
        break;
      case "react":
        await call({
          method: message.remove === true ? "DELETE" : "PUT",
          path: `${at}/reactions/${emojiOf(message.emoji)}/@me`,
        });
    }
    context.proved("send");
    return { kind: "sent", receipt: { messageId, channelId: channel } };
  }

  /**
   * Receipt of the message with this key, or null when it is not, or not all, there; then sending it again makes only
   * the calls that are missing. Rejects when Discord cannot be asked.
   */
  async function query(key: string, signal: AbortSignal): Promise<JsonObject | null> {
    const entries = journal.of(key);
    const ids: string[] = [];
    for (const entry of entries) {
      const id = entry.id ?? (await look(entry, signal));
      if (id === null) return null;
      if (entry.id === undefined) await journal.done(entry, id, true);
      ids.push(id);
    }
    const [first] = entries;
    if (!first || entries.length < first.of) return null;
    const [messageId = ""] = ids;
    return { messageId, channelId: first.channel, ...(ids.length > 1 ? { messageIds: ids } : {}) };
  }

  /** The oldest message of ours since the call that looks like it and is not known to be another's outcome. */
  async function look(entry: JournalEntry, signal: AbortSignal): Promise<string | null> {
    const claimed = journal.claimed();
    let found: string | null = null;
    let before: string | undefined;
    for (let page = 0; page < searchPages; page++) {
      const answer = await rest.call(
        {
          method: "GET",
          path: `/channels/${entry.channel}/messages`,
          query: { limit: searchPage, before },
        },
        { signal },
      );
      const messages = Array.isArray(answer) ? (answer as WireMessage[]) : [];
      for (const message of messages) {
        if (!isNewer(message.id, entry.after)) return found;
        const same = looksOf(message.content, message.attachments.length, message.poll?.question.text ?? "");
        if (isOurs(message) && same === entry.looks && !claimed.has(message.id)) found = message.id;
      }
      before = messages.at(-1)?.id;
      if (messages.length < searchPage || before === undefined) return found;
    }
    return found;
  }

  function isOurs(message: WireMessage): boolean {
    return message.author.id === me();
  }

  return { send, query };
}

function receiptOf(channel: string, ids: readonly string[], steps: readonly Step[]): JsonObject {
  // Later edits are meant for the text, and buttons are under its end.
  const main = steps.findLastIndex((step) => step.content !== "");
  return {
    messageId: ids[Math.max(main, 0)] ?? "",
    channelId: channel,
    ...(ids.length > 1 ? { messageIds: [...ids] } : {}),
  };
}

/** Discord takes 25 characters. */
function nonceOf(key: string, index: number): string {
  return createHash("sha256").update(`${key}\n${index}`).digest("base64url").slice(0, 24);
}

/** Custom emoji are `name:id` there. */
function emojiOf(emoji: string): string {
  const custom = /^<?a?:?(\w{2,32}:\d{5,20}):?>?$/.exec(emoji)?.[1];
  return encodeURIComponent(custom ?? emoji);
}
