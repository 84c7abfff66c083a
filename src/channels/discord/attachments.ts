import { UserError } from "../../core/errors.ts";
import type { InboundAttachment } from "../contract.ts";
import { DiscordFailure } from "./failure.ts";
import type { WireAttachment, WireMessage } from "./types.ts";
import { messageFlag } from "./wire.ts";

/** Where files come from. */
export interface FileSource {
  download(url: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** A message anew: the addresses of files are good for a day, and then others are given. */
  refetch(channelId: string, messageId: string, signal: AbortSignal): Promise<WireMessage>;
  /** Where stickers are, without a slash at the end. */
  stickerRoot: string;
}

/** The files of a message, not fetched yet. */
export function attachmentsOf(message: WireMessage, files: FileSource): InboundAttachment[] {
  const carried = [message, ...(message.message_snapshots ?? []).map((each) => each.message)];
  const voice = ((message.flags ?? 0) & messageFlag.voice) !== 0;
  return carried.flatMap((content) => [
    ...content.attachments.map((each) => attachmentOf(each, { message, voice, files })),
    ...(content.sticker_items ?? []).map((each) => stickerOf(each, files)),
  ]);
}

function attachmentOf(
  file: WireAttachment,
  { message, voice, files }: { message: WireMessage; voice: boolean; files: FileSource },
): InboundAttachment {
  return {
    kind: voice ? "voice" : kindOf(file.content_type ?? ""),
    ...(file.content_type === undefined ? {} : { mimeType: file.content_type }),
    fileName: file.filename,
    bytes: file.size,
    ...(file.duration_secs === undefined ? {} : { durationMs: Math.round(file.duration_secs * 1000) }),
    async open({ maxBytes, signal }) {
      if (file.size > maxBytes) throw tooLarge(file.size, maxBytes);
      try {
        return await download(files, file.url, { maxBytes, signal });
      } catch (error) {
        const expired = error instanceof DiscordFailure && [403, 404, 410].includes(error.status);
        if (!expired) throw error;
        const anew = await files.refetch(message.channel_id, message.id, signal);
        const other = anew.attachments.find((each) => each.id === file.id);
        if (!other) throw new UserError("MEDIA_GONE", "Discord no longer has the file", { cause: error });
        return download(files, other.url, { maxBytes, signal });
      }
    },
  };
}

function stickerOf(
  sticker: { id: string; name: string; format_type: number },
  files: FileSource,
): InboundAttachment {
  const [extension, mimeType] =
    sticker.format_type === 3
      ? ["json", "application/json"]
      : sticker.format_type === 4
        ? ["gif", "image/gif"]
        : ["png", "image/png"];
  return {
    kind: "sticker",
    mimeType,
    fileName: `${sticker.name}.${extension}`,
    open: (options) => download(files, `${files.stickerRoot}/${sticker.id}.${extension}`, options),
  };
}

async function download(
  files: FileSource,
  url: string,
  options: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await files.download(url, options);
  } catch (error) {
    if (error instanceof UserError && error.code === "DIAL_LIMIT")
      throw tooLarge(undefined, options.maxBytes);
    throw error;
  }
}

function kindOf(mimeType: string): InboundAttachment["kind"] {
  const kind = mimeType.split("/", 1)[0];
  return kind === "image" || kind === "audio" || kind === "video" ? kind : "document";
}

function tooLarge(bytes: number | undefined, maxBytes: number): UserError {
  return new UserError(
    "MEDIA_TOO_LARGE",
    `the file ${bytes === undefined ? "is" : `has ${bytes} bytes,`} more than the ${maxBytes} bytes that are taken`,
    { hint: "openclaw config set channels.discord.mediaMaxMb <megabytes>" },
  );
}
