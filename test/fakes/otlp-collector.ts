// An OpenTelemetry collector (OTLP over HTTP, JSON encoding) that takes only what the published format allows.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  start: bigint;
  end: bigint;
  attributes: Record<string, string | number | boolean>;
  error: string | null;
  links: Array<{ traceId: string; spanId: string }>;
  events: string[];
}

export interface OtlpCollector {
  /** For `diagnostics.otel.endpoint`. */
  endpoint: string;
  /** Of all accepted batches, in order. */
  spans: OtlpSpan[];
  /** Bodies as they came, accepted or not. */
  bodies: string[];
  headers: Array<Record<string, unknown>>;
  /** Why bodies were refused. */
  complaints: string[];
  /** What the next requests are answered instead; empty again afterwards. */
  failures: Array<{ status: number; retryAfter?: string } | "hang">;
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1. A body that breaks the format is answered with 400 and noted in `complaints`. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const collector: OtlpCollector = {
    endpoint: "",
    spans: [],
    bodies: [],
    headers: [],
    complaints: [],
    failures: [],
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      collector.bodies.push(body);
      collector.headers.push(request.headers);
      const failure = collector.failures.shift();
      if (failure === "hang") return;
      if (failure) {
        response.writeHead(
          failure.status,
          failure.retryAfter === undefined ? {} : { "retry-after": failure.retryAfter },
        );
        return void response.end();
      }
      try {
        if (request.method !== "POST" || request.url !== "/v1/traces")
          throw new Error(`${request.method} ${request.url} is not POST /v1/traces`);
        if (request.headers["content-type"] !== "application/json")
          throw new Error(`content-type ${String(request.headers["content-type"])}`);
        collector.spans.push(...readBatch(JSON.parse(body)));
      } catch (error) {
        collector.complaints.push(String(error));
        response.writeHead(400, { "content-type": "application/json" });
        return void response.end(JSON.stringify({ code: 3, message: String(error) }));
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  collector.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

type Json = Record<string, unknown>;

function readBatch(body: unknown): OtlpSpan[] {
  return members(body, ["resourceSpans"])["resourceSpans"].flatMap((each) => {
    const { resource, scopeSpans } = fields(each, ["resource", "scopeSpans"]);
    const named = attributes(fields(resource, ["attributes"])["attributes"]);
    if (typeof named["service.name"] !== "string") throw new Error("a resource without service.name");
    return list(scopeSpans).flatMap((scope) => {
      const { scope: who, spans } = fields(scope, ["scope", "spans"]);
      text(fields(who, ["name"])["name"], /./);
      return list(spans).map(readSpan);
    });
  });
}

const spanFields = [
  "traceId",
  "spanId",
  "parentSpanId",
  "name",
  "kind",
  "startTimeUnixNano",
  "endTimeUnixNano",
  "attributes",
  "events",
  "links",
  "status",
];

function readSpan(value: unknown): OtlpSpan {
  const span = fields(value, spanFields);
  const traceId = text(span["traceId"], /^(?!0+$)[0-9a-f]{32}$/);
  const spanId = text(span["spanId"], /^(?!0+$)[0-9a-f]{16}$/);
  const start = BigInt(text(span["startTimeUnixNano"], /^\d{19}$/));
  const end = BigInt(text(span["endTimeUnixNano"], /^\d{19}$/));
  if (end < start) throw new Error("a span that ends before it starts");
  const kind = span["kind"];
  if (typeof kind !== "number" || ![1, 2, 3, 4, 5].includes(kind)) throw new Error(`kind ${String(kind)}`);
  const status = fields(span["status"] ?? {}, ["code", "message"]);
  if (![undefined, 0, 1, 2].includes(status["code"] as number)) throw new Error("a status code unknown");
  return {
    traceId,
    spanId,
    ...(span["parentSpanId"] === undefined
      ? {}
      : { parentSpanId: text(span["parentSpanId"], /^[0-9a-f]{16}$/) }),
    name: text(span["name"], /./),
    kind,
    start,
    end,
    attributes: attributes(span["attributes"] ?? []),
    error: status["code"] === 2 ? text(status["message"], /./) : null,
    links: list(span["links"] ?? []).map((link) => {
      const ids = fields(link, ["traceId", "spanId"]);
      return {
        traceId: text(ids["traceId"], /^[0-9a-f]{32}$/),
        spanId: text(ids["spanId"], /^[0-9a-f]{16}$/),
      };
    }),
    events: list(span["events"] ?? []).map((event) => {
      const told = fields(event, ["timeUnixNano", "name", "attributes"]);
      text(told["timeUnixNano"], /^\d{19}$/);
      attributes(told["attributes"] ?? []);
      return text(told["name"], /./);
    }),
  };
}

function attributes(value: unknown): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list(value).map((each) => {
      const { key, value: held } = fields(each, ["key", "value"]);
      const kinds = Object.entries(held as Json);
      const [kind, inner] = kinds[0] ?? [];
      if (kinds.length !== 1) throw new Error(`a value with ${kinds.length} kinds`);
      const name = text(key, /./);
      if (kind === "stringValue") return [name, text(inner, /^/)];
      if (kind === "boolValue" && typeof inner === "boolean") return [name, inner];
      if (kind === "intValue") return [name, Number(text(inner, /^-?\d+$/))];
      if (kind === "doubleValue" && (typeof inner === "number" || /^(?:NaN|-?Infinity)$/.test(String(inner))))
        return [name, Number(inner)];
      throw new Error(`an attribute of kind ${kind}`);
    }),
  );
}

function fields(value: unknown, known: readonly string[]): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an object");
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`unknown fields ${unknown.join(", ")}`);
  return value as Json;
}

function members<K extends string>(value: unknown, known: readonly K[]): Record<K, unknown[]> {
  const all = fields(value, known);
  return Object.fromEntries(known.map((name) => [name, list(all[name])])) as Record<K, unknown[]>;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("not a list");
  return value;
}

function text(value: unknown, form: RegExp): string {
  if (typeof value !== "string" || !form.test(value))
    throw new Error(`${String(value)} is not ${form.source}`);
  return value;
}
