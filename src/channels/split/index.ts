import { UserError } from "../../core/errors.ts";
import { scanLines, type Fence, type Line } from "./lines.ts";
import { wholeSpans, type Span } from "./spans.ts";

/** Shortest limit that leaves room for a fence around something. */
const smallestLimit = 64;

/** Cuts by preference. A cut of a level is taken when it fills the part at least this far; later levels only then. */
const levels = ["paragraph", "item", "line", "sentence", "row", "word"] as const;
type Level = (typeof levels)[number];
const fill: Record<Level, number> = {
  paragraph: 0.35,
  item: 0.35,
  line: 0.4,
  sentence: 0.4,
  row: 0.1,
  word: 0.1,
};

interface Cut {
  /** Where this part ends and where the next begins: what lies between is white space nobody misses. */
  end: number;
  next: number;
  level: Level;
  fence: Fence | null;
  /** The next line continues a list: its indentation has nothing to lean on any more. */
  inList: boolean;
}

/**
 * Cuts markdown into parts of at most `limit` UTF-16 units each, as messages of a chat: between paragraphs where
 * possible, else between list items, lines, sentences, words, and only then inside a word. A code block that does not
 * fit is closed and opened again with its language; a link, inline code and a grapheme (an emoji) are never cut unless
 * they are longer than `limit` themselves. The same text and limit give the same parts (issue 4, 1). Nothing to say
 * gives no part. Throws UserError TEXT_LIMIT below 64.
 */
export function splitMarkdown(text: string, limit: number): string[] {
  if (!Number.isFinite(limit) || limit < smallestLimit)
    throw new UserError("TEXT_LIMIT", `a message of at most ${limit} characters cannot hold text`, {
      hint: `set textChunkLimit to ${smallestLimit} or more`,
    });
  const parts: string[] = [];
  let rest = text.replace(/^(?:[ \t]*\r?\n)+/, "").trimEnd();
  while (rest.length > limit) {
    const cut = bestCut(rest, Math.floor(limit));
    const { fence } = cut;
    const part = rest.slice(0, cut.end);
    if (part.trim() !== "") parts.push(fence ? `${part}\n${fence.close}` : part.trimEnd());
    rest = rest.slice(cut.next);
    if (fence) rest = `${fence.open}\n${rest}`;
    else rest = rest.replace(/^(?:[ \t]*\r?\n)+/, "");
    if (cut.inList) rest = rest.replace(/^[ \t]+/, "");
  }
  if (rest.trim() !== "") parts.push(rest);
  return parts;
}

function bestCut(text: string, limit: number): Cut {
  const whole = wholeSpans(text.slice(0, limit * 2 + 2048), limit);
  const cuts = candidates(scanLines(text, limit), { text, limit, whole });
  for (const level of levels) {
    const found = cuts.findLast((cut) => cut.level === level && cut.end >= limit * fill[level]);
    if (found) return found;
  }
  return forcedCut(text, { limit, whole, lines: scanLines(text, limit) });
}

interface Window {
  text: string;
  limit: number;
  whole: Span[];
}

function candidates(lines: Line[], { text, limit, whole }: Window): Cut[] {
  const cuts: Cut[] = [];
  const add = (cut: Cut): void => {
    const room = limit - (cut.fence ? cut.fence.close.length + 1 : 0);
    if (cut.end > 0 && cut.end <= room && !splits(whole, cut.end, cut.next)) cuts.push(cut);
  };
  for (const [index, line] of lines.entries()) {
    const after = lines[index + 1];
    // Right after an opening fence there is nothing to keep yet; the next part would open it again for ever.
    // Nor is there anything left to say right before a closing one.
    if (after && !line.opens && !after.closes) add({ ...lineCut(line, after), fence: after.fence });
    if (line.fence || line.table) continue;
    const from = line.start;
    for (const match of text.slice(from, Math.min(line.end, limit + 1)).matchAll(/[ \t]+|(?<=[。！？])/g)) {
      const end = from + match.index;
      const next = end + match[0].length;
      if (end === from || startsBlock(text.slice(next, next + 12))) continue;
      const sentence = /[.!?…。！？:;]["'”’)\]*_]*$/.test(text.slice(Math.max(from, end - 6), end));
      add({ end, next, level: sentence ? "sentence" : "word", fence: null, inList: false });
    }
  }
  return cuts;
}

/** The cut between two lines. */
function lineCut(line: Line, after: Line): Omit<Cut, "fence"> {
  const place = { end: line.end, next: after.start, inList: after.inList && !after.fence };
  if (after.fence || (line.table && after.table)) return { ...place, level: "row" };
  if (line.heading) return { ...place, level: "word" };
  if (after.inList && (line.blank || after.item)) return { ...place, level: "item" };
  if (line.blank || after.blank || after.opens || after.heading || line.closes)
    return { ...place, level: "paragraph" };
  return { ...place, level: "line" };
}

/** No good place at all: after the last whole grapheme, before a link if one is in the way. */
function forcedCut(text: string, { limit, whole, lines }: Omit<Window, "text"> & { lines: Line[] }): Cut {
  const lineAt = lines.findLast((line) => line.start < limit);
  const fence = lineAt && !lineAt.opens && !lineAt.closes ? lineAt.fence : null;
  const room = limit - (fence ? fence.close.length + 1 : 0);
  const span = whole.find((each) => each.start < room && room < each.end);
  let at = span && span.start > 0 ? span.start : graphemeStart(text, room);
  // Inside a code block something must be taken besides the fence it begins with.
  if (fence && lineAt && at <= lineAt.start) at = wholeCodePoint(text, room);
  return { end: at, next: at, level: "word", fence, inList: false };
}

/** The last boundary between graphemes at or before `at`; of a grapheme that is longer, between its code points. */
function graphemeStart(text: string, at: number): number {
  const segment = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text).containing(at);
  const start = segment?.index ?? at;
  if (start > 0 && at - start < at / 2) return start;
  return wholeCodePoint(text, at);
}

function wholeCodePoint(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

function splits(whole: Span[], end: number, next: number): boolean {
  return whole.some((span) => span.start < end && next < span.end);
}

/** Whether text that was in the middle of a line would mean something at the beginning of one. */
function startsBlock(text: string): boolean {
  return /^(?:#{1,6}(?:\s|$)|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|>|```|~~~|\||[-=_*]{3}|<)/.test(text);
}
