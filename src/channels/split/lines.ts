/** How a code block is closed and opened again when a part ends inside it. */
export interface Fence {
  open: string;
  close: string;
}

/** One line of markdown, with what it is. Offsets are UTF-16 units of the whole text; `end` is before the line break. */
export interface Line {
  start: number;
  end: number;
  blank: boolean;
  /** The code block whose content this line is (or whose closing line); null outside of one. */
  fence: Fence | null;
  opens: boolean;
  closes: boolean;
  /** Inside a list: an item or what belongs to one. */
  inList: boolean;
  /** The first line of a list item. */
  item: boolean;
  heading: boolean;
  table: boolean;
}

interface OpenFence extends Fence {
  mark: string;
  quoted: boolean;
  /** Columns the content of its list item is indented by; a line with less ends item and fence. */
  indent: number;
}

const fenceLine = /^((?:[ \t]*>)*[ \t]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)?)(`{3,}|~{3,})([^\r\n]*)$/;
/** A longer language than this is none, and a longer fence is not opened again: a part must hold more than fences. */
const longestInfo = 16;
const longestMark = 8;

/**
 * The lines of `text` that begin within its first `limit` units and the one after them. A code block counts as open
 * from the line after its fence to its closing line, or to the end of the quote or list item it stands in.
 */
export function scanLines(text: string, limit: number): Line[] {
  const lines: Line[] = [];
  let open: OpenFence | null = null;
  let inList = false;
  for (let start = 0; start <= text.length;) {
    const newline = text.indexOf("\n", start);
    const stop = newline < 0 ? text.length : newline;
    const end = stop > start && text[stop - 1] === "\r" ? stop - 1 : stop;
    const content = text.slice(start, end);
    const blank = content.trim() === "";
    if (open && !blank && leaves(open, content)) open = null;
    const item = !open && /^[ \t]*(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/.test(content);
    if (!open && !blank) inList = item || (inList && /^[ \t]/.test(content));
    const line: Line = {
      start,
      end,
      blank,
      fence: open && { open: open.open, close: open.close },
      opens: false,
      closes: false,
      inList,
      item,
      heading: !open && /^ {0,3}#{1,6}[ \t]/.test(content),
      table: !open && /^[ \t]*\|/.test(content),
    };
    if (open) {
      const closing = /^[\s>]*(`{3,}|~{3,})[ \t]*$/.exec(content)?.[1];
      if (closing && closing[0] === open.mark[0] && closing.length >= open.mark.length) {
        line.closes = true;
        open = null;
      }
    } else {
      open = opening(content);
      line.opens = open !== null;
    }
    lines.push(line);
    if (newline < 0 || start > limit) break;
    start = newline + 1;
  }
  return lines;
}

function opening(content: string): OpenFence | null {
  const match = fenceLine.exec(content);
  if (!match) return null;
  const [, prefix = "", mark = "", info = ""] = match;
  if ((mark.startsWith("`") && info.includes("`")) || mark.length > longestMark) return null;
  const quoted = prefix.includes(">");
  const item = /(?:[-+*]|\d{1,9}[.)])[ \t]+$/.test(prefix);
  const before = quoted
    ? "> ".repeat(Math.min(3, prefix.split(">").length - 1))
    : " ".repeat(Math.min(3, prefix.length));
  const language = info.trim().split(/\s/, 1)[0] ?? "";
  return {
    mark,
    quoted,
    indent: quoted ? 0 : item ? prefix.length : 0,
    open: `${before}${mark}${language.length > longestInfo ? "" : language}`,
    close: `${before}${mark}`,
  };
}

function leaves(open: OpenFence, content: string): boolean {
  if (open.quoted) return !/^[ \t]*>/.test(content);
  return content.length - content.trimStart().length < open.indent;
}
