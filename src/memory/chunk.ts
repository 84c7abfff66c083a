export interface Chunk {
  /** Lines from 1, inclusive. */
  startLine: number;
  endLine: number;
  /** The nearest headings above, joined; indexed with the text so that a bullet is found by its section. */
  heading: string;
  text: string;
}

const targetChars = 1000;

/**
 * Cuts a Markdown note into pieces of about 1,000 characters at headings and blank lines. Every line that is not blank
 * lies in exactly one piece, in order.
 */
export function chunkMarkdown(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  const headings: string[] = [];
  let lines: string[] = [];
  let start = 1;
  let size = 0;
  const flush = () => {
    while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
    if (lines.length > 0) {
      const heading = headings.filter(Boolean).join(" › ");
      chunks.push({ startLine: start, endLine: start + lines.length - 1, heading, text: lines.join("\n") });
    }
    lines = [];
    size = 0;
  };
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    const mark = /^(#{1,6})\s+(.*)$/.exec(line);
    if (
      mark ||
      (size >= targetChars && (line.trim() === "" || size >= targetChars * 1.5 || /^[-*+] /.test(line)))
    )
      flush();
    if (mark) {
      headings.length = (mark[1]?.length ?? 1) - 1;
      headings[(mark[1]?.length ?? 1) - 1] = mark[2] ?? "";
    }
    if (lines.length === 0) {
      if (line.trim() === "") continue;
      start = index + 1;
    }
    lines.push(line);
    size += line.length + 1;
  }
  flush();
  return chunks;
}
