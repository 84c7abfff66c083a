import type { Message } from "grammy/types";
import { messageOf, UserError } from "../../core/errors.ts";
import type { InboundAttachment } from "../contract.ts";

/** Where files come from: the two calls of the Bot API that fetch one. */
export interface FileSource {
  /** Path and size of a file by its id. */
  locate(fileId: string, signal: AbortSignal): Promise<{ path: string; bytes?: number }>;
  download(path: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
}

interface FileFacts extends Omit<InboundAttachment, "open"> {
  fileId: string;
}

/** The file of a message, not fetched yet. */
export function attachmentOf(message: Message, files: FileSource): InboundAttachment | undefined {
  const facts = fileOf(message);
  if (!facts) return undefined;
  const { fileId, ...rest } = facts;
  async function located(id: string, signal: AbortSignal) {
    try {
      return await files.locate(id, signal);
    } catch (error) {
      if (!/file is too big/i.test(messageOf(error))) throw error;
      throw new UserError("MEDIA_TOO_LARGE", "Telegram hands no file above 20 MB to bots", {
        hint: "send a smaller file, or a link to it",
        cause: error,
      });
    }
  }
  return {
    ...rest,
    async open({ maxBytes, signal }) {
      if (rest.bytes !== undefined && rest.bytes > maxBytes) throw tooLarge(rest.bytes, maxBytes);
      const { path, bytes } = await located(fileId, signal);
      if (bytes !== undefined && bytes > maxBytes) throw tooLarge(bytes, maxBytes);
      try {
        return await files.download(path, { maxBytes, signal });
      } catch (error) {
        if (error instanceof UserError && error.code === "DIAL_LIMIT") throw tooLarge(undefined, maxBytes);
        throw error;
      }
    },
  };
}

/** The refusal of a file above the cap. */
function tooLarge(bytes: number | undefined, maxBytes: number): UserError {
  return new UserError(
    "MEDIA_TOO_LARGE",
    `the file ${bytes === undefined ? "is" : `has ${bytes} bytes,`} more than the ${maxBytes} bytes that are taken`,
    { hint: "openclaw config set channels.telegram.mediaMaxMb <megabytes>" },
  );
}

function fileOf(message: Message): FileFacts | undefined {
  const { photo, voice, audio, video, video_note: note, animation, sticker, document } = message;
  // The sizes of a photo go from small to large.
  const largest = photo?.at(-1);
  if (largest) return { kind: "image", mimeType: "image/jpeg", ...stated(largest) };
  if (voice) return { kind: "voice", mimeType: voice.mime_type ?? "audio/ogg", ...stated(voice) };
  if (audio) return { kind: "audio", ...stated(audio) };
  if (note) return { kind: "video", mimeType: "video/mp4", ...stated(note) };
  // An animation comes with a document of the same file for old clients.
  if (animation) return { kind: "video", ...stated(animation) };
  if (video) return { kind: "video", ...stated(video) };
  if (sticker) {
    const mimeType = sticker.is_animated
      ? "application/x-tgsticker"
      : sticker.is_video
        ? "video/webm"
        : "image/webp";
    return { kind: "sticker", mimeType, ...stated(sticker) };
  }
  return document ? { kind: "document", ...stated(document) } : undefined;
}

function stated(file: {
  file_id: string;
  file_size?: number;
  mime_type?: string;
  file_name?: string;
  duration?: number;
}) {
  return {
    fileId: file.file_id,
    ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
    ...(file.mime_type === undefined ? {} : { mimeType: file.mime_type }),
    ...(file.file_name === undefined ? {} : { fileName: file.file_name }),
    ...(file.duration === undefined ? {} : { durationMs: file.duration * 1000 }),
  };
}
