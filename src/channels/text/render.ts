import { plainOf, type Block, type Inline } from "./parse.ts";

/** How one platform writes what {@link Block} and {@link Inline} mean. Each has exactly one rule of escaping: `text`. */
export interface Dialect {
  /** Makes words safe: whatever they contain, people read exactly them, and nobody is rung. */
  text(words: string): string;
  /** Guards a line of words whose beginning would mean something, e.g. a heading. */
  lineStart(line: string): string;
  /** `inner` is rendered; where styles end at a line's end the renderer gives one line at a time. */
  style(kind: "bold" | "italic" | "strike", inner: string): string;
  code(words: string): string;
  link(inner: string, link: { url: string; words: string }): string;
  block(code: { text: string; language: string }): string;
  heading(inner: string, depth: number): string;
  /** `depth` is 1 for a quote that is in no other. */
  quote(inner: string, depth: number): string;
  bullet: string;
  rule: string;
  /** Styles may go over several lines. */
  styleSpansLines: boolean;
  /** Written between a letter and a style mark, where styles only begin and end at the border of a word. */
  seam: string;
}

interface Place {
  quotes: number;
  styles: readonly string[];
}

/** Blocks in the platform's format, joined as a person would write them. */
export function renderBlocks(blocks: Block[], dialect: Dialect): string {
  return renderAll(blocks, dialect, { quotes: 0, styles: [] }, "\n\n");
}

function renderAll(blocks: Block[], dialect: Dialect, place: Place, between: string): string {
  return blocks
    .map((block) => renderBlock(block, dialect, place))
    .filter((text) => text !== "")
    .join(between);
}

function renderBlock(block: Block, dialect: Dialect, place: Place): string {
  switch (block.kind) {
    case "paragraph":
      return guarded(renderInline(block.children, dialect, place), dialect);
    case "heading": {
      const words = renderInline(block.children, dialect, { ...place, styles: [...place.styles, "bold"] });
      return dialect.heading(words.replaceAll("\n", " "), block.depth);
    }
    case "code":
      return dialect.block(block);
    case "quote": {
      const quotes = place.quotes + 1;
      return dialect.quote(renderAll(block.blocks, dialect, { ...place, quotes }, "\n\n"), quotes);
    }
    case "list":
      return block.items
        .map((item) => {
          const mark = item.number === null ? dialect.bullet : `${item.number}. `;
          const check = item.checked === null ? "" : item.checked ? "☑ " : "☐ ";
          const inner = renderAll(item.blocks, dialect, place, block.loose ? "\n\n" : "\n");
          const [first = "", ...more] = inner.split("\n");
          return [mark + check + first, ...more.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
        })
        .join("\n");
    case "rule":
      return dialect.rule;
  }
}

function guarded(text: string, dialect: Dialect): string {
  return text
    .split("\n")
    .map((line) => dialect.lineStart(line))
    .join("\n");
}

function renderInline(children: Inline[], dialect: Dialect, place: Place): string {
  let out = "";
  let styled = false;
  for (const child of merged(children)) {
    const piece = renderPiece(child, dialect, place);
    if (piece === "") continue;
    const marks = child.kind !== "text" && child.kind !== "link";
    const touches = /[\p{L}\p{N}_*~`]$/u.test(out) && /^[\p{L}\p{N}_*~`]/u.test(piece);
    if ((marks || styled) && touches) out += dialect.seam;
    out += piece;
    styled = marks;
  }
  return out;
}

/** Neighbouring words as one: what is safe alone can mean something together. */
function merged(children: Inline[]): Inline[] {
  const out: Inline[] = [];
  for (const child of children) {
    const last = out.at(-1);
    if (child.kind === "text" && last?.kind === "text")
      out[out.length - 1] = { kind: "text", text: last.text + child.text };
    else out.push(child);
  }
  return out;
}

function renderPiece(child: Inline, dialect: Dialect, place: Place): string {
  switch (child.kind) {
    case "text":
      return dialect.text(child.text);
    case "code":
      return dialect.code(child.text);
    case "link": {
      const words = plainOf(child.children).replaceAll("\n", " ");
      return dialect.link(dialect.text(words), { url: child.url, words });
    }
    default: {
      const { kind } = child;
      // A style inside the same style would end it.
      if (place.styles.includes(kind)) return renderInline(child.children, dialect, place);
      const inner = renderInline(child.children, dialect, { ...place, styles: [...place.styles, kind] });
      const lines = dialect.styleSpansLines ? [inner] : inner.split("\n");
      return lines
        .map((line) => {
          const [, before = "", words = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(line) ?? [];
          return words === "" ? line : before + dialect.style(kind, words) + after;
        })
        .join("\n");
    }
  }
}
