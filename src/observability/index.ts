export { createLogger, type LoggerOptions, type LogThreshold } from "./logger.ts";
export { createLogWriter, type LogWriter } from "./log-writer.ts";
export { createRedactor, type Redactor } from "./redact.ts";
export { currentPath, listLogFiles, logPlace, type LogPlace } from "./log-files.ts";
export { tailLog, type LogTail, type LogTailQuery } from "./tail-log.ts";
export {
  conditionKinds,
  type ConditionCode,
  type ConditionKind,
  type Severity,
} from "./health-conditions.ts";
export {
  createHealthRegistry,
  type Finding,
  type HealthCondition,
  type HealthRegistry,
  type HealthSource,
} from "./health.ts";
export { evidenceOf, type Evidence, type Proof } from "./evidence.ts";
export { watchLoopDelay, type LoopDelay } from "./loop-delay.ts";
export { createMetricSet, type Counter, type Histogram, type MetricSet, type Sample } from "./metrics.ts";
export {
  createSpanExporter,
  isSampled,
  spanIdOf,
  traceIdOf,
  type Attributes,
  type ExporterStats,
  type SendAnswer,
  type Span,
  type SpanExporter,
  type SpanLink,
} from "./tracing/index.ts";
