import { plain } from "./dialects.ts";
import { parseMarkdown } from "./parse.ts";
import { renderBlocks, type Dialect } from "./render.ts";

/** A styled stretch; offsets and lengths are UTF-16 units. */
export interface TextStyle {
  start: number;
  length: number;
  style: "bold" | "italic" | "strike" | "code";
}

// Characters that no text has by the Unicode standard; where one turns up all the same it is dropped.
const marks = ["bold", "italic", "strike", "code"] as const;
const first = 0xfdd0;
const wrap = (style: (typeof marks)[number], inner: string) => {
  const at = first + marks.indexOf(style) * 2;
  return String.fromCharCode(at) + inner + String.fromCharCode(at + 1);
};

const marking: Dialect = {
  ...plain,
  style: wrap,
  code: (words) => wrap("code", words),
  block: ({ text }) => wrap("code", text),
  heading: (inner) => wrap("bold", inner),
};

/** Markdown as words and the styles over them, for platforms that take the two apart (Signal). */
export function renderStyled(markdown: string): { text: string; styles: TextStyle[] } {
  const marked = renderBlocks(parseMarkdown(markdown.replace(/[\ufdd0-\ufdef]/g, "")), marking);
  const styles: TextStyle[] = [];
  const open: TextStyle[] = [];
  let text = "";
  for (const piece of marked.split(/([\ufdd0-\ufdd7])/)) {
    const code = piece.charCodeAt(0) - first;
    const style = piece.length === 1 && code >= 0 ? marks[code >> 1] : undefined;
    if (style === undefined) text += piece;
    else if (code % 2 === 0) open.push({ start: text.length, length: 0, style });
    else {
      const started = open.pop();
      if (started && text.length > started.start)
        styles.push({ ...started, length: text.length - started.start });
    }
  }
  return { text, styles: styles.sort((a, b) => a.start - b.start || b.length - a.length) };
}
