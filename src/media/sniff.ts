// What a file is, read from its first bytes: names and stated types are labels that anybody can write (threats.md 4.6).

export type MediaFamily = "image" | "audio" | "video" | "text" | "document";

const signatures: ReadonlyArray<[mimeType: string, at: number, bytes: string]> = [
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/gif", 0, "GIF87a"],
  ["image/gif", 0, "GIF89a"],
  ["image/bmp", 0, "BM"],
  ["image/tiff", 0, "II*\0"],
  ["image/tiff", 0, "MM\0*"],
  ["audio/ogg", 0, "OggS"],
  ["audio/flac", 0, "fLaC"],
  ["audio/mpeg", 0, "ID3"],
  ["audio/amr", 0, "#!AMR"],
  ["audio/midi", 0, "MThd"],
  ["application/pdf", 0, "%PDF-"],
  ["application/zip", 0, "PK\x03\x04"],
  ["application/gzip", 0, "\x1f\x8b"],
  ["application/x-7z-compressed", 0, "7z\xbc\xaf\x27\x1c"],
  ["application/vnd.rar", 0, "Rar!\x1a\x07"],
  ["application/x-executable", 0, "\x7fELF"],
  ["application/x-msdownload", 0, "MZ"],
];
const riff: Readonly<Record<string, string>> = {
  WEBP: "image/webp",
  WAVE: "audio/wav",
  "AVI ": "video/x-msvideo",
};
/** Brands of the ISO base media format (ISO/IEC 14496-12, 4.3). */
const brands: ReadonlyArray<[RegExp, string]> = [
  [/^(?:heic|heix|hevc|heim|heis|mif1|msf1)/, "image/heic"],
  [/^avi[fs]/, "image/avif"],
  [/^M4[AB]/, "audio/mp4"],
  [/^qt/, "video/quicktime"],
  [/^3g/, "video/3gpp"],
];

/**
 * The type of these bytes. Where they do not say, `stated` counts if it is no type that would have had to say so; text is
 * text of the stated kind.
 */
export function sniffType(bytes: Uint8Array, stated?: string): string {
  const label = stated?.split(";")[0]?.trim().toLowerCase();
  const known = signed(bytes);
  if (known !== null) return refine(known, label);
  if (isText(bytes)) {
    const isTextual = label !== undefined && /^(?:text\/|application\/(?:json|xml|yaml|toml))/.test(label);
    return isTextual ? label : "text/plain";
  }
  const claims = label !== undefined && /^(?:video|application|audio)\/[\w.+-]+$/.test(label) ? label : null;
  const mustSign = claims === null || signatures.some(([type]) => type === claims);
  return mustSign ? "application/octet-stream" : claims;
}

function signed(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString("latin1");
  if (head.startsWith("RIFF")) return riff[head.slice(8, 12)] ?? null;
  if (head.slice(4, 8) === "ftyp") {
    const brand = head.slice(8, 12);
    return brands.find(([pattern]) => pattern.test(brand))?.[1] ?? "video/mp4";
  }
  if (head.startsWith("\x1a\x45\xdf\xa3")) return "video/webm";
  const found = signatures.find(([, at, text]) => head.startsWith(text, at));
  if (found) return found[0] === "image/bmp" && bytes.byteLength < 26 ? null : found[0];
  const [first = 0, second = 0] = bytes;
  // A frame of MPEG audio without a tag: eleven bits set, then a layer; layer 0 is AAC in ADTS.
  if (first === 0xff && (second & 0xe0) === 0xe0)
    return (second & 0x06) === 0 ? "audio/aac" : (second & 0x18) === 0x08 ? null : "audio/mpeg";
  return null;
}

/** Containers hold several things; which one only the label tells. */
function refine(known: string, label: string | undefined): string {
  if (known === "audio/ogg" && label === "video/ogg") return label;
  if (known === "video/webm" && (label === "audio/webm" || label === "video/x-matroska")) return label;
  if (known === "video/mp4" && (label === "audio/mp4" || label === "audio/m4a" || label === "audio/x-m4a"))
    return "audio/mp4";
  if (known === "application/zip" && label?.startsWith("application/vnd.")) return label;
  return known;
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const textProbeBytes = 64 * 1024;

/** UTF-8 without control characters other than those of layout, in its first 64 KiB. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.byteLength === 0) return false;
  let probe = bytes.subarray(0, textProbeBytes);
  if (bytes.byteLength > textProbeBytes) {
    // Not in the middle of a character.
    let end = probe.byteLength;
    while (end > 0 && ((probe[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
    probe = probe.subarray(0, Math.max(0, end - 1));
  }
  try {
    return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/.test(decoder.decode(probe));
  } catch {
    // Not UTF-8: then it is no text we could show.
    return false;
  }
}

export function familyOf(mimeType: string): MediaFamily {
  const [family] = mimeType.split("/");
  if (family === "image" || family === "audio" || family === "video" || family === "text") return family;
  return /^application\/(?:json|xml|yaml|toml)$/.test(mimeType) ? "text" : "document";
}
