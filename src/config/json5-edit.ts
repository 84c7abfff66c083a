import JSON5 from "json5";
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { formatPath, getAt, sameValue } from "./config-path.ts";
import { endOfComment, layoutOf, type Layout, type Member } from "./json5-layout.ts";

/**
 * Sets one path in a JSON5 text. Everything that need not change keeps its bytes: comments, order, quotes, commas,
 * indentation, line ends. Objects and arrays are compared member by member, so setting an object touches only what
 * differs. The text must be one that JSON5 accepts; setting what is already there returns it unchanged.
 */
export function setInText(text: string, path: readonly string[], value: unknown): string {
  const current = getAt(JSON5.parse(text), path);
  if (current !== undefined && sameValue(current, value)) return text;
  if (isObject(current) && isObject(value)) return setObject(text, path, current, value);
  if (Array.isArray(current) && Array.isArray(value)) return setArray(text, path, current, value);
  return place(text, path, value);
}

/** Removes one path; a path that is not there changes nothing. A name that occurs twice goes twice. */
export function unsetInText(text: string, path: readonly string[]): string {
  let result = text;
  for (;;) {
    const { container, member } = find(layoutOf(result), path);
    if (!container || !member) return result;
    result = removeMember(result, container, member);
    if (container.kind === "array") return result;
  }
}

/** JSON merge patch (RFC 7396) on the text: null deletes, objects merge, everything else replaces. */
export function mergeIntoText(
  text: string,
  patch: Record<string, unknown>,
  path: readonly string[] = [],
): string {
  let result = text;
  for (const [name, value] of Object.entries(patch)) {
    const at = [...path, name];
    if (value === null) result = unsetInText(result, at);
    else if (isObject(value)) {
      const there = getAt(JSON5.parse(result), at);
      if (!isObject(there)) result = setInText(result, at, {});
      result = mergeIntoText(result, value, at);
    } else result = setInText(result, at, value);
  }
  return result;
}

function setObject(
  text: string,
  path: readonly string[],
  current: Record<string, unknown>,
  value: Record<string, unknown>,
): string {
  let result = text;
  for (const name of Object.keys(current)) {
    if (!Object.hasOwn(value, name)) result = unsetInText(result, [...path, name]);
  }
  for (const [name, item] of Object.entries(value)) result = setInText(result, [...path, name], item);
  return result;
}

function setArray(text: string, path: readonly string[], current: unknown[], value: unknown[]): string {
  let result = text;
  for (let index = current.length - 1; index >= value.length; index--) {
    result = unsetInText(result, [...path, String(index)]);
  }
  for (const [index, item] of value.entries()) result = setInText(result, [...path, String(index)], item);
  return result;
}

/** Replaces the value at the path, or inserts it where its nearest container ends. */
function place(text: string, path: readonly string[], value: unknown): string {
  let node = layoutOf(text);
  for (const [depth, name] of path.entries()) {
    const member = node.members.findLast((candidate) => candidate.name === name);
    if (member) {
      node = member.value;
      continue;
    }
    if (node.kind === "array" && name !== String(node.members.length)) throw notAnIndex(path, depth, node);
    const rest = path.slice(depth + 1).reduceRight<unknown>(nest, value);
    if (node.kind === "scalar")
      return splice(text, node, render({ [name]: rest }, styleOf(text), indentAt(text, node.start)));
    return insertMember(text, node, name, rest);
  }
  return splice(text, node, render(value, styleOf(text), indentAt(text, node.start)));
}

function notAnIndex(path: readonly string[], depth: number, node: Layout): UserError {
  const list = formatPath(path.slice(0, depth)) || "the file";
  return new UserError(
    "CONFIG_PATH_INVALID",
    `${list} is a list of ${node.members.length}; ${JSON.stringify(path[depth])} is no place in it`,
    { hint: `use a number from 0 to ${node.members.length}, e.g. ${list}[${node.members.length}]` },
  );
}

/** A first element makes a list, every other name an object. */
function nest(inner: unknown, name: string): unknown {
  return name === "0" ? [inner] : { [name]: inner };
}

function find(root: Layout, path: readonly string[]): { container?: Layout; member?: Member } {
  let node = root;
  let found: { container?: Layout; member?: Member } = {};
  for (const name of path) {
    const member = node.members.findLast((candidate) => candidate.name === name);
    if (!member) return {};
    found = { container: node, member };
    node = member.value;
  }
  return found;
}

function insertMember(text: string, node: Layout, name: string, value: unknown): string {
  const style = styleOf(text);
  const last = node.members.at(-1);
  const body = text.slice(node.start + 1, node.end - 1);
  const base = indentAt(text, node.start);
  const indent = last && startsLine(text, last.start) ? indentAt(text, last.start) : base + style.indent;
  const label = node.kind === "array" ? "" : `${renderName(name, style)}: `;
  const member = label + render(value, style, indent);
  if (!last) {
    const kept = body.trimEnd();
    return splice(
      text,
      { start: node.start + 1 + kept.length, end: node.end - 1 },
      `${style.newline}${indent}${member}${style.newline}${base}`,
    );
  }
  if (!/[\n\r]/.test(body)) {
    // One line stays one line.
    const at = last.comma < 0 ? last.end : last.comma + 1;
    return splice(text, { start: at, end: at }, last.comma < 0 ? `, ${member}` : ` ${member},`);
  }
  const at = endOfLine(text, last.comma < 0 ? last.end : last.comma + 1, node.end - 1);
  const closing = /[\n\r]/.test(text.slice(at, node.end - 1)) ? "" : style.newline + base;
  const tail = last.comma < 0 ? "" : ",";
  const inserted = splice(
    text,
    { start: at, end: at },
    `${style.newline}${indent}${member}${tail}${closing}`,
  );
  return last.comma < 0 ? splice(inserted, { start: last.end, end: last.end }, ",") : inserted;
}

function removeMember(text: string, node: Layout, member: Member): string {
  const position = node.members.indexOf(member);
  const previous = node.members[position - 1];
  const isLast = position === node.members.length - 1;
  let { start } = member;
  let end = member.comma < 0 ? member.end : member.comma + 1;
  const lineEnd = endOfLine(text, end, node.end - 1);
  if (startsLine(text, start) && /^(?:\r\n|[\n\r])/.test(text.slice(lineEnd, lineEnd + 2))) {
    // The member has its lines for itself: they go, with the comment behind it.
    end = lineEnd;
    start = previousLineEnd(text, start);
  } else if (isLast && previous) {
    start = Math.max(previous.comma + 1, commentsEnd(text, previous.comma + 1, start));
  } else {
    while (text[end] === " " || text[end] === "\t") end++;
  }
  const removed = splice(text, { start, end }, "");
  // Without a comma behind the last member the one before it must not keep its own: the file may be strict JSON.
  return isLast && member.comma < 0 && previous && previous.comma >= 0
    ? splice(removed, { start: previous.comma, end: previous.comma + 1 }, "")
    : removed;
}

/** End of the comments between two members on one line: they belong to the one before. */
function commentsEnd(text: string, from: number, to: number): number {
  let end = from;
  for (let at = from; at < to; at++) {
    const comment = endOfComment(text, at);
    if (comment > at) {
      // A line comment keeps its newline, or it would swallow what comes next.
      end = text.startsWith("//", at) ? endOfNewline(text, comment) : comment;
      at = comment - 1;
    }
  }
  return end;
}

function endOfNewline(text: string, at: number): number {
  return text.startsWith("\r\n", at) ? at + 2 : at + 1;
}

/** Position before the newline that ends this line, comments on it included; at most `limit`. */
function endOfLine(text: string, from: number, limit: number): number {
  let at = from;
  for (;;) {
    let next = at;
    while (next < limit && /[^\S\n\r\u2028\u2029]/.test(text.charAt(next))) next++;
    const comment = endOfComment(text, next);
    if (comment > next) at = comment;
    else return /[\n\r\u2028\u2029]/.test(text.charAt(next)) ? next : at;
  }
}

function previousLineEnd(text: string, start: number): number {
  let at = start;
  while (at > 0 && /[ \t]/.test(text.charAt(at - 1))) at--;
  if (text[at - 1] === "\n") at--;
  if (text[at - 1] === "\r") at--;
  return at;
}

function startsLine(text: string, at: number): boolean {
  return /(?:^|[\n\r])[ \t]*$/.test(text.slice(0, at));
}

function indentAt(text: string, at: number): string {
  return /(?:^|[\n\r])([ \t]*)[^\n\r]*$/.exec(text.slice(0, at))?.[1] ?? "";
}

function splice(text: string, { start, end }: { start: number; end: number }, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

interface Style {
  indent: string;
  newline: string;
  quoteNames: boolean;
}

/** What the file already does: its indentation, line ends, and whether names are quoted. */
function styleOf(text: string): Style {
  const root = layoutOf(text);
  const first = root.members[0];
  const own = first && startsLine(text, first.start) ? indentAt(text, first.start) : "";
  return {
    indent: own || "  ",
    newline: text.includes("\r\n") ? "\r\n" : "\n",
    quoteNames: !first || /^["']/.test(text.slice(first.start)),
  };
}

function renderName(name: string, style: Style): string {
  return !style.quoteNames && /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function render(value: unknown, style: Style, indent: string): string {
  const inner = indent + style.indent;
  const wrap = (open: string, items: string[], close: string) =>
    `${open}${style.newline}${items.map((item) => inner + item).join(`,${style.newline}`)}${style.newline}${indent}${close}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const line = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (value.every((item) => !isObject(item) && !Array.isArray(item)) && line.length <= 80) return line;
    return wrap(
      "[",
      value.map((item) => render(item, style, inner)),
      "]",
    );
  }
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length === 0) return "{}";
    return wrap(
      "{",
      entries.map(([name, item]) => `${renderName(name, style)}: ${render(item, style, inner)}`),
      "}",
    );
  }
  return JSON.stringify(value) ?? "null";
}
