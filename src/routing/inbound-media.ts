import type { InboundAttachment, InboundMessageEvent } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { MediaRef } from "../ledger/contract.ts";
import { sniffType } from "../media/index.ts";
import type { ChannelAccount } from "./account.ts";
import { within } from "./deadline.ts";

/** Where what people send is kept, by digest. */
export interface InboundMediaStore {
  put(bytes: Uint8Array): Promise<string>;
}

/** More files than this of one message are named, not fetched. */
const maxFiles = 10;
const fetchTimeoutMs = 60_000;

/**
 * Fetches what came with an admitted message, within the limits of channel and account. A file that cannot be had does
 * not lose the message: `notes` says so to the model.
 */
export async function fetchAttachments(
  event: InboundMessageEvent,
  account: ChannelAccount,
  deps: { media: InboundMediaStore; mediaMaxBytes: () => number; logger: Logger; clock: Clock },
): Promise<{ media: MediaRef[]; notes: string[] }> {
  const media: MediaRef[] = [];
  const notes: string[] = [];
  const maxBytes = limitOf(account, deps.mediaMaxBytes());
  for (const [index, attachment] of (event.attachments ?? []).entries()) {
    const what = nameOf(attachment);
    if (index >= maxFiles) {
      notes.push(`${what}: not fetched, only ${maxFiles} files of one message are`);
      continue;
    }
    try {
      if ((attachment.bytes ?? 0) > maxBytes) throw new TooLarge(attachment.bytes ?? 0);
      const bytes = await within({ clock: deps.clock, ms: fetchTimeoutMs }, (signal) =>
        attachment.open({ maxBytes, signal }),
      );
      if (bytes.byteLength > maxBytes) throw new TooLarge(bytes.byteLength);
      media.push({
        digest: await deps.media.put(bytes),
        // What it is, not what it is called: a label could make a model's picture of anything.
        mimeType: sniffType(bytes, attachment.mimeType ?? defaultTypes[attachment.kind]),
        bytes: bytes.byteLength,
        ...(attachment.fileName === undefined ? {} : { fileName: attachment.fileName }),
      });
    } catch (error) {
      const reason =
        error instanceof TooLarge || codeOf(error) === "MEDIA_TOO_LARGE"
          ? `larger than ${Math.round(maxBytes / 1_048_576)} MB`
          : "it could not be fetched";
      notes.push(`${what}: not available, ${reason}`);
      deps.logger.warn("an attachment could not be fetched", {
        channel: event.channel,
        message: event.messageId,
        error: messageOf(error),
      });
    }
  }
  return { media, notes };
}

class TooLarge extends Error {
  constructor(bytes: number) {
    super(`${bytes} bytes`);
  }
}

const defaultTypes: Record<InboundAttachment["kind"], string> = {
  image: "image/jpeg",
  sticker: "image/webp",
  audio: "audio/mpeg",
  voice: "audio/ogg",
  video: "video/mp4",
  document: "application/octet-stream",
};

function limitOf(account: ChannelAccount, usual: number): number {
  const configured = account.settings().config["mediaMaxMb"];
  const own = typeof configured === "number" && configured > 0 ? configured * 1_048_576 : usual;
  return Math.min(own, account.manifest?.capabilities.maxMediaBytes ?? 0);
}

function nameOf({ kind, fileName }: InboundAttachment): string {
  return fileName === undefined ? kind : `${kind} ${fileName.replace(/\s+/g, " ").slice(0, 100)}`;
}
