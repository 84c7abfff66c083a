/** An element of a small XML document; attributes are kept as written. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** Text directly inside, entities resolved. */
  text: string;
}

const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads the XML of property lists and task definitions: elements, text, comments, a document type without an internal
 * subset. Nothing is ever fetched or expanded. Null for what is not well-formed, too deep or too large.
 */
export function parseXml(source: string): XmlElement | null {
  const text = source.replace(/^\uFEFF/, "");
  if (text.length > 1_000_000) return null;
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const token =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^[>]*>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (!match) return null;
    const [, closing, name, attributes = "", selfClosing, chars] = match;
    const top = open.at(-1) ?? root;
    if (chars !== undefined) {
      const resolved = resolve(chars);
      if (resolved === null || (top === root && resolved.trim() !== "")) return null;
      top.text += resolved;
    } else if (name !== undefined && closing === "/") {
      if (open.length < 2 || open.pop()?.name !== name) return null;
    } else if (name !== undefined) {
      const read = attributesOf(attributes);
      if (read === null || open.length > 64) return null;
      const element = { name, attributes: read, children: [], text: "" };
      top.children.push(element);
      if (selfClosing !== "/") open.push(element);
    }
  }
  const [only, second] = root.children;
  return open.length === 1 && only && !second ? only : null;
}

/** Text for an element or an attribute in double quotes. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

function attributesOf(text: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const [, name = "", double, single] of text.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    const value = resolve(double ?? single ?? "");
    if (value === null || name in found) return null;
    found[name] = value;
  }
  return found;
}

/** Null for an entity nobody defined. */
function resolve(text: string): string | null {
  let bad = false;
  const resolved = text.replace(/&([^;&]*);?/g, (_, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point = code ? Number.parseInt(code[1] ?? code[2] ?? "", code[1] === undefined ? 10 : 16) : null;
    const value =
      point === null ? entities[name] : point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
    if (value === undefined) bad = true;
    return value ?? "";
  });
  return bad ? null : resolved;
}
