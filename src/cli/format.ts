/** `2h 34m`, `45s`, `3d 4h`: the two largest units of a duration in milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: Array<[number, string]> = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(" ");
}

/** `3m ago`, `just now`, `never` for null. */
export function ago(then: number | null | undefined, now: number): string {
  if (then === null || then === undefined || !Number.isFinite(then)) return "never";
  const ms = now - then;
  if (ms < 0) return `in ${duration(-ms)}`;
  return ms < 1000 ? "just now" : `${duration(ms).split(" ")[0]} ago`;
}

/** Local date and time to the second, `2026-11-21 14:02:09`. */
export function dateTime(epochMs: number): string {
  const d = new Date(epochMs);
  if (Number.isNaN(d.getTime())) return "?";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** A path with the home directory written as `~`. */
export function tildePath(path: string, home: string): string {
  return path === home ? "~" : path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** `12,345` */
export function count(n: number): string {
  // Not toLocaleString: it loads the locale data, which takes longer than the rest of a short command.
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 session`, `2 sessions` */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** The first of some values that says anything, as text; objects as JSON. */
export function show(...values: unknown[]): string {
  const value = values.find((candidate) => candidate !== undefined && candidate !== null);
  if (value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Bytes in decimal units, as disks are sold. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  while (value >= 1000 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value < 10 && units[0] !== "B" ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
}
