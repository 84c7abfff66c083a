import type { ModelProvider } from "./contract.ts";

export type Wire = ModelProvider["wire"];

/** What a wire format allows in a prompt, from the vendors' published API references. */
export interface WireRules {
  /** Images inside tool results; where false they follow in a user message. */
  toolResultImages: boolean;
  imageTypes: ReadonlySet<string>;
  /** Largest image, in bytes before base64. */
  maxImageBytes: number;
  /** Whose thinking blocks may be sent back: signatures only verify where they were made. */
  thinking: "same-provider" | "same-model" | "never";
}

const commonImages = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const mebibyte = 1024 * 1024;

export const wireRules: Record<Wire, WireRules> = {
  // Anthropic caps the base64 text of an image at 5 MB, which is three quarters of that in bytes.
  "anthropic-messages": {
    toolResultImages: true,
    imageTypes: commonImages,
    maxImageBytes: Math.floor(3.75 * mebibyte),
    thinking: "same-provider",
  },
  "openai-responses": {
    toolResultImages: true,
    imageTypes: commonImages,
    maxImageBytes: 20 * mebibyte,
    thinking: "same-model",
  },
  "openai-chat": {
    toolResultImages: false,
    imageTypes: commonImages,
    maxImageBytes: 20 * mebibyte,
    thinking: "never",
  },
  "google-generative": {
    toolResultImages: false,
    imageTypes: new Set(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]),
    maxImageBytes: 14 * mebibyte,
    thinking: "same-model",
  },
  offline: { toolResultImages: false, imageTypes: new Set(), maxImageBytes: 0, thinking: "never" },
};
