import { estimateTokenCount } from "tokenx";

/**
 * Tokens of a text, within about 10 % for the usual tokenizers (libraries.md). For text that was not sent yet; what a
 * provider reports is the truth.
 */
export function estimateTokens(text: string): number {
  return text === "" ? 0 : estimateTokenCount(text);
}
