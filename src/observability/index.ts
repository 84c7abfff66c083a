export { createLogger, type LoggerOptions, type LogThreshold } from "./logger.ts";
export { createLogWriter, type LogWriter } from "./log-writer.ts";
export { createRedactor, type Redactor } from "./redact.ts";
export { currentPath, dayOf, listLogFiles, logPlace, type LogPlace } from "./log-files.ts";
export { tailLog, type LogTail, type LogTailQuery } from "./tail-log.ts";
