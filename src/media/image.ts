import { messageOf } from "../core/errors.ts";
import { imageSize } from "./image-size.ts";

export interface ImageLimits {
  /** Longest side a model is shown, in pixels. */
  maxSidePx: number;
  /** Most bytes of an image in a prompt. */
  maxBytes: number;
  /** More pixels than this are not decompressed at all. */
  maxPixels: number;
}

/** Scales an image down to JPEG (or PNG where it is transparent); what it throws says why not. */
export type ShrinkImage = (bytes: Uint8Array, limits: ImageLimits) => Promise<Uint8Array>;

export type ShownImage =
  | { kind: "same" }
  | { kind: "smaller"; bytes: Uint8Array }
  /** It cannot be shown to a model; the sentence says why. */
  | { kind: "unusable"; reason: string };

/** What every provider takes. */
const universal = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/**
 * An image as a model can take it: as it is where it is small enough, else smaller. Without an image library
 * (`load` gives null) only what is small enough is shown.
 */
export async function fitImage(
  image: { bytes: Uint8Array; mimeType: string },
  limits: ImageLimits,
  load: () => Promise<ShrinkImage | null>,
): Promise<ShownImage> {
  const { bytes, mimeType } = image;
  const size = imageSize(bytes, mimeType);
  const isKnown = universal.has(mimeType);
  if (isKnown && !size) return { kind: "unusable", reason: "it is damaged" };
  // Decided by the header, before a library sees it: a few kilobytes can unfold into gigabytes.
  if (size && size.width * size.height > limits.maxPixels)
    return { kind: "unusable", reason: `${size.width}×${size.height} pixels are too many` };
  const isSmall =
    size !== null &&
    Math.max(size.width, size.height) <= limits.maxSidePx &&
    bytes.byteLength <= limits.maxBytes;
  if (isKnown && isSmall) return { kind: "same" };
  const shrink = await load();
  if (!shrink) {
    const what = isKnown ? "it is too large" : `${mimeType} cannot be shown to a model`;
    return { kind: "unusable", reason: `${what}, and no image library is installed (npm install sharp)` };
  }
  try {
    const smaller = await shrink(bytes, limits);
    if (smaller.byteLength > limits.maxBytes) return { kind: "unusable", reason: "it stays too large" };
    return { kind: "smaller", bytes: smaller };
  } catch (error) {
    return { kind: "unusable", reason: `it cannot be read (${messageOf(error).slice(0, 120)})` };
  }
}

interface SharpImage {
  metadata(): Promise<{ hasAlpha?: boolean }>;
  rotate(): SharpImage;
  resize(options: { width: number; height: number; fit: "inside"; withoutEnlargement: true }): SharpImage;
  jpeg(options: { quality: number }): SharpImage;
  png(): SharpImage;
  timeout(options: { seconds: number }): SharpImage;
  toBuffer(): Promise<Uint8Array>;
}
type Sharp = (bytes: Uint8Array, options: { limitInputPixels: number; failOn: "error" }) => SharpImage;

/** A variable keeps bundlers from looking for it: it is an optional dependency with native parts. */
const library = "sharp";

/** The image library of this installation (sharp, https://sharp.pixelplumbing.com), loaded on first use; null without. */
export async function loadShrinker(): Promise<ShrinkImage | null> {
  const loaded = await import(library).catch(() => null);
  if (!loaded) return null;
  const sharp = (loaded as { default: Sharp }).default;
  return async (bytes, { maxSidePx, maxBytes, maxPixels }) => {
    const open = () =>
      sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" }).timeout({ seconds: 20 });
    const { hasAlpha } = await open().metadata();
    const at = (side: number) =>
      open().rotate().resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
    if (hasAlpha) {
      const png = await at(maxSidePx).png().toBuffer();
      if (png.byteLength <= maxBytes) return png;
    }
    let smaller = await at(maxSidePx).jpeg({ quality: 85 }).toBuffer();
    for (let side = maxSidePx / 2; smaller.byteLength > maxBytes && side >= 256; side /= 2)
      smaller = await at(Math.round(side)).jpeg({ quality: 75 }).toBuffer();
    return smaller;
  };
}
