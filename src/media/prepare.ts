import { randomBytes } from "node:crypto";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { quoteLabel, renderForModel, untrusted } from "../core/untrusted.ts";
import type { GuardedFetch } from "../guard/index.ts";
import type { MediaRef } from "../ledger/contract.ts";
import { runMediaCommand, type CommandHost } from "./command.ts";
import type { MediaNote, MediaSettings, PreparedMedia } from "./contract.ts";
import { fitImage, loadShrinker, type ShrinkImage } from "./image.ts";
import { familyOf, sniffType } from "./sniff.ts";
import { transcribe } from "./transcribe.ts";

export interface MediaDeskDeps {
  store: { put(bytes: Uint8Array): Promise<string>; get(digest: string): Uint8Array | null };
  host: CommandHost;
  fetch: GuardedFetch;
  logger: Logger;
  /** Default: the library of this installation. */
  loadShrinker?: () => Promise<ShrinkImage | null>;
}

interface Part {
  media?: MediaRef;
  text?: string;
  note?: MediaNote;
}

/**
 * Makes of files what a model can take: pictures small enough, the words of recordings, the text of documents. A file
 * that cannot be used is named with the reason; no file loses the message it came with.
 */
export function createMediaPreparer(deps: MediaDeskDeps) {
  const { store, logger } = deps;
  let shrinker: Promise<ShrinkImage | null> | null = null;

  return async function prepareMedia(
    attachments: readonly MediaRef[],
    settings: MediaSettings,
    signal: AbortSignal,
  ): Promise<PreparedMedia> {
    const parts: Part[] = [];
    // One after the other: a message with ten pictures must not take the memory of ten.
    for (const ref of attachments) parts.push(await prepare(ref, settings, signal));
    return {
      media: parts.flatMap(({ media }) => media ?? []),
      text: parts.flatMap(({ text }) => text ?? []).join("\n"),
      notes: parts.flatMap(({ note }) => note ?? []),
    };
  };

  async function prepare(ref: MediaRef, settings: MediaSettings, signal: AbortSignal): Promise<Part> {
    const bytes = store.get(ref.digest);
    if (!bytes) return failed(ref, "it is not in the media store any more");
    const mimeType = sniffType(bytes, ref.mimeType);
    const known = { ...ref, mimeType };
    try {
      switch (familyOf(mimeType)) {
        case "image":
          return await picture(known, bytes, settings);
        case "audio":
          return await recording(known, bytes, settings, signal);
        case "text":
          return settings.documents.enabled
            ? document(known, new TextDecoder().decode(bytes), settings)
            : { media: known };
        default:
          return mimeType === "application/pdf"
            ? await pdf(known, bytes, settings, signal)
            : { media: known };
      }
    } catch (error) {
      signal.throwIfAborted();
      logger.warn("a file could not be prepared for the model", { mimeType, error: messageOf(error) });
      return failed(known, messageOf(error));
    }
  }

  async function picture(ref: MediaRef, bytes: Uint8Array, { image }: MediaSettings): Promise<Part> {
    const load = () => (shrinker ??= (deps.loadShrinker ?? loadShrinker)());
    const shown = await fitImage({ bytes, mimeType: ref.mimeType }, image, load);
    if (shown.kind === "unusable") return failed(ref, shown.reason);
    if (shown.kind === "same") return { media: ref };
    const media = {
      ...ref,
      digest: await store.put(shown.bytes),
      mimeType: sniffType(shown.bytes),
      bytes: shown.bytes.byteLength,
    };
    return { media, note: { rule: "media.image", detail: `${ref.bytes} → ${media.bytes} bytes` } };
  }

  async function recording(
    ref: MediaRef,
    bytes: Uint8Array,
    { transcription }: MediaSettings,
    signal: AbortSignal,
  ): Promise<Part> {
    if (!transcription) return failed(ref, "transcription is not set up: tools.media.audio");
    if (bytes.byteLength > transcription.maxBytes)
      return failed(ref, `larger than ${Math.round(transcription.maxBytes / 1_048_576)} MB`);
    const words = await transcribe(
      { bytes, mimeType: ref.mimeType },
      transcription,
      { ...deps.host, fetch: deps.fetch },
      signal,
    );
    const note: MediaNote = {
      rule: "media.transcribed",
      detail: `${labelOf(ref)}: ${words.length} characters`,
    };
    // What somebody says is theirs as much as what they type: it gets the label of the message, and no other.
    const text = words === "" ? "[a recording without words]" : `${words}\n[transcribed from a recording]`;
    return { text, note };
  }

  async function pdf(
    ref: MediaRef,
    bytes: Uint8Array,
    settings: MediaSettings,
    signal: AbortSignal,
  ): Promise<Part> {
    const { pdfCommand: argv, enabled, timeoutMs } = settings.documents;
    if (!enabled || argv.length === 0) return { media: ref };
    const input = { bytes, extension: "pdf" };
    const { stdout } = await runMediaCommand({ argv, input, timeoutMs }, deps.host, signal);
    return document(ref, stdout, settings);
  }

  /** Whoever sends a file need not have written it. */
  function document(ref: MediaRef, text: string, { documents }: MediaSettings): Part {
    const cut = text.length - documents.maxChars;
    const shown = cut > 0 ? `${text.slice(0, documents.maxChars)}\n… (${cut} more characters)` : text;
    const rendered = renderForModel(untrusted(shown, "attachment"), {
      tag: "file",
      boundary: randomBytes(8).toString("hex"),
      attributes: { name: ref.fileName ?? "file", type: ref.mimeType },
    });
    return {
      text: rendered,
      note: { rule: "media.read", detail: `${labelOf(ref)}: ${text.length} characters` },
    };
  }

  function failed(ref: MediaRef, reason: string): Part {
    return {
      text: `[${labelOf(ref)}: not shown, ${reason.replaceAll(/\s+/g, " ").slice(0, 200)}]`,
      note: { rule: "media.failed", detail: `${labelOf(ref)}: ${reason}` },
    };
  }
}

const labelOf = ({ fileName, mimeType }: MediaRef): string =>
  fileName === undefined ? mimeType : `${quoteLabel(fileName)}, ${mimeType}`;
