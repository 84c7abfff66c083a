import { isObject } from "../core/json.ts";
import type { Output } from "./contract.ts";
import { printableLine } from "./terminal.ts";

/** One record of the JSONL log (protocol.md 3.1, "Log line"). */
export interface LogRecord {
  time: string;
  level: string;
  subsystem: string;
  message: string;
  fields: Record<string, unknown>;
}

const known = new Set(["0", "1", "_meta", "time"]);

/** Null for a line that is no record: it is then shown as it is. */
export function parseLogLine(line: string): LogRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const meta = isObject(value._meta) ? value._meta : {};
  const time = value.time ?? meta.date;
  return {
    time: typeof time === "string" ? time : "",
    level: typeof meta.logLevelName === "string" ? meta.logLevelName.toLowerCase() : "info",
    subsystem: subsystemOf(value["0"]),
    message: typeof value["1"] === "string" ? value["1"] : typeof value["0"] === "string" ? value["0"] : "",
    fields: Object.fromEntries(Object.entries(value).filter(([key]) => !known.has(key))),
  };
}

function subsystemOf(value: unknown): string {
  let parsed = value;
  if (typeof value === "string") {
    try {
      parsed = JSON.parse(value);
    } catch {
      return "";
    }
  }
  return isObject(parsed) && typeof parsed.subsystem === "string" ? parsed.subsystem : "";
}

/** `14:02:09 warn gateway/ws message key=value`, one line per record so that `grep` sees whole records. */
export function renderLogLine(line: string, style?: Output["style"]): string {
  const record = parseLogLine(line);
  if (!record) return printableLine(line);
  const date = new Date(record.time);
  const time = Number.isNaN(date.getTime()) ? record.time : date.toTimeString().slice(0, 8);
  const fields = Object.entries(record.fields)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  const plain = (t: string) => t;
  const paint = style
    ? ({ error: style.red, fatal: style.red, warn: style.yellow, debug: style.dim, trace: style.dim }[
        record.level
      ] ?? plain)
    : plain;
  const dim = style?.dim ?? plain;
  return [
    dim(time),
    paint(record.level.padEnd(5)),
    ...(record.subsystem ? [dim(printableLine(record.subsystem))] : []),
    paint(printableLine(record.message)),
    ...(fields ? [dim(printableLine(fields))] : []),
  ].join(" ");
}
