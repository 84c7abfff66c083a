/** Width and height of an image from its headers alone; null where they do not say. Nothing is decompressed. */
export function imageSize(bytes: Uint8Array, mimeType: string): { width: number; height: number } | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (mimeType) {
      case "image/png":
        return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) };
      case "image/gif":
        return { width: view.readUInt16LE(6), height: view.readUInt16LE(8) };
      case "image/bmp":
        return { width: Math.abs(view.readInt32LE(18)), height: Math.abs(view.readInt32LE(22)) };
      case "image/webp":
        return webpSize(view);
      case "image/jpeg":
        return jpegSize(view);
      default:
        return null;
    }
  } catch (error) {
    // Cut off before the header ended.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** RFC 9649, section 2: lossy, lossless or extended. */
function webpSize(view: Buffer): { width: number; height: number } | null {
  switch (view.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: 1 + view.readUIntLE(24, 3), height: 1 + view.readUIntLE(27, 3) };
    case "VP8 ":
      return { width: view.readUInt16LE(26) & 0x3fff, height: view.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      const bits = view.readUInt32LE(21);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    default:
      return null;
  }
}

/** ITU-T T.81, B.1.1.4 and B.2.2: segments up to the first frame header. */
function jpegSize(view: Buffer): { width: number; height: number } | null {
  let at = 2;
  while (at < view.length) {
    if (view.readUInt8(at) !== 0xff) return null;
    const marker = view.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (isAlone) {
      at += 2;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.readUInt16BE(at + 5), width: view.readUInt16BE(at + 7) };
    if (marker === 0xda || marker === 0xd9) return null;
    at += 2 + Math.max(2, view.readUInt16BE(at + 2));
  }
  return null;
}
