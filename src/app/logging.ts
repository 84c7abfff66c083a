import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Secret } from "../core/secret.ts";
import type { OpenClawConfig } from "../config/index.ts";
import {
  createLogger,
  createLogWriter,
  createRedactor,
  logPlace,
  type LogPlace,
} from "../observability/index.ts";
import type { Paths } from "../state/paths.ts";
import { expandPath } from "./settings.ts";

export interface GatewayLog {
  logger: Logger;
  place: LogPlace;
  close(): void;
}

/** Where the log files are (`logging.file`, else the state directory's logs). */
function logPlaceOf(config: OpenClawConfig, paths: Paths): LogPlace {
  const { file } = config.logging;
  return logPlace(file ? expandPath(file, paths) : join(paths.logsDir, "openclaw-{date}.log"));
}

/** The gateway's log: the daily file, and standard output and error for whoever watches the process. */
export function openGatewayLog(options: {
  /** Levels are taken from it at each line, everything else once. */
  config: () => OpenClawConfig;
  paths: Paths;
  clock: Clock;
  verbose: boolean;
  secrets: () => readonly Secret[];
}): GatewayLog {
  const { config, clock } = options;
  const { logging } = config();
  const place = logPlaceOf(config(), options.paths);
  const writer = createLogWriter({
    place,
    clock,
    maxFileBytes: logging.maxFileBytes,
    retainDays: logging.retainDays,
    onTrouble: (message) => process.stderr.write(`openclaw: ${message}\n`),
  });
  const redactor = createRedactor({
    secrets: options.secrets,
    patterns: logging.redactPatterns,
    onBadPattern: (pattern) =>
      process.stderr.write(
        `openclaw: logging.redactPatterns: ${JSON.stringify(pattern)} is not a regular expression and is ignored\n`,
      ),
  });
  const logger = createLogger({
    clock,
    redactor,
    get level() {
      return options.verbose ? "trace" : config().logging.level;
    },
    writer,
    console: {
      get level() {
        return options.verbose ? "trace" : config().logging.consoleLevel;
      },
      style: logging.consoleStyle,
      colour: process.stdout.isTTY && !process.env["NO_COLOR"],
      write: (text, level) =>
        void (
          level === "error" || level === "fatal" || level === "warn" ? process.stderr : process.stdout
        ).write(text),
    },
  });
  return { logger, place, close: () => writer.close() };
}
