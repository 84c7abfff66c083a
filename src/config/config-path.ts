import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";

const reserved = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Splits `agents.list[0].name` or `channels.telegram.groups["-100.5"]` into segments.
 * @throws UserError CONFIG_PATH_INVALID for empty segments, unclosed brackets and reserved names.
 */
export function parsePath(path: string): string[] {
  const segments: string[] = [];
  const token = /\.?([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (token.lastIndex < path.length) {
    const at = token.lastIndex;
    const match = token.exec(path);
    // A leading dot, or a missing one between two names, is as wrong as what the pattern does not match.
    if (!match || (match[1] !== undefined && path.startsWith(".", at) !== at > 0)) throw badPath(path);
    segments.push(match[1] ?? match[2] ?? unquote(path, match[3] ?? ""));
  }
  if (segments.length === 0) throw badPath(path);
  refuseReserved(segments, path);
  return segments;
}

/** The text {@link parsePath} reads back. */
export function formatPath(segments: readonly PropertyKey[]): string {
  let text = "";
  for (const segment of segments) {
    const name = String(segment);
    if (/^\d+$/.test(name)) text += `[${name}]`;
    else if (/^[^.[\]"]+$/.test(name)) text += text ? `.${name}` : name;
    else text += `[${JSON.stringify(name)}]`;
  }
  return text;
}

function unquote(path: string, quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw badPath(path);
  }
}

function badPath(path: string): UserError {
  return new UserError(
    "CONFIG_PATH_INVALID",
    `config path ${JSON.stringify(path.slice(0, 120))} is not valid`,
    {
      hint: 'write it like gateway.auth.mode, agents.list[0].name or channels.telegram.groups["-100.5"]',
    },
  );
}

function refuseReserved(segments: readonly string[], path: string): void {
  const bad = segments.find((segment) => reserved.has(segment));
  if (bad === undefined) return;
  throw new UserError(
    "CONFIG_PATH_INVALID",
    `config path ${JSON.stringify(path.slice(0, 120))} uses the reserved name ${bad}`,
    {
      hint: "choose another name",
    },
  );
}

/** Path of the first reserved name anywhere in a value, or null. */
export function findReserved(value: unknown, path: string[] = []): string[] | null {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = findReserved(item, [...path, String(index)]);
      if (found) return found;
    }
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) {
      if (reserved.has(name)) return [...path, name];
      const found = findReserved(value[name], [...path, name]);
      if (found) return found;
    }
  }
  return null;
}

/** The value at a path; undefined when any part is missing. Own properties only. */
export function getAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const segment of path) {
    if (Array.isArray(current)) current = /^\d+$/.test(segment) ? current[Number(segment)] : undefined;
    else if (isObject(current) && Object.hasOwn(current, segment)) current = current[segment];
    else return undefined;
  }
  return current;
}

/** Sets a value in plain data, making objects on the way; what is there and is no object is replaced. */
export function setAt(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let current = root;
  for (const [index, segment] of path.entries()) {
    if (index === path.length - 1) {
      current[segment] = value;
      return;
    }
    let next = Object.hasOwn(current, segment) ? current[segment] : undefined;
    if (!isObject(next) && !Array.isArray(next)) current[segment] = next = {};
    current = next as Record<string, unknown>;
  }
}

/** Deep equality of JSON values. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  );
}
