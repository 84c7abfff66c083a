import { InputFile, type RawApi } from "grammy/web";
import type { Message } from "grammy/types";
import type { OutboundMessage } from "../contract.ts";
import { safeFileName } from "../shared/index.ts";
import type { CallSignal } from "./api.ts";
import type { MediaMethod } from "./compose.ts";
import { parseMessageId } from "./ids.ts";

// How the parts of what we say are written in the Bot API's own terms.

/** The General topic has this number, and cannot be named when something is sent to it. */
export const generalTopic = "1";

/** Sends one file by the method that shows it as what it is. */
export function sendFile(
  raw: RawApi,
  {
    method,
    file,
    payload,
    signal,
  }: {
    method: MediaMethod;
    file: InputFile;
    payload: { chat_id: number | string; caption?: string };
    signal: CallSignal;
  },
): Promise<Message> {
  switch (method) {
    case "photo":
      return raw.sendPhoto({ ...payload, photo: file }, signal);
    case "animation":
      return raw.sendAnimation({ ...payload, animation: file }, signal);
    case "video":
      return raw.sendVideo({ ...payload, video: file }, signal);
    case "audio":
      return raw.sendAudio({ ...payload, audio: file }, signal);
    case "voice":
      return raw.sendVoice({ ...payload, voice: file }, signal);
    case "document":
      return raw.sendDocument({ ...payload, document: file, disable_content_type_detection: false }, signal);
  }
}

/** A file to upload. The library puts the name into its header as it is. */
export function inputFile(content: Uint8Array, name: string): InputFile {
  return new InputFile(content, `"${safeFileName(name)}"`);
}

export function numeric(id: string): number | string {
  return /^-?\d+$/.test(id) ? Number(id) : id;
}

export function threadOf(threadId: string | undefined): { message_thread_id?: number } {
  return threadId === undefined || threadId === generalTopic || !/^\d+$/.test(threadId)
    ? {}
    : { message_thread_id: Number(threadId) };
}

export function replyOf(replyTo: string | undefined, chatId: number | string) {
  const target = replyTo === undefined ? null : parseMessageId(replyTo);
  if (!target || (target.chatId !== null && target.chatId !== String(chatId))) return {};
  // The message may be gone by now; the answer is worth more than the quote.
  return { reply_parameters: { message_id: target.number, allow_sending_without_reply: true } };
}

export function keyboardOf(buttons: OutboundMessage["buttons"]) {
  if (!buttons || buttons.length === 0) return {};
  return {
    reply_markup: {
      inline_keyboard: buttons.map((row) =>
        row.map(({ label, value, style }) => ({
          text: label,
          callback_data: value,
          ...(style === undefined ? {} : { style }),
        })),
      ),
    },
  };
}

export type Album = Parameters<RawApi["sendMediaGroup"]>[0]["media"];

type Reaction = Parameters<RawApi["setMessageReaction"]>[0]["reaction"] extends
  | ReadonlyArray<infer T>
  | undefined
  ? T
  : never;

/** Telegram writes its emoji without the sign that asks for colour, and names custom ones by number. */
export function reactionOf(emoji: string): Reaction {
  const custom = /^:(\d{1,25}):$/.exec(emoji)?.[1];
  if (custom !== undefined) return { type: "custom_emoji", custom_emoji_id: custom };
  // Which emoji may be used is the platform's to say: the list grows.
  return { type: "emoji", emoji: emoji.replaceAll("\u{fe0f}", "") } as Reaction;
}
