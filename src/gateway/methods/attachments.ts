import { z } from "zod";
import type { MediaRef } from "../../ledger/contract.ts";
import type { SessionStore } from "../../sessions/contract.ts";
import { sniffType } from "../../media/index.ts";
import { invalidRequest } from "./settings.ts";

/** Decoded bytes of one attachment (protocol.md 3.4). */
const maxAttachmentBytes = 5_000_000;
const maxAttachments = 16;

export const attachmentsSchema = z
  .array(
    z.strictObject({
      type: z.string().optional(),
      mimeType: z.string().optional(),
      fileName: z.string().max(512).optional(),
      /** base64, or a data URL. */
      content: z.string(),
    }),
  )
  .max(maxAttachments);

/** What the first bytes say an image is; a declared type is a label only. */
export function sniffImage(bytes: Uint8Array): string | null {
  const starts = (...signature: number[]) => signature.every((byte, index) => bytes[index] === byte);
  const ascii = (from: number, text: string) =>
    Buffer.from(text, "latin1").every((byte, index) => bytes[from + index] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (starts(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (ascii(0, "GIF87a") || ascii(0, "GIF89a")) return "image/gif";
  if (ascii(0, "RIFF") && ascii(8, "WEBP")) return "image/webp";
  return null;
}

/** Base64 (standard or URL alphabet) with an optional `data:…;base64,` head. @throws INVALID_REQUEST */
export function decodeBase64(content: string, maxBytes: number, what: string): Uint8Array {
  const head = /^data:[^,]{0,200};base64,/.exec(content);
  const body = (head ? content.slice(head[0].length) : content).replace(/\s+/g, "");
  // Checked before decoding, so that an oversized text is never allocated twice.
  if (Math.floor((body.length * 3) / 4) > maxBytes + 2) {
    throw invalidRequest(`${what} is larger than ${maxBytes} bytes`);
  }
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(body) || body.length % 4 === 1) {
    throw invalidRequest(`${what} is not valid base64`);
  }
  return Buffer.from(body, "base64");
}

/**
 * Stores the images among the attachments, and other files where the client says with another `type` that it means them
 * (recordings are transcribed, documents read, as from channels); the rest is left out, as the existing system does
 * (protocol.md 3.4).
 */
export async function storeAttachments(
  sessions: SessionStore,
  attachments: z.infer<typeof attachmentsSchema> | undefined,
): Promise<MediaRef[]> {
  const media: MediaRef[] = [];
  for (const [index, attachment] of (attachments ?? []).entries()) {
    const bytes = decodeBase64(attachment.content, maxAttachmentBytes, `attachment ${index + 1}`);
    if (bytes.length > maxAttachmentBytes) {
      throw invalidRequest(`attachment ${index + 1} is larger than ${maxAttachmentBytes} bytes`);
    }
    const isFile = attachment.type !== undefined && attachment.type !== "image";
    const mimeType = sniffImage(bytes) ?? (isFile ? sniffType(bytes, attachment.mimeType) : null);
    if (mimeType === null) continue;
    const digest = await sessions.putMedia(bytes);
    media.push({
      digest,
      mimeType,
      bytes: bytes.length,
      ...(attachment.fileName === undefined ? {} : { fileName: attachment.fileName }),
    });
  }
  return media;
}
