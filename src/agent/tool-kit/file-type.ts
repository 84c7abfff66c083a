const magic: ReadonlyArray<{ type: string; image: boolean; at: number; bytes: number[] }> = [
  { type: "image/png", image: true, at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { type: "image/jpeg", image: true, at: 0, bytes: [0xff, 0xd8, 0xff] },
  { type: "image/gif", image: true, at: 0, bytes: [0x47, 0x49, 0x46, 0x38] },
  { type: "image/webp", image: true, at: 8, bytes: [0x57, 0x45, 0x42, 0x50] },
  { type: "application/pdf", image: false, at: 0, bytes: [0x25, 0x50, 0x44, 0x46] },
  { type: "application/zip", image: false, at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] },
  { type: "application/gzip", image: false, at: 0, bytes: [0x1f, 0x8b] },
  { type: "application/x-executable", image: false, at: 0, bytes: [0x7f, 0x45, 0x4c, 0x46] },
  {
    type: "application/vnd.sqlite3",
    image: false,
    at: 0,
    bytes: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66],
  },
];

/** What the first bytes of a file say it is; null for text. The name of a file is never asked. */
export function binaryType(head: Uint8Array): { type: string; image: boolean } | null {
  for (const kind of magic) {
    if (kind.bytes.every((byte, index) => head[kind.at + index] === byte))
      return { type: kind.type, image: kind.image };
  }
  if (head.includes(0)) return { type: "application/octet-stream", image: false };
  try {
    // `stream` forgives a character cut at the end of the sample.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return null;
  } catch {
    return { type: "application/octet-stream", image: false };
  }
}

/** Bytes for people: `812 B`, `4.2 KB`, `3.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
