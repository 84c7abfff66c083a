import type { UsageRow } from "../../../../src/ledger/contract.ts";

export type { UsageRow };
export const groupings = ["model", "agent", "door"] as const;
export type Grouping = (typeof groupings)[number];
export const measures = ["tokens", "cost", "runs"] as const;
export type Measure = (typeof measures)[number];

const dayMs = 86_400_000;
/** Series with a colour of their own; the rest is one. */
export const mostSeries = 5;

export interface Series {
  /** Null for what is too small to stand alone. */
  name: string | null;
  total: number;
  /** One value per day, oldest first. */
  values: number[];
}

export interface Sums {
  tokens: number;
  cost: number;
  runs: number;
  failed: number;
  unpriced: number;
}

const valueOf = (row: UsageRow, measure: Measure): number =>
  measure === "tokens" ? row.total : measure === "cost" ? row.cost : row.runs;

function nameOf(row: UsageRow, by: Grouping): string {
  if (by === "agent") return row.agentId;
  if (by === "door") return row.door?.replace(/^channel:/, "") ?? "?";
  return row.model === null ? "?" : row.provider === null ? row.model : `${row.provider}/${row.model}`;
}

/** The days of a span, oldest first, as the gateway names them (UTC). */
export const daysOf = (since: number, days: number): string[] =>
  Array.from({ length: days }, (_, index) => new Date(since + index * dayMs).toISOString().slice(0, 10));

/** What was used per day by each of the largest, largest first, and by all others together. */
export function seriesOf(
  rows: readonly UsageRow[],
  of: { days: readonly string[]; by: Grouping; measure: Measure },
): Series[] {
  const at = new Map(of.days.map((date, index) => [date, index]));
  const found = new Map<string, Series>();
  for (const row of rows) {
    const day = at.get(row.date);
    const value = valueOf(row, of.measure);
    if (day === undefined || value === 0) continue;
    const name = nameOf(row, of.by);
    const series = found.get(name) ?? { name, total: 0, values: of.days.map(() => 0) };
    series.total += value;
    series.values[day] = (series.values[day] ?? 0) + value;
    found.set(name, series);
  }
  const sorted = [...found.values()].toSorted((a, b) => b.total - a.total);
  if (sorted.length <= mostSeries) return sorted;
  const rest = sorted.slice(mostSeries - 1);
  return [
    ...sorted.slice(0, mostSeries - 1),
    {
      name: null,
      total: rest.reduce((sum, { total }) => sum + total, 0),
      values: of.days.map((_, day) => rest.reduce((sum, { values }) => sum + (values[day] ?? 0), 0)),
    },
  ];
}

/** Sums per name, most used first. */
export function totalsOf(rows: readonly UsageRow[], by: Grouping, measure: Measure): Array<[string, Sums]> {
  const sums = new Map<string, Sums>();
  for (const row of rows) {
    const name = nameOf(row, by);
    const sum = sums.get(name) ?? { tokens: 0, cost: 0, runs: 0, failed: 0, unpriced: 0 };
    sum.tokens += row.total;
    sum.cost += row.cost;
    sum.runs += row.runs;
    sum.failed += row.failed;
    sum.unpriced += row.unpriced;
    sums.set(name, sum);
  }
  return [...sums].toSorted(([, a], [, b]) => b[measure] - a[measure]);
}

export const sumOf = (sums: readonly Sums[]): Sums =>
  sums.reduce(
    (all, each) => ({
      tokens: all.tokens + each.tokens,
      cost: all.cost + each.cost,
      runs: all.runs + each.runs,
      failed: all.failed + each.failed,
      unpriced: all.unpriced + each.unpriced,
    }),
    { tokens: 0, cost: 0, runs: 0, failed: 0, unpriced: 0 },
  );
