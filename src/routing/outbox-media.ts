import type { ChannelCapabilities, OutboundMedia } from "../channels/contract.ts";
import { UserError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { DeliveryMediaKind, MediaRef } from "../ledger/contract.ts";
import { mediaKind, mediaOf } from "./outbound.ts";

/** What the outbox needs of files: the media store, and how to fetch what lies elsewhere. */
export interface MediaSource {
  put(bytes: Uint8Array): Promise<string>;
  get(digest: string): Uint8Array | null;
  /** Fetches an http(s) address through the guarded dialler, at most `maxBytes`. */
  fetch(
    url: string,
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<{ bytes: Uint8Array; mimeType: string; fileName?: string }>;
  /** An answer (markdown) as a recording; absent where nobody speaks. */
  speak?(
    markdown: string,
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array; mimeType: string; fileName: string }>;
}

export interface MediaDesk {
  /** Text as a voice message. Rejects when nobody can speak it now. */
  speech(markdown: string): Promise<OutboundMedia>;
  /**
   * Files ready to be sent, and in `addresses` what has to be said in words instead. Rejects when a fetch failed that
   * may succeed later, unless it `isLastTry`.
   */
  prepare(wish: {
    stored: ReadonlyArray<MediaRef & { kind: DeliveryMediaKind }>;
    urls: readonly string[];
    capabilities: ChannelCapabilities;
    isLastTry: boolean;
  }): Promise<{ media: OutboundMedia[]; addresses: string[] }>;
}

const fetchTimeoutMs = 60_000;
/** The engine has a shorter one of its own. */
const speechTimeoutMs = 300_000;

export function createMediaDesk(source: MediaSource, logger: Logger): MediaDesk {
  const read = (digest: string) => source.get(digest);

  async function load(url: string, maxBytes: number): Promise<OutboundMedia> {
    const { bytes, mimeType, fileName } = url.startsWith("data:")
      ? decodeDataUrl(url)
      : await source.fetch(url, { maxBytes, signal: AbortSignal.timeout(fetchTimeoutMs) });
    if (bytes.byteLength > maxBytes)
      throw new UserError("MEDIA_TOO_LARGE", `${bytes.byteLength} bytes; the limit is ${maxBytes}`);
    const digest = await source.put(bytes);
    return mediaOf(
      {
        digest,
        mimeType,
        bytes: bytes.byteLength,
        kind: mediaKind(mimeType),
        ...(fileName === undefined ? {} : { fileName }),
      },
      read,
    );
  }

  return {
    async speech(markdown) {
      if (!source.speak) throw new UserError("SPEECH_OFF", "nobody speaks here");
      const { bytes, ...spoken } = await source.speak(markdown, AbortSignal.timeout(speechTimeoutMs));
      const digest = await source.put(bytes);
      return mediaOf({ ...spoken, digest, bytes: bytes.byteLength, kind: "voice" }, read);
    },
    async prepare({ stored, urls, capabilities, isLastTry }) {
      const { maxMediaBytes } = capabilities;
      const media: OutboundMedia[] = [];
      const addresses: string[] = [];
      const inWords = (url: string) => addresses.push(url.startsWith("data:") ? "(a file)" : url);
      const canSend = capabilities.can.includes("media-out");
      for (const ref of stored) {
        if (canSend && ref.bytes <= maxMediaBytes && read(ref.digest)) media.push(mediaOf(ref, read));
        else addresses.push(`(file ${ref.fileName ?? ref.mimeType} cannot be sent here)`);
      }
      for (const url of urls) {
        if (!canSend) {
          inWords(url);
          continue;
        }
        try {
          media.push(await load(url, maxMediaBytes));
        } catch (error) {
          // What is too large or may not be reached stays so.
          if (!isLastTry && !(error instanceof UserError)) throw error;
          logger.warn("a file could not be fetched for sending", { error: messageOf(error) });
          inWords(url);
        }
      }
      return { media, addresses };
    },
  };
}

function decodeDataUrl(url: string): { bytes: Uint8Array; mimeType: string; fileName?: string } {
  const match = /^data:([\w.+-]+\/[\w.+-]+)?((?:;[\w-]+=[^;,]*)*)(;base64)?,(.*)$/s.exec(url);
  if (!match) throw new UserError("MEDIA_ADDRESS", "not a valid data: address");
  const [, mimeType = "text/plain", parameters = "", base64, content = ""] = match;
  const name = /;name=([^;,]*)/.exec(parameters)?.[1];
  return {
    bytes: base64 ? Buffer.from(content, "base64") : Buffer.from(decodeURIComponent(content)),
    mimeType,
    ...(name === undefined ? {} : { fileName: decodeURIComponent(name) }),
  };
}
