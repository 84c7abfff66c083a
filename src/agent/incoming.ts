import type { ContentBlock, TranscriptEntry } from "../core/conversation.ts";
import type { InboxRow, MediaRef } from "../ledger/contract.ts";

/** The same message gives the same entry id in every attempt of its run. */
function entryId(prefix: string, row: InboxRow): string {
  return `${prefix}${row.seq}-${row.receivedAt.toString(36)}`;
}

/**
 * Transcript entries of one message: results of tools the client ran, then what was said. Ids come from the message, so
 * a run that is resumed can tell what it recorded before.
 */
export function entriesOfMessage(row: InboxRow, runId: string): TranscriptEntry[] {
  const entries: TranscriptEntry[] = [];
  const results = row.options.clientToolResults ?? [];
  if (results.length > 0) {
    entries.push({
      id: entryId("r", row),
      ts: row.receivedAt,
      role: "tool",
      runId,
      content: results.map((result) => ({
        type: "tool_result",
        tool_use_id: result.callId,
        content: [{ type: "text", text: result.output.toWellFormed() }],
      })),
    });
  }
  const content: ContentBlock[] = row.text.trim() ? [{ type: "text", text: row.text.toWellFormed() }] : [];
  content.push(...row.media.map(mediaBlock));
  if (content.length === 0 && results.length === 0) content.push({ type: "text", text: "(empty message)" });
  if (content.length > 0) {
    entries.push({
      id: entryId("u", row),
      ts: row.receivedAt,
      role: "user",
      runId,
      origin: row.origin,
      content,
      ...(row.replaces ? { replaces: row.replaces } : {}),
    });
  }
  return entries;
}

function mediaBlock(media: MediaRef): ContentBlock {
  if (media.mimeType.startsWith("image/")) {
    return { type: "image", digest: media.digest, mimeType: media.mimeType, bytes: media.bytes };
  }
  const name = (media.fileName ?? "file").replaceAll(/[\u0000-\u001f\u007f]/g, " ").slice(0, 120);
  return {
    type: "text",
    text: `[attachment ${JSON.stringify(name)}, ${media.mimeType}, ${media.bytes} bytes: not shown]`,
  };
}
