export { createLogger } from "./logger.ts";
export { createLogWriter } from "./log-writer.ts";
export { createRedactor } from "./redact.ts";
export { listLogFiles, logPlace, type LogPlace } from "./log-files.ts";
export { tailLog } from "./tail-log.ts";
export { type ConditionCode } from "./health-conditions.ts";
export { createHealthRegistry, type Finding, type HealthCondition, type HealthSource } from "./health.ts";
export { evidenceOf } from "./evidence.ts";
export { watchLoopDelay, type LoopDelay } from "./loop-delay.ts";
export { createMetricSet, type Sample } from "./metrics.ts";
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
