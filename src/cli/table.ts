import { displayWidth, printableStyled, truncate } from "./terminal.ts";

/**
 * Columns with two spaces between them, headings in capitals. When the rows are wider than `width`, the widest
 * columns are cut first, never below 6 characters; a terminal that is narrower still gets one `key: value` block per row.
 */
export function renderTable(
  rows: Array<Record<string, string>>,
  options: { columns?: string[] | undefined; width: number; bold: (t: string) => string },
): string[] {
  const first = rows[0];
  if (!first) return [];
  const columns = options.columns ?? Object.keys(first);
  const cells = rows.map((row) => columns.map((c) => printableStyled(row[c] ?? "").replace(/[\n\t]+/g, " ")));
  const heads = columns.map((c) => c.toUpperCase());
  const widths = columns.map((_, i) =>
    Math.max(displayWidth(heads[i] ?? ""), ...cells.map((row) => displayWidth(row[i] ?? ""))),
  );
  const gaps = 2 * (columns.length - 1);
  const least = widths.reduce((sum, w) => sum + Math.min(w, 6), gaps);
  if (least > options.width) return blocks(columns, cells);
  for (let over = sum(widths) + gaps - options.width; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  const line = (row: string[]) =>
    row
      .map((cell, i) => {
        const w = widths[i] ?? 0;
        const cut = truncate(cell, w);
        return i === row.length - 1 ? cut : cut + " ".repeat(Math.max(0, w - displayWidth(cut)));
      })
      .join("  ")
      .trimEnd();
  return [options.bold(line(heads)), ...cells.map(line)];
}

function blocks(columns: string[], cells: string[][]): string[] {
  return cells.flatMap((row, n) => [
    ...(n > 0 ? [""] : []),
    ...columns.map((column, i) => `${column}: ${row[i] ?? ""}`),
  ]);
}

/** `Key:   value` with the values aligned at column 18, or further right when a key needs it (OUT-001, OUT-020). */
export function renderPairs(rows: Array<[string, string]>): string[] {
  return rows.map(([key, value]) => `${`${key}:`.padEnd(17)} ${value}`.trimEnd());
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
