// Traces in the OTLP format: what a span is, how it is written, and how it gets to a collector (docs/monitoring.md).
export { createSpanExporter, type ExporterStats, type SendAnswer, type SpanExporter } from "./exporter.ts";
export { isSampled, spanIdOf, traceIdOf, type Attributes, type Span, type SpanLink } from "./span.ts";
