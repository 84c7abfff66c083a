import { hostname } from "node:os";
import { styleText } from "node:util";
import type { Clock } from "../core/clock.ts";
import type { Logger, LogLevel } from "../core/logger.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Redactor } from "./redact.ts";

export type LogThreshold = LogLevel | "silent";

/** Numbers as in the files of the existing system (protocol.md 3.1). */
const levelIds: Record<LogLevel, number> = { trace: 1, debug: 2, info: 3, warn: 4, error: 5, fatal: 6 };
const rank = (level: LogThreshold) => (level === "silent" ? 99 : levelIds[level]);

export interface LoggerOptions {
  clock: Clock;
  redactor: Redactor;
  /** Least severe level written to the file. */
  level: LogThreshold;
  writer: LogWriter | null;
  /** Where people look: a terminal or a service's output; null for none. */
  console: {
    level: LogThreshold;
    style: "pretty" | "compact" | "json";
    colour: boolean;
    write: (text: string, level: LogLevel) => void;
  } | null;
}

const reserved = new Set(["0", "1", "_meta", "time"]);

/** A logger over a file and a console. Logging never throws. */
export function createLogger(options: LoggerOptions): Logger {
  // Asked each time: the levels may be getters over a configuration that changes.
  const lowest = () =>
    Math.min(rank(options.writer ? options.level : "silent"), rank(options.console?.level ?? "silent"));
  const meta = {
    name: "openclaw",
    hostname: hostname(),
    runtime: "node",
    runtimeVersion: process.versions.node,
  };

  function make(subsystem: string, bound: Record<string, unknown>): Logger {
    function log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
      const id = levelIds[level];
      if (id < lowest()) return;
      const time = new Date(options.clock.now()).toISOString();
      const safe = options.redactor.value({ ...bound, ...fields }) as Record<string, unknown>;
      const text = options.redactor.text(message);
      const own = Object.fromEntries(
        Object.entries(safe).map(([name, value]) => [reserved.has(name) ? `_${name}` : name, value]),
      );
      const line = () =>
        `${JSON.stringify({
          "0": JSON.stringify({ subsystem }),
          "1": text,
          ...own,
          _meta: { date: time, logLevelId: id, logLevelName: level.toUpperCase(), ...meta },
          time,
        })}\n`;
      if (options.writer && id >= rank(options.level)) {
        options.writer.write(line());
        if (id >= levelIds.error) options.writer.flush();
      }
      if (options.console && id >= rank(options.console.level)) {
        options.console.write(
          options.console.style === "json"
            ? line()
            : forPeople(level, time, subsystem, text, own, options.console),
          level,
        );
      }
    }
    return {
      log,
      trace: (message, fields) => log("trace", message, fields),
      debug: (message, fields) => log("debug", message, fields),
      info: (message, fields) => log("info", message, fields),
      warn: (message, fields) => log("warn", message, fields),
      error: (message, fields) => log("error", message, fields),
      child: (name, fields) => make(name, { ...bound, ...fields }),
    };
  }
  return make("gateway", {});
}

const colours = {
  trace: "dim",
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red",
} as const;
// Control characters from fields must not reach a terminal.
const plain = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");

function forPeople(
  level: LogLevel,
  time: string,
  subsystem: string,
  text: string,
  fields: Record<string, unknown>,
  style: { style: "pretty" | "compact" | "json"; colour: boolean },
): string {
  const paint = (format: Parameters<typeof styleText>[0], value: string) =>
    style.colour ? styleText(format, value, { validateStream: false }) : value;
  const details = Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  const clock = new Date(time).toTimeString().slice(0, 8);
  const head =
    style.style === "compact"
      ? clock
      : `${paint("dim", clock)} ${paint(colours[level], level.padEnd(5))} ${paint("dim", subsystem)}`;
  return `${head} ${plain(text)}${details ? ` ${paint("dim", plain(details))}` : ""}\n`;
}
