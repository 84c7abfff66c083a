import type { Logger } from "../../src/core/logger.ts";

/** A logger that appends every line, whatever its level, as text to `lines`. */
export function recorder(lines: string[]): Logger {
  const write = (message: string, fields: unknown) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    log: (_level, message, fields) => write(message, fields),
    trace: write,
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => logger,
  };
  return logger;
}
