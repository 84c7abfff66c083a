/** How wide text is on a terminal, and which of it may be written there; from the command line's own encoder. */
export interface TextRules {
  /** Columns. */
  width(text: string): number;
  /** Control characters made visible; line breaks stay. */
  printable(text: string): string;
}

/** Cuts text into lines of at most `columns`, at blanks where there are any. Always at least one line. */
export function wrap(text: string, columns: number, rules: TextRules): string[] {
  const room = Math.max(1, columns);
  return rules
    .printable(text)
    .replaceAll("\t", "    ")
    .split("\n")
    .flatMap((line) => wrapLine(line, room, rules));
}

function wrapLine(line: string, room: number, rules: TextRules): string[] {
  if (rules.width(line) <= room) return [line];
  const lines: string[] = [];
  let current = "";
  let used = 0;
  const flush = () => {
    lines.push(current.trimEnd());
    current = "";
    used = 0;
  };
  for (const word of line.split(/(?<=\s)(?=\S)/u)) {
    const size = rules.width(word);
    if (used > 0 && used + rules.width(word.trimEnd()) > room) flush();
    if (size <= room) {
      current += word;
      used += size;
      continue;
    }
    for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(word)) {
      const each = rules.width(segment);
      if (used + each > room) flush();
      current += segment;
      used += each;
    }
  }
  if (current !== "" || lines.length === 0) lines.push(current.trimEnd());
  return lines;
}

/** At most `columns` of a text, on one line. */
export function fit(text: string, columns: number, rules: TextRules): string {
  const line = rules.printable(text).replace(/[\n\t]+/g, " ");
  if (rules.width(line) <= columns) return line;
  let out = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(line)) {
    const each = rules.width(segment);
    if (used + each > columns - 1) break;
    out += segment;
    used += each;
  }
  return columns < 1 ? "" : `${out}…`;
}
