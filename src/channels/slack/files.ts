import { UserError } from "../../core/errors.ts";
import type { InboundAttachment } from "../contract.ts";
import { count, type Fields, listOf, text } from "../shared/index.ts";

/** Where files come from. */
export interface FileSource {
  download(url: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** The whole description of a file of which an event had only the id. */
  info(id: string, signal: AbortSignal): Promise<Fields>;
}

/** The files of a message, not fetched yet. */
export function attachmentsOf(message: Fields, files: FileSource): InboundAttachment[] {
  return listOf(message["files"]).flatMap((file) => {
    const id = text(file["id"]);
    // A file that was taken back, or one of those a free workspace hides.
    if (id === "" || ["tombstone", "hidden_by_limit"].includes(text(file["mode"]))) return [];
    const mimeType = text(file["mimetype"]);
    const fileName = text(file["name"]) || text(file["title"]);
    const bytes = count(file["size"]);
    const durationMs = count(file["duration_ms"]);
    return {
      kind: kindOf(file),
      ...(mimeType === "" ? {} : { mimeType }),
      ...(fileName === "" ? {} : { fileName }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(durationMs === undefined ? {} : { durationMs }),
      async open({ maxBytes, signal }) {
        if (bytes !== undefined && bytes > maxBytes) throw tooLarge(bytes, maxBytes);
        const url = addressOf(file) || addressOf(await files.info(id, signal));
        if (url === "") throw new UserError("MEDIA_GONE", `Slack no longer has the file ${id}`);
        return files.download(url, { maxBytes, signal });
      },
    };
  });
}

function addressOf(file: Fields): string {
  return text(file["url_private_download"]) || text(file["url_private"]);
}

function kindOf(file: Fields): InboundAttachment["kind"] {
  const type = text(file["mimetype"]);
  const subtype = text(file["subtype"]);
  // A clip recorded in Slack is a voice note; an uploaded song is not.
  if (subtype === "slack_audio") return "voice";
  if (subtype === "slack_video") return "video";
  const kind = type.split("/", 1)[0];
  return kind === "image" || kind === "audio" || kind === "video" ? kind : "document";
}

function tooLarge(bytes: number, maxBytes: number): UserError {
  return new UserError("MEDIA_TOO_LARGE", `the file has ${bytes} bytes; at most ${maxBytes} are taken`);
}
