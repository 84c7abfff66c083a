import type { ServerResponse } from "node:http";
import type { Principal } from "../../core/authority.ts";
import { constantTimeEqual, createLimiter, type Limiter } from "../../guard/index.ts";
import type { GatewayServices } from "../contract.ts";
import { sendText } from "../http/respond.ts";
import type { RequestHead, Route } from "../http/route.ts";
import type { GatewayMetrics } from "../metrics.ts";
import { settingsOf } from "../methods/settings.ts";

/**
 * `GET /metrics` for Prometheus. It exists only while `gateway.metrics.enabled` is on and `gateway.metrics.token` is
 * set to something else than the gateway's own secret: whoever reads figures must not be able to do anything else.
 */
export function createMetricsRoute(services: GatewayServices, metrics: Pick<GatewayMetrics, "text">): Route {
  const { rateLimit } = settingsOf(services).gateway.auth;
  const limiter = createLimiter({
    clock: services.clock,
    maxCharges: rateLimit.maxAttempts,
    windowMs: rateLimit.windowMs,
    lockMs: rateLimit.lockoutMs,
    maxKeys: 10_000,
  });
  return {
    methods: ["GET"],
    path: "/metrics",
    auth: "own",
    maxBodyBytes: 0,
    admit: (head, response) => admitScrape(services, limiter, head, response),
    handle(_request, response) {
      const text = metrics.text();
      response.statusCode = 200;
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      response.setHeader("Content-Length", Buffer.byteLength(text));
      response.end(response.req.method === "HEAD" ? undefined : text);
    },
  };
}

function usableToken(services: GatewayServices): string | null {
  const { metrics, auth } = settingsOf(services).gateway;
  const { enabled, token = "" } = metrics;
  return enabled && token !== "" && token !== auth.token && token !== auth.password ? token : null;
}

function admitScrape(
  services: GatewayServices,
  limiter: Limiter,
  { headers, address }: RequestHead,
  response: ServerResponse,
): Principal | null {
  const expected = usableToken(services);
  // Said here and not by a missing route: then the page of the Control UI would be answered.
  if (expected === null) {
    sendText(response, 404, "Not Found");
    return null;
  }
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const refuse = (status: 401 | 429, text: string) => {
    if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="openclaw metrics"');
    sendText(response, status, text);
    return null;
  };
  // Nothing presented is no guess: it is refused without a charge.
  if (given === "") return refuse(401, "Unauthorized");
  const charge = limiter.charge(`metrics|${address.limitKey}`);
  if (!charge.allowed) {
    response.setHeader("Retry-After", Math.ceil(charge.retryAfterMs / 1000));
    return refuse(429, "Too many failed attempts");
  }
  if (!constantTimeEqual(given, expected)) return refuse(401, "Unauthorized");
  charge.refund();
  return Object.freeze({
    kind: "operator",
    id: "http:metrics",
    role: "operator",
    scopes: new Set<never>(),
    owner: false,
  });
}
