/** Takes values out of a text; every character of one becomes a star, so that places in the text stay what they are. */
export interface Concealer {
  text(text: string): string;
  /** How much of a growing text can be shown: its end may be the beginning of a value. */
  settled(text: string): number;
}

/** Shorter values are found in any text. */
const minChars = 6;

/** What a command was given must not come back in what it prints (threats.md 4.15). */
export function createConcealer(values: readonly string[]): Concealer | null {
  const hidden = [...new Set(values)]
    .filter((value) => value.length >= minChars)
    .toSorted((a, b) => b.length - a.length);
  if (hidden.length === 0) return null;
  return {
    text: (text) => hidden.reduce((left, value) => left.replaceAll(value, "*".repeat(value.length)), text),
    settled(text) {
      let end = text.length;
      for (const value of hidden) {
        for (let size = Math.min(value.length - 1, text.length); size > 0; size--) {
          if (!text.endsWith(value.slice(0, size))) continue;
          end = Math.min(end, text.length - size);
          break;
        }
      }
      return end;
    },
  };
}
