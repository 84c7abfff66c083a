const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `10m`, `1h30m`, `2d` in milliseconds; null when it is none, and for a time of nothing. */
export function parseDuration(given: string): number | null {
  const word = given.trim().toLowerCase();
  if (!/^(?:\d{1,9}(?:ms|[smhd]))+$/.test(word)) return null;
  let total = 0;
  for (const [, n, unit] of word.matchAll(/(\d+)(ms|[smhd])/g)) total += Number(n) * (units[unit ?? ""] ?? 0);
  return total > 0 ? total : null;
}
