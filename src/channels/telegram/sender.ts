import type { RawApi } from "grammy/web";
import type { Message } from "grammy/types";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, Outbound, OutboundMessage, SendResult } from "../contract.ts";
import type { CallSignal, TelegramApi } from "./api.ts";
import { stepsOf, type MediaMethod, type Step } from "./compose.ts";
import { settle, TelegramFailure, troubleOf } from "./failure.ts";
import { toHtml } from "./format.ts";
import { messageIdOf, parseMessageId } from "./ids.ts";
import type { Migrations } from "./migrations.ts";
import {
  inputFile,
  keyboardOf,
  numeric,
  reactionOf,
  replyOf,
  sendFile,
  threadOf,
  type Album,
} from "./payload.ts";
import type { PollBook } from "./polls.ts";
import { createProgress } from "./progress.ts";
import type { TelegramSettings } from "./settings.ts";

const callTimeoutMs = 30_000;
const uploadTimeoutMs = 5 * 60_000;
const pollMaxSeconds = 2_628_000;
/** The platform could not use the markup, or the text grew too long by it: it is sent as it was written. */
const formatRefused = /can't parse entities|message is too long|caption is too long|MESSAGE_TOO_LONG/i;
/** The platform does not take the file as what it was called. */
const kindRefused =
  /PHOTO_INVALID_DIMENSIONS|PHOTO_SAVE_FILE_INVALID|IMAGE_PROCESS_FAILED|VOICE_MESSAGES_FORBIDDEN|PHOTO_EXT_INVALID/i;
const nothingToDo = /message is not modified|message to delete not found/i;

/** What {@link createSender} works with. */
export interface SenderDeps {
  api: TelegramApi;
  context: Pick<ChannelContext, "account" | "clock" | "store" | "logger" | "proved" | "trouble">;
  settings: TelegramSettings;
  migrations: Migrations;
  polls: PollBook;
}

/** Turns what the gateway wants said into calls of the Bot API, and their outcome into how the delivery is settled. */
export function createSender(
  deps: SenderDeps,
): (message: Outbound, signal: AbortSignal) => Promise<SendResult> {
  const { api, context, settings, migrations } = deps;
  const progress = createProgress(context.store);

  return async (message, signal) => {
    if (!/^(?:-?\d{1,20}|@\w{1,64})$/.test(message.to))
      return { kind: "dead", error: `"${message.to}" is no Telegram chat id` };
    const repeatable = message.kind !== "message" && message.kind !== "poll";
    try {
      return await attempt(message, signal);
    } catch (error) {
      if (!(error instanceof TelegramFailure)) throw error;
      const trouble = troubleOf(error, { account: context.account, now: context.clock.now() });
      if (trouble) context.trouble(trouble);
      return settle(error, repeatable);
    }
  };

  async function attempt(message: Outbound, signal: AbortSignal): Promise<SendResult> {
    try {
      return await dispatch(message, signal);
    } catch (error) {
      if (!(error instanceof TelegramFailure) || error.migratedTo === undefined) throw error;
      // Refused, so it was not sent: the group has another id now.
      await migrations.record(message.to, error.migratedTo);
      return dispatch(message, signal);
    }
  }

  function call<T>(
    ask: (raw: RawApi, signal: CallSignal) => Promise<T>,
    signal: AbortSignal,
    timeoutMs = callTimeoutMs,
  ): Promise<T> {
    return api.call(ask, { signal, timeoutMs });
  }

  function dispatch(message: Outbound, signal: AbortSignal): Promise<SendResult> {
    switch (message.kind) {
      case "message":
        return sendMessage(message, signal);
      case "poll":
        return sendPoll(message, signal);
      default:
        return change(message, signal);
    }
  }

  async function sendMessage(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
    const steps = stepsOf(message);
    // After a retry only the calls that were not made yet.
    const ids = progress.done(message.key);
    for (const step of steps.slice(ids.length)) {
      const sent = await take(step, message, { signal, first: ids.length === 0 });
      context.proved("send");
      ids.push(messageIdOf(sent.chat.id, sent.message_id));
      if (ids.length < steps.length) await remember(progress.note(message.key, ids));
    }
    if (steps.length > 1) await remember(progress.forget(message.key));
    // Later edits are meant for the text.
    const texted = steps.findIndex((step) => step.kind === "text");
    const messageId = ids[Math.max(texted, 0)] ?? "";
    return { kind: "sent", receipt: { messageId, ...(ids.length > 1 ? { messageIds: [...ids] } : {}) } };
  }

  /** What was sent is sent, whether or not it could be written down. */
  async function remember(writing: Promise<void>): Promise<void> {
    await writing.catch((error: unknown) =>
      context.logger.warn("what was sent could not be written down", { error: messageOf(error) }),
    );
  }

  function common(message: OutboundMessage, first: boolean) {
    const chatId = chatOf(message.to);
    return {
      chat_id: chatId,
      ...threadOf(message.threadId),
      ...(first ? replyOf(message.replyTo, chatId) : {}),
      ...(message.silent === true ? { disable_notification: true } : {}),
    };
  }

  async function take(
    step: Step,
    message: OutboundMessage,
    { signal, first }: { signal: AbortSignal; first: boolean },
  ): Promise<Message> {
    const base = common(message, first);
    if (step.kind === "album") return album(step, { base, signal });
    const markup = step.buttons ? keyboardOf(message.buttons) : {};
    if (step.kind === "text")
      return formatted(step.text, (text, mode) =>
        call(
          (raw, callSignal) =>
            raw.sendMessage(
              {
                ...base,
                text,
                ...mode,
                ...markup,
                link_preview_options: { is_disabled: !settings.linkPreview },
              },
              callSignal,
            ),
          signal,
        ),
      );
    const content = await step.media.read();
    const send = (method: MediaMethod) =>
      formatted(step.caption, (caption, mode) => {
        const file = inputFile(content, step.media.fileName);
        const payload = { ...base, ...(caption === "" ? {} : { caption, ...mode }), ...markup };
        return call(
          (raw, callSignal) => sendFile(raw, { method, file, payload, signal: callSignal }),
          signal,
          uploadTimeoutMs,
        );
      });
    try {
      return await send(step.method);
    } catch (error) {
      const other = step.method === "voice" ? "audio" : "document";
      if (!isRefusal(error, kindRefused) || step.method === other) throw error;
      return send(other);
    }
  }

  async function album(
    step: Extract<Step, { kind: "album" }>,
    { base, signal }: { base: ReturnType<typeof common>; signal: AbortSignal },
  ): Promise<Message> {
    const contents = await Promise.all(step.parts.map(({ media }) => media.read()));
    const sent = await formatted(step.caption, (caption, mode) => {
      const media = step.parts.map(({ method, media: file }, index) => ({
        type: method,
        media: inputFile(contents[index] ?? new Uint8Array(), file.fileName),
        ...(index === 0 && caption !== "" ? { caption, ...mode } : {}),
      })) as Album;
      return call(
        (raw, callSignal) => raw.sendMediaGroup({ ...base, media }, callSignal),
        signal,
        uploadTimeoutMs,
      );
    });
    const [first] = sent;
    if (!first)
      throw new TelegramFailure("an empty answer to sendMediaGroup", { status: 0, ambiguous: true });
    return first;
  }

  async function sendPoll(
    message: Extract<Outbound, { kind: "poll" }>,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const sent = await call(
      (raw, callSignal) =>
        raw.sendPoll(
          {
            chat_id: chatOf(message.to),
            ...threadOf(message.threadId),
            question: message.question,
            options: message.options.map((text) => ({ text })),
            // Otherwise nobody learns who voted.
            is_anonymous: false,
            allows_multiple_answers: message.maxSelections > 1,
            ...(message.durationHours === undefined
              ? {}
              : {
                  open_period: Math.min(
                    pollMaxSeconds,
                    Math.max(5, Math.round(message.durationHours * 3600)),
                  ),
                }),
          },
          callSignal,
        ),
      signal,
    );
    context.proved("send");
    const messageId = messageIdOf(sent.chat.id, sent.message_id);
    const added = deps.polls.add(sent.poll.id, {
      to: migrations.canonical(sent.chat.id),
      group: sent.chat.type !== "private",
      ...(message.threadId === undefined ? {} : { threadId: message.threadId }),
      messageId,
      options: message.options,
    });
    await remember(added);
    return { kind: "sent", receipt: { messageId } };
  }

  /** Edits, deletes and reactions: made twice they are made once, and what is already so is done. */
  async function change(
    message: Exclude<Outbound, { kind: "message" | "poll" }>,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const target = parseMessageId(message.messageId);
    if (!target) return { kind: "dead", error: `"${message.messageId}" is no Telegram message id` };
    const at = {
      // The id names the chat the message is in, which after a change of its id is not where new ones go.
      chat_id: target.chatId === null ? chatOf(message.to) : numeric(target.chatId),
      message_id: target.number,
    };
    try {
      if (message.kind === "edit") await edit(message, { at, signal });
      else if (message.kind === "delete")
        await call((raw, callSignal) => raw.deleteMessage(at, callSignal), signal);
      else
        await call(
          (raw, callSignal) =>
            raw.setMessageReaction(
              { ...at, reaction: message.remove === true ? [] : [reactionOf(message.emoji)] },
              callSignal,
            ),
          signal,
        );
    } catch (error) {
      if (!isRefusal(error, nothingToDo)) throw error;
    }
    context.proved("send");
    return { kind: "sent", receipt: { messageId: messageIdOf(at.chat_id, at.message_id) } };
  }

  async function edit(
    message: Extract<Outbound, { kind: "edit" }>,
    { at, signal }: { at: { chat_id: number | string; message_id: number }; signal: AbortSignal },
  ): Promise<void> {
    const markup = keyboardOf(message.buttons);
    try {
      await formatted(message.text, (text, mode) =>
        call(
          (raw, callSignal) =>
            raw.editMessageText(
              {
                ...at,
                text,
                ...mode,
                ...markup,
                link_preview_options: { is_disabled: !settings.linkPreview },
              },
              callSignal,
            ),
          signal,
        ),
      );
    } catch (error) {
      if (!isRefusal(error, /there is no text in the message to edit/i)) throw error;
      await formatted(message.text, (caption, mode) =>
        call(
          (raw, callSignal) => raw.editMessageCaption({ ...at, caption, ...mode, ...markup }, callSignal),
          signal,
        ),
      );
    }
  }

  function chatOf(to: string): number | string {
    return numeric(migrations.current(to));
  }
}

/** As HTML; where the platform refuses that, as it was written. A refused call was not done. */
async function formatted<T>(
  text: string,
  send: (text: string, mode: { parse_mode?: "HTML" }) => Promise<T>,
): Promise<T> {
  if (text === "") return send(text, {});
  try {
    return await send(toHtml(text), { parse_mode: "HTML" });
  } catch (error) {
    if (!isRefusal(error, formatRefused)) throw error;
    return send(text, {});
  }
}

function isRefusal(error: unknown, reason: RegExp): boolean {
  return error instanceof TelegramFailure && error.status === 400 && reason.test(error.message);
}
