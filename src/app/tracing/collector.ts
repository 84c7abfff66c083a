import { isObject } from "../../core/json.ts";
import type { GuardedFetch } from "../../guard/index.ts";
import type { SendAnswer } from "../../observability/index.ts";

const limits = { headersTimeoutMs: 10_000, totalTimeoutMs: 15_000, maxBytes: 64 * 1024, maxRedirects: 0 };

/** Where traces are posted: the endpoint itself, or the path the standard gives below it. */
export function tracesUrl(endpoint: string): URL {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith("/v1/traces")) url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  return url;
}

/** Posts one batch to an OTLP/HTTP collector. Rejects when nobody answers. */
export async function postTraces(
  options: { fetch: GuardedFetch; url: URL; headers: Readonly<Record<string, string>> },
  body: string,
  signal: AbortSignal,
): Promise<SendAnswer> {
  const response = await options.fetch(options.url, {
    method: "POST",
    headers: { ...options.headers, "content-type": "application/json" },
    body,
    signal,
    limits,
  });
  const text = await response.text();
  const retryAfter = Number(response.headers.get("retry-after"));
  return {
    status: response.status,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
    rejected: response.ok ? rejectedSpans(text) : 0,
  };
}

/** A collector that answers with protobuf or nothing has taken all. */
function rejectedSpans(text: string): number {
  try {
    const answer: unknown = JSON.parse(text);
    const partial = isObject(answer) ? answer["partialSuccess"] : undefined;
    return isObject(partial) ? Math.max(0, Number(partial["rejectedSpans"] ?? 0)) || 0 : 0;
  } catch {
    return 0;
  }
}
