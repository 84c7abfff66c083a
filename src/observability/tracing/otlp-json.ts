import type { Attributes, AttributeValue, Span, SpanKind } from "./span.ts";

/** Longer values are cut: what clients choose freely (run ids, model names) must not grow a batch. */
const maxValue = 256;

const kinds: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

/**
 * A batch as the body of `POST /v1/traces` in the JSON encoding of OTLP 1.x (opentelemetry.io, "OTLP specification",
 * "JSON Protobuf Encoding"): ids in hexadecimal, 64-bit numbers as strings, enumerations as numbers.
 */
export function otlpJson(spans: readonly Span[], resource: Attributes): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "openclaw" }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: Span) {
  const { parentSpanId, links = [], events = [] } = span;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: nanos(span.startMs),
    endTimeUnixNano: nanos(Math.max(span.startMs, span.endMs)),
    attributes: attributesOf(
      span.error === null ? span.attributes : { ...span.attributes, "error.type": span.error },
    ),
    ...(events.length === 0
      ? {}
      : {
          events: events.map(({ name, atMs, attributes = {} }) => ({
            timeUnixNano: nanos(atMs),
            name,
            attributes: attributesOf(attributes),
          })),
        }),
    ...(links.length === 0 ? {} : { links: links.map(({ traceId, spanId }) => ({ traceId, spanId })) }),
    status: span.error === null ? {} : { code: 2, message: span.error.slice(0, maxValue) },
  };
}

function attributesOf(attributes: Attributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: AttributeValue) {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value.slice(0, maxValue).toWellFormed() };
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  // JSON has no NaN and no infinity; protobuf's JSON spells them as strings.
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);
