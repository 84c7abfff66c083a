import JSON5 from "json5";

/** Where a value lies in the text: [start, end). */
export interface Span {
  start: number;
  end: number;
}

export interface Member extends Span {
  /** Decoded name; the index in arrays. */
  name: string;
  value: Layout;
  /** Position of the comma that follows, -1 without one. */
  comma: number;
}

/** Positions of everything in a JSON5 text; values themselves are left to the JSON5 parser. */
export interface Layout extends Span {
  kind: "object" | "array" | "scalar";
  members: Member[];
}

/**
 * Finds the positions of all members of a JSON5 text that the JSON5 parser has accepted. Knows strings, comments and
 * brackets and nothing else, which is all that editing in place needs.
 */
export function layoutOf(text: string): Layout {
  const start = skipTrivia(text, 0);
  return readValue(text, start);
}

function readValue(text: string, start: number): Layout {
  const first = text[start];
  if (first === "{") return readContainer(text, start, "object");
  if (first === "[") return readContainer(text, start, "array");
  const end = first === '"' || first === "'" ? endOfString(text, start) : endOfWord(text, start);
  return { kind: "scalar", start, end, members: [] };
}

function readContainer(text: string, start: number, kind: "object" | "array"): Layout {
  const close = kind === "object" ? "}" : "]";
  const members: Member[] = [];
  let at = skipTrivia(text, start + 1);
  while (at < text.length && text[at] !== close) {
    const memberStart = at;
    let name = String(members.length);
    if (kind === "object") {
      const end = text[at] === '"' || text[at] === "'" ? endOfString(text, at) : endOfWord(text, at);
      name = decodeName(text.slice(at, end));
      at = skipTrivia(text, skipTrivia(text, end) + 1);
    }
    const value = readValue(text, at);
    const after = skipTrivia(text, value.end);
    const comma = text[after] === "," ? after : -1;
    members.push({ name, value, start: memberStart, end: value.end, comma });
    at = comma < 0 ? after : skipTrivia(text, comma + 1);
  }
  return { kind, start, end: at + 1, members };
}

function decodeName(text: string): string {
  if (text.startsWith('"') || text.startsWith("'")) return String(JSON5.parse(text));
  return text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function endOfString(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && !/[\s\uFEFF,:\]}{["'/]/.test(text.charAt(at))) at++;
  return at;
}

/** Position after white space and comments. */
function skipTrivia(text: string, start: number): number {
  let at = start;
  for (;;) {
    while (at < text.length && /[\s\uFEFF]/.test(text.charAt(at))) at++;
    const end = endOfComment(text, at);
    if (end === at) return at;
    at = end;
  }
}

/** Position after the comment that starts here; `at` itself when none does. A line comment ends before its newline. */
export function endOfComment(text: string, at: number): number {
  if (text.startsWith("//", at)) {
    const length = text.slice(at).search(/[\n\r\u2028\u2029]/);
    return length < 0 ? text.length : at + length;
  }
  if (text.startsWith("/*", at)) {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  return at;
}
