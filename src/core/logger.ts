export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/**
 * Where code writes its log. `message` is our own constant text; anything that came from outside goes into `fields`,
 * where it is bounded, escaped and redacted (threats.md 4.15).
 */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  trace(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A logger whose lines carry `subsystem` and the given fields, e.g. a correlation id. */
  child(subsystem: string, fields?: Record<string, unknown>): Logger;
}

export const silentLogger: Logger = {
  log: () => {},
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
