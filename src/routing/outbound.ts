import type { ChannelCapabilities, Outbound, OutboundMedia } from "../channels/contract.ts";
import type { DeliveryContent, DeliveryRow, MediaRef } from "../ledger/contract.ts";

/** What stands in the ledger as the adapter is given it. */
export function outboundOf(
  row: Pick<DeliveryRow, "key" | "target" | "text" | "content">,
  options: { can: ChannelCapabilities["can"]; media: OutboundMedia[]; addresses: readonly string[] },
): Outbound {
  const { key, target, text } = row;
  const content: DeliveryContent = row.content ?? { kind: "message" };
  const place = {
    key,
    to: target.to,
    ...(target.threadId === undefined ? {} : { threadId: target.threadId }),
  };
  switch (content.kind) {
    case "message": {
      const { replyTo, buttons, silent } = content;
      const { can, media, addresses } = options;
      return {
        ...place,
        kind: "message",
        text: [text, ...addresses].filter((line) => line !== "").join("\n"),
        ...(replyTo !== undefined && can.includes("replies") ? { replyTo } : {}),
        ...(media.length > 0 ? { media } : {}),
        ...(buttons === undefined ? {} : { buttons }),
        ...(silent === undefined ? {} : { silent }),
      };
    }
    case "edit": {
      const { messageId, buttons } = content;
      return { ...place, kind: "edit", messageId, text, ...(buttons === undefined ? {} : { buttons }) };
    }
    case "delete":
      return { ...place, kind: "delete", messageId: content.messageId };
    case "react": {
      const { messageId, emoji, remove } = content;
      return { ...place, kind: "react", messageId, emoji, ...(remove === undefined ? {} : { remove }) };
    }
    case "poll": {
      const { question, options: choices, maxSelections, durationHours } = content;
      return {
        ...place,
        kind: "poll",
        question,
        options: choices,
        maxSelections,
        ...(durationHours === undefined ? {} : { durationHours }),
      };
    }
  }
}

/** What doing it twice leaves as doing it once; it may be repeated without asking anybody. */
export function isRepeatable(row: Pick<DeliveryRow, "content">): boolean {
  const kind = row.content?.kind ?? "message";
  return kind === "edit" || kind === "delete" || kind === "react";
}

/** A stored file as something to send. */
export function mediaOf(
  ref: MediaRef & { kind: OutboundMedia["kind"] },
  read: (digest: string) => Uint8Array | null,
): OutboundMedia {
  return {
    kind: ref.kind,
    mimeType: ref.mimeType,
    fileName: ref.fileName ?? `file.${ref.mimeType.split("/")[1]?.split(/[;+]/)[0] ?? "bin"}`,
    bytes: ref.bytes,
    read() {
      const bytes = read(ref.digest);
      return bytes
        ? Promise.resolve(bytes)
        : Promise.reject(new Error(`file ${ref.digest} is not in the media store any more`));
    },
  };
}

/** How a file of this type is shown. */
export function mediaKind(mimeType: string): OutboundMedia["kind"] {
  const family = mimeType.split("/")[0];
  return family === "image" || family === "audio" || family === "video" ? family : "document";
}
