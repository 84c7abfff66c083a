/** Where an answer that is still being written may be cut. All lengths are UTF-16 units. */
export interface BlockRule {
  /** Fewest characters of a block. */
  minChars: number;
  /** Most characters of a block; a code block is never cut, however long it is. */
  maxChars: number;
  /** Where to cut if there is a choice; the finer places serve when a block gets too long. */
  prefer: "paragraph" | "newline" | "sentence";
}

type Level = BlockRule["prefer"] | "word";
const levels: readonly Level[] = ["paragraph", "newline", "sentence", "word"];

/**
 * The end of the next finished block of `text` from `from` on (which lies outside code), or null while none is finished.
 * What lies before the end never changes by what is written after it, and no code block is cut.
 */
export function nextCut(text: string, from: number, rule: BlockRule): number | null {
  const start = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
  const places = placesIn(text, start);
  const least = start + Math.min(rule.minChars, rule.maxChars);
  const most = start + rule.maxChars;
  const wanted = levels.indexOf(rule.prefer);
  const upTo = (level: number, low: number) =>
    places.findLast((place) => place.level <= level && place.end >= low && place.end <= most);
  const preferred = upTo(wanted, least);
  if (preferred) return preferred.end;
  if (text.length <= most) return null;
  for (let level = wanted + 1; level < levels.length; level++) {
    const finer = upTo(level, least);
    if (finer) return finer.end;
  }
  // Nothing but code, or one endless word, from the least to the most: before it, else behind it.
  const before = upTo(wanted, start + 1);
  return before?.end ?? places.find(({ end }) => end > most)?.end ?? null;
}

interface Place {
  end: number;
  /** Index in `levels`: the lower, the better. */
  level: number;
}

/** Every place outside code after which something follows, in order. */
function placesIn(text: string, start: number): Place[] {
  const places: Place[] = [];
  let fence: string | null = null;
  let isCodeEnd = false;
  for (let at = start; at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, end);
    const mark: string | undefined = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    isCodeEnd = false;
    if (fence === null && mark) fence = mark;
    else if (fence !== null) {
      const closes =
        mark !== undefined &&
        mark.startsWith(fence.charAt(0)) &&
        mark.length >= fence.length &&
        /^[\s`~]*$/.test(line);
      if (closes) [fence, isCodeEnd] = [null, true];
    } else places.push(...placesOfLine(line, at));
    if (newline === -1) break;
    at = newline + 1;
    if (fence !== null || line.trim() === "") continue;
    // The next line says whether this was the end of a paragraph, or the beginning of code.
    const rest = text.slice(at, at + 8);
    const isBlank = /^[ \t]*\n/.test(rest);
    const isCode = /^ {0,3}(`{3}|~{3})/.test(rest);
    if (isBlank || isCode || isCodeEnd) places.push({ end: newline, level: 0 });
    else if (/\S/.test(rest)) places.push({ end: newline, level: 1 });
  }
  return places;
}

/** Ends of sentences and words within a line. */
function placesOfLine(line: string, at: number): Place[] {
  const places: Place[] = [];
  for (const { index, 0: gap } of line.matchAll(/(?<=\S)[ \t]+(?=\S)/g)) {
    if (gap === "") continue;
    const isSentence = /[.!?…:]["')\]*_]*$/.test(line.slice(Math.max(0, index - 5), index));
    places.push({ end: at + index, level: isSentence ? 2 : 3 });
  }
  return places;
}
