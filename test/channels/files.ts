import type { SaidAttachment } from "./driver.ts";

const file = (about: Omit<SaidAttachment, "content">, content: Uint8Array): SaidAttachment => ({
  ...about,
  content,
});

/** Small files that are what they say, for people to send and for us. */
export const files = {
  image: file(
    { kind: "image", mimeType: "image/png", fileName: "dot.png" },
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    ),
  ),
  audio: file(
    { kind: "audio", mimeType: "audio/mpeg", fileName: "song.mp3", durationMs: 1000 },
    Buffer.concat([Buffer.from("ID3\u0003\0\0\0\0\0\0", "latin1"), Buffer.alloc(500, 0x55)]),
  ),
  voice: file(
    { kind: "voice", mimeType: "audio/ogg; codecs=opus", fileName: "voice.ogg", durationMs: 2000 },
    Buffer.concat([Buffer.from("OggS\0\u0002", "latin1"), Buffer.alloc(300, 0x33)]),
  ),
  document: file(
    { kind: "document", mimeType: "application/pdf", fileName: "Plan für Käse.pdf" },
    Buffer.from("%PDF-1.4\n% nothing in it\n%%EOF\n"),
  ),
} as const;
