import { isObject } from "../core/json.ts";
import { formatPath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { configSchema, unwrap } from "./schema/index.ts";

/** Keys the schema does not know, with the nearest one it does: a typo or a newer version's key is never fatal (HID-023). */
export function findUnknownKeys(data: unknown): ConfigIssue[] {
  const found: ConfigIssue[] = [];
  visit(unwrap(configSchema), data, [], found);
  return found;
}

function visit(node: ReturnType<typeof unwrap>, value: unknown, path: string[], found: ConfigIssue[]): void {
  const def = node._zod.def;
  if (def.type === "array" && Array.isArray(value)) {
    for (const [index, item] of value.entries())
      visit(unwrap(def.element), item, [...path, String(index)], found);
    return;
  }
  if (!isObject(value)) return;
  if (def.type === "record") {
    for (const [name, item] of Object.entries(value))
      visit(unwrap(def.valueType), item, [...path, name], found);
  }
  if (def.type !== "object") return;
  for (const [name, item] of Object.entries(value)) {
    const child = Object.hasOwn(def.shape, name) ? def.shape[name] : undefined;
    if (child) visit(unwrap(child), item, [...path, name], found);
    else if (def.catchall === undefined) found.push(unknown([...path, name], Object.keys(def.shape)));
  }
}

function unknown(path: string[], known: string[]): ConfigIssue {
  const near = nearest(path.at(-1) ?? "", known);
  const advice = near ? `did you mean ${formatPath([...path.slice(0, -1), near])}?` : "it has no effect";
  return { path: formatPath(path), message: `unknown key; ${advice}` };
}

/** The word with the smallest edit distance, if it is close enough to be a slip of the fingers. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, substitutions; a swap of neighbours costs one too. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return 99;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(
        (rows[i - 1]?.[j] ?? 99) + 1,
        (row[j - 1] ?? 99) + 1,
        (rows[i - 1]?.[j - 1] ?? 99) + cost,
      );
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 99) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 99;
}
