export interface DiffLine {
  kind: "same" | "gone" | "new";
  text: string;
}

/** The lines of one text and another, those of both once: a longest common subsequence. For files of some thousand lines. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const one = before.split("\n");
  const other = after.split("\n");
  // Most of a file is the same at both ends.
  let head = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head++;
  let tail = 0;
  while (
    tail < one.length - head &&
    tail < other.length - head &&
    one[one.length - 1 - tail] === other[other.length - 1 - tail]
  )
    tail++;
  const a = one.slice(head, one.length - tail);
  const b = other.slice(head, other.length - tail);
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [...one.slice(0, head).map(same), ...middle(a, b), ...one.slice(one.length - tail).map(same)];
}

function middle(a: string[], b: string[]): DiffLine[] {
  const width = b.length + 1;
  // Length of what the rests from (i, j) on have in common.
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] ?? "" });
      [i, j] = [i + 1, j + 1];
    } else if (
      j >= b.length ||
      (i < a.length && (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    )
      lines.push({ kind: "gone", text: a[i++] ?? "" });
    else lines.push({ kind: "new", text: b[j++] ?? "" });
  }
  return lines;
}
