/** One line of the gateway's log, as it is shown. */
export interface LogLine {
  at: number;
  level: string;
  subsystem: string;
  text: string;
  /** The other members: who, which run, which channel. */
  fields: Array<[name: string, value: string]>;
  raw: string;
}

const shown = new Set(["0", "1", "_meta", "time"]);

/** Reads a JSON line of the log; one that is none is shown as it is. */
export function parseLogLine(raw: string): LogLine {
  try {
    const line = JSON.parse(raw) as Record<string, unknown> & {
      time?: string;
      "1"?: string;
      _meta?: { date?: string; logLevelName?: string };
    };
    const meta = line._meta;
    return {
      at: Date.parse(line.time ?? meta?.date ?? "") || 0,
      level: (meta?.logLevelName ?? "INFO").toLowerCase(),
      subsystem: subsystemOf(line["0"]),
      text: line["1"] ?? "",
      fields: Object.entries(line)
        .filter(([name]) => !shown.has(name))
        .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
      raw,
    };
  } catch {
    return { at: 0, level: "info", subsystem: "", text: raw, fields: [], raw };
  }
}

function subsystemOf(head: unknown): string {
  try {
    return (JSON.parse(String(head)) as { subsystem?: string }).subsystem ?? "";
  } catch {
    return "";
  }
}

/** Whether a line has every word of the filter, anywhere in it. */
export function fits(line: LogLine, filter: { level: string; words: string }): boolean {
  if (filter.level !== "" && rank(line.level) < rank(filter.level)) return false;
  const whole = line.raw.toLowerCase();
  return filter.words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal"];
const rank = (level: string) => levels.indexOf(level);
