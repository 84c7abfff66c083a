import type { OutboundMedia, OutboundMessage } from "../contract.ts";

// What one message of ours becomes: Telegram has a limit of its own for captions, groups files of like kind only, and
// puts buttons under single messages only.

export type MediaMethod = "photo" | "animation" | "video" | "audio" | "voice" | "document";

/** One call of the platform. */
export type Step =
  | { kind: "text"; text: string; buttons: boolean }
  | { kind: "file"; method: MediaMethod; media: OutboundMedia; caption: string; buttons: boolean }
  | { kind: "album"; parts: Array<{ method: MediaMethod; media: OutboundMedia }>; caption: string };

/** Characters of a caption, after formatting. */
const captionLimit = 1024;
const photoMaxBytes = 10 * 1024 * 1024;
const albumMost = 10;
const photoTypes = new Set(["image/jpeg", "image/png", "image/webp", "image/bmp"]);
const voiceTypes = new Set(["audio/ogg", "audio/opus", "audio/mpeg", "audio/mp4", "audio/x-m4a"]);

/** The calls for a message, in their order. Pure. */
export function stepsOf(message: Pick<OutboundMessage, "text" | "media" | "buttons">): Step[] {
  const { text, media = [] } = message;
  const buttons = (message.buttons?.length ?? 0) > 0;
  if (media.length === 0) return [{ kind: "text", text, buttons }];
  const groups = groupsOf(media);
  // Only one single file can carry buttons; and a caption that may not fit is a message of its own.
  const captioned = text.length <= captionLimit && !(buttons && media.length > 1);
  const steps = groups.map((parts, index): Step => {
    const caption = captioned && index === 0 ? text : "";
    const [only] = parts;
    return parts.length === 1 && only
      ? { kind: "file", ...only, caption, buttons: buttons && captioned }
      : { kind: "album", parts, caption };
  });
  return captioned || (text === "" && !buttons) ? steps : [...steps, { kind: "text", text, buttons }];
}

/** How a file is sent so that it is shown as what it is. */
function methodOf(media: Pick<OutboundMedia, "kind" | "mimeType" | "bytes">): MediaMethod {
  switch (media.kind) {
    case "image":
      if (media.mimeType === "image/gif") return "animation";
      return photoTypes.has(media.mimeType) && media.bytes <= photoMaxBytes ? "photo" : "document";
    case "voice":
      return voiceTypes.has(media.mimeType) ? "voice" : "audio";
    default:
      return media.kind;
  }
}

function groupsOf(media: readonly OutboundMedia[]) {
  const groups: Array<Array<{ method: MediaMethod; media: OutboundMedia }>> = [];
  for (const each of media) {
    const part = { method: methodOf(each), media: each };
    const open = groups.at(-1);
    const like = open?.[0] && albumKind(open[0].method) === albumKind(part.method);
    if (open && like && albumKind(part.method) !== null && open.length < albumMost) open.push(part);
    else groups.push([part]);
  }
  return groups;
}

/** What may stand together in one album; null for what stands alone. */
function albumKind(method: MediaMethod): string | null {
  if (method === "photo" || method === "video") return "seen";
  return method === "audio" || method === "document" ? method : null;
}
