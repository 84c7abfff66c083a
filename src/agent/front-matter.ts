/** The head of a Markdown file between two `---` lines, as far as skills use YAML, and the text below it. */
export interface FrontMatter {
  /** Top-level keys with their text: one line, a block scalar, or the raw indented lines below the key. */
  values: ReadonlyMap<string, string>;
  body: string;
}

/**
 * Reads the subset of YAML that skill files use: `key: value`, quoted values, `|` and `>` blocks, and indented lines
 * below a key kept as they are (nested JSON). Never throws: what is not understood is left out.
 */
export function parseFrontMatter(text: string): FrontMatter {
  const source = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const values = new Map<string, string>();
  if (!source.startsWith("---\n")) return { values, body: source };
  const end = source.indexOf("\n---", 3);
  if (end < 0) return { values, body: source };
  const lines = source.slice(4, end + 1).split("\n");
  const body = source.slice(source.indexOf("\n", end + 1) + 1 || source.length);

  for (let at = 0; at < lines.length; at++) {
    const match = /^([A-Za-z0-9_-]+):(?:[ \t]+(.*))?$/.exec(lines[at] ?? "");
    if (!match?.[1]) continue;
    const below: string[] = [];
    while (/^(?:[ \t]|$)/.test(lines[at + 1] ?? "x")) below.push(lines[++at] ?? "");
    values.set(match[1].toLowerCase(), valueOf((match[2] ?? "").trim(), below));
  }
  return { values, body };
}

function valueOf(inline: string, below: string[]): string {
  const nested = below.map((line) => line.trim());
  if (/^\|[+-]?$/.test(inline)) return nested.join("\n").trim();
  if (/^>[+-]?$/.test(inline)) return nested.filter((line) => line !== "").join(" ");
  if (inline === "") return below.join("\n").trim();
  const quoted = /^(["'])(.*)\1$/s.exec(inline);
  if (quoted) {
    const content = quoted[2] ?? "";
    return quoted[1] === '"'
      ? content.replaceAll(/\\(["\\n])/g, (_, c: string) => (c === "n" ? "\n" : c))
      : content.replaceAll("''", "'");
  }
  // A plain value may go on in indented lines (YAML folding); JSON values do so without a marker.
  return [inline, ...nested].filter((line) => line !== "").join(" ");
}
