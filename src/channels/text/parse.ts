import { lexer, type MarkedToken, type Token, type Tokens } from "marked";

/** Text inside a line. Every `text` is what a person reads: nothing in it is markup any more. */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "bold" | "italic" | "strike"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; url: string; children: Inline[] };

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "heading"; depth: number; children: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; items: ListEntry[]; loose: boolean }
  | { kind: "rule" };

export interface ListEntry {
  /** `null` for a bullet. */
  number: number | null;
  checked: boolean | null;
  blocks: Block[];
}

/** Addresses a link may lead to; any other is shown as text. */
const linkable = /^(?:https?:\/\/|mailto:|tel:)[^\s<>"]+$/i;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/**
 * Reads the assistant's CommonMark. HTML is text like any other; unfinished markup (a reply that is still being written)
 * is text too, and an unfinished code block is one to its end. Nesting too deep to read is taken as plain text.
 */
export function parseMarkdown(markdown: string): Block[] {
  const asWords: Block[] = [{ kind: "paragraph", children: [{ kind: "text", text: markdown }] }];
  if (unreadable(markdown)) return asWords;
  try {
    return blocksOf(lexer(markdown));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return asWords;
  }
}

/** More marks, or deeper nesting, than any person writes: reading them takes time that grows with their square. */
function unreadable(markdown: string): boolean {
  if (/^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)])){40}/m.test(markdown)) return true;
  let marks = 0;
  for (const match of markdown.matchAll(/[*_~[\]`<>]+/g)) if (match[0] !== "") marks++;
  return marks > 3000;
}

function blocksOf(tokens: Token[]): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens as MarkedToken[]) {
    switch (token.type) {
      case "space":
      case "def":
      case "checkbox":
        break;
      case "heading":
        blocks.push({ kind: "heading", depth: token.depth, children: inlineOf(token.tokens) });
        break;
      case "code":
        blocks.push({ kind: "code", text: token.text, language: languageOf(token.lang) });
        break;
      case "blockquote":
        blocks.push({ kind: "quote", blocks: blocksOf(token.tokens) });
        break;
      case "list":
        blocks.push(listOf(token));
        break;
      case "table":
        blocks.push({ kind: "code", text: tableText(token), language: "" });
        break;
      case "hr":
        blocks.push({ kind: "rule" });
        break;
      case "html":
        blocks.push({ kind: "paragraph", children: [{ kind: "text", text: token.raw.trim() }] });
        break;
      case "paragraph":
        blocks.push({ kind: "paragraph", children: inlineOf(token.tokens) });
        break;
      default:
        blocks.push({ kind: "paragraph", children: inlineOf([token]) });
    }
  }
  return blocks;
}

function listOf(token: Tokens.List): Block {
  return {
    kind: "list",
    loose: token.loose,
    items: token.items.map((item, index) => ({
      number: token.ordered ? (token.start || 1) + index : null,
      checked: item.task ? item.checked === true : null,
      blocks: blocksOf(item.tokens),
    })),
  };
}

function inlineOf(tokens: Token[] | undefined): Inline[] {
  return ((tokens as MarkedToken[] | undefined) ?? []).flatMap((token): Inline[] => {
    switch (token.type) {
      case "strong":
        return [{ kind: "bold", children: inlineOf(token.tokens) }];
      case "em":
        return [{ kind: "italic", children: inlineOf(token.tokens) }];
      case "del":
        return [{ kind: "strike", children: inlineOf(token.tokens) }];
      case "codespan":
        return [{ kind: "code", text: token.text.replaceAll("\n", " ") }];
      case "br":
        return [{ kind: "text", text: "\n" }];
      case "checkbox":
        return [];
      case "link":
        return linkOf(token.href, inlineOf(token.tokens));
      case "image":
        return linkOf(token.href, [{ kind: "text", text: decode(token.text || token.href) }]);
      case "html":
        return [{ kind: "text", text: /^<br\s*\/?>$/i.test(token.raw) ? "\n" : token.raw }];
      case "text":
        if (token.tokens) return inlineOf(token.tokens);
        return [{ kind: "text", text: decode(token.text) }];
      default:
        return [{ kind: "text", text: "text" in token ? token.text : token.raw }];
    }
  });
}

function linkOf(href: string, children: Inline[]): Inline[] {
  const url = href.replaceAll("&amp;", "&");
  const label = children.length > 0 ? children : [{ kind: "text", text: url } as const];
  if (linkable.test(url)) return [{ kind: "link", url, children: label }];
  return [...label, { kind: "text", text: ` (${url})` }];
}

/** What is read of inline content, without its styles. */
export function plainOf(children: Inline[]): string {
  return children.map((each) => ("children" in each ? plainOf(each.children) : each.text)).join("");
}

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi,
    (all: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      const valid = code > 0x1f && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return valid ? String.fromCodePoint(code) : all;
    },
  );
}

function languageOf(info: string | undefined): string {
  const word = (info ?? "").trim().split(/\s/, 1)[0] ?? "";
  return /^[\w+#.-]{1,24}$/.test(word) ? word : "";
}

/** A table as columns of text; chats have none. */
function tableText(token: Tokens.Table): string {
  const rows = [token.header, ...token.rows].map((row) =>
    row.map((cell) => plainOf(inlineOf(cell.tokens)).replaceAll("\n", " ")),
  );
  const widths = token.header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...body.map(line)].join("\n");
}
