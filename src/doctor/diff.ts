/** One line of a difference: kept, taken out or put in. */
export interface DiffLine {
  sign: " " | "-" | "+";
  text: string;
}

/** Beyond so many differing lines the two texts are shown one after the other. */
const maxEdits = 400;
const context = 3;

/** Lines of a unified diff, without the file header; empty for equal texts. */
export function unifiedDiff(before: string, after: string): string[] {
  const lines = difference(split(before), split(after));
  const out: string[] = [];
  let oldAt = 1;
  let newAt = 1;
  for (let at = 0; at < lines.length;) {
    if (lines[at]?.sign === " " && !nearChange(lines, at)) {
      oldAt++;
      newAt++;
      at++;
      continue;
    }
    let end = at;
    while (end < lines.length && (lines[end]?.sign !== " " || nearChange(lines, end))) end++;
    const hunk = lines.slice(at, end);
    const olds = hunk.filter(({ sign }) => sign !== "+").length;
    const news = hunk.filter(({ sign }) => sign !== "-").length;
    out.push(`@@ -${oldAt},${olds} +${newAt},${news} @@`);
    out.push(...hunk.map(({ sign, text }) => sign + text));
    oldAt += olds;
    newAt += news;
    at = end;
  }
  return out;
}

function nearChange(lines: readonly DiffLine[], at: number): boolean {
  for (let near = Math.max(0, at - context); near <= at + context && near < lines.length; near++) {
    if (lines[near]?.sign !== " ") return true;
  }
  return false;
}

function split(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else lines.push("\\ no newline at the end");
  return lines;
}

/** The shortest list of edits from `a` to `b` (Myers' greedy algorithm on what differs between the ends). */
export function difference(a: readonly string[], b: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail++;
  }
  const keep = (text: string): DiffLine => ({ sign: " ", text });
  return [
    ...a.slice(0, head).map(keep),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(keep),
  ];
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  /** Per number of edits: the furthest line of `a` reached on each diagonal. */
  const trace: Array<Map<number, number>> = [];
  let reached = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(maxEdits, a.length + b.length); edits++) {
    trace.push(new Map(reached));
    const next = new Map(reached);
    for (let k = -edits; k <= edits; k += 2) {
      let x = comesFromAbove(reached, k, edits) ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a, b);
    }
    reached = next;
  }
  return [
    ...a.map((text): DiffLine => ({ sign: "-", text })),
    ...b.map((text): DiffLine => ({ sign: "+", text })),
  ];
}

function comesFromAbove(reached: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
}

function walkBack(
  trace: ReadonlyArray<ReadonlyMap<number, number>>,
  a: readonly string[],
  b: readonly string[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reached = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const previousK = comesFromAbove(reached, k, edits) ? k + 1 : k - 1;
    const previousX = edits === 0 ? 0 : (reached.get(previousK) ?? 0);
    const previousY = edits === 0 ? 0 : previousX - previousK;
    while (x > previousX && y > previousY) {
      lines.push({ sign: " ", text: a[--x] ?? "" });
      y--;
    }
    if (edits === 0) break;
    if (x === previousX) lines.push({ sign: "+", text: b[--y] ?? "" });
    else lines.push({ sign: "-", text: a[--x] ?? "" });
  }
  return lines.toReversed();
}
