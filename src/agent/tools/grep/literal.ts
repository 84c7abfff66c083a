/** Finds lines of a text. */
export interface LineMatcher extends AsyncDisposable {
  /** Numbers (from 0) of matching lines, at most `limit`. */
  match(text: string, limit: number): Promise<number[]>;
}

/** Lines that contain the text as it is. */
export function literalMatcher(pattern: string, ignoreCase: boolean): LineMatcher {
  const needle = ignoreCase ? pattern.toLowerCase() : pattern;
  return {
    async match(text, limit) {
      const hits: number[] = [];
      // Most files do not contain it at all: one search tells.
      if (!(ignoreCase ? text.toLowerCase() : text).includes(needle)) return hits;
      for (const [index, line] of text.split("\n").entries()) {
        if (hits.length >= limit) break;
        if ((ignoreCase ? line.toLowerCase() : line).includes(needle)) hits.push(index);
      }
      return hits;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
