import type { IncomingMessage, ServerResponse } from "node:http";
import { authorize, type Principal } from "../../core/authority.ts";
import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError, codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Limiter } from "../../guard/index.ts";
import { readBody } from "../../guard/index.ts";
import { authenticateRequest } from "../auth/bearer.ts";
import type { IdentityVerifier } from "../auth/tailscale-identity.ts";
import { clientAddress } from "../auth/client-address.ts";
import { isMachineFailure } from "../machine-failure.ts";
import type { ServerSettings } from "../settings.ts";
import { checkHost, checkOrigin } from "./origin.ts";
import { canonicalSegments, splitTarget } from "./path.ts";
import { sendError, sendText, setSecurityHeaders } from "./respond.ts";
import type { Route } from "./route.ts";

export interface RouterOptions {
  routes: readonly Route[];
  settings: () => ServerSettings;
  limiter: Limiter;
  verifyIdentity: IdentityVerifier;
  clock: Clock;
  logger: Logger;
  /** Answers GET and HEAD of paths no route matches: the Control UI. False when it does not want it either. */
  fallback?: (request: IncomingMessage, response: ServerResponse, segments: readonly string[]) => boolean;
}

export type Router = (
  request: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
) => Promise<void>;

interface Compiled {
  route: Route;
  segments: string[];
}

/**
 * The one road of HTTP requests. Order: canonical path → Host → route → Origin for what changes state → authority →
 * method → content type → body → handler. A path without a route and one the caller may not use look alike to
 * strangers only where the route asks for a bearer: both need one first.
 * @throws Error at construction when two routes have the same method and path: none may shadow another.
 */
export function createRouter(options: RouterOptions): Router {
  const compiled = compile(options.routes);
  return async (request, response, stopping) => {
    setSecurityHeaders(response);
    try {
      await answer(request, response, stopping, compiled, options);
    } catch (error) {
      fail(response, error, options.logger);
    }
  };
}

function compile(routes: readonly Route[]): Compiled[] {
  const seen = new Set<string>();
  return routes.map((route) => {
    const segments = route.path.split("/").filter((segment) => segment !== "");
    for (const method of route.methods) {
      const key = `${method} /${segments.map((segment) => (segment.startsWith(":") ? ":" : segment)).join("/")}`;
      if (seen.has(key)) throw new Error(`two routes for ${key}`);
      seen.add(key);
    }
    return { route, segments };
  });
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return null;
    if (part === "*") {
      params["*"] = segments.slice(index).join("/");
      return params;
    }
    if (part.startsWith(":")) params[part.slice(1)] = segment;
    else if (part !== segment) return null;
  }
  return pattern.length === segments.length ? params : null;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
  compiled: readonly Compiled[],
  options: RouterOptions,
): Promise<void> {
  const settings = options.settings();
  const { pathname, query } = splitTarget(request.url ?? "/");
  const segments = canonicalSegments(pathname);
  if (segments === null) {
    return sendError(response, 400, { message: "the path is not canonical", type: "invalid_request_error" });
  }
  const found = compiled
    .map((entry) => ({ route: entry.route, params: match(entry.segments, segments) }))
    .filter((entry) => entry.params !== null && (entry.route.enabled?.() ?? true));
  const host = checkHost(request, settings);
  if (!host.allowed && !found.some((entry) => entry.route.anyHost === true)) {
    return sendError(response, 403, { message: host.message, type: "forbidden", hint: host.hint });
  }
  const method = request.method ?? "GET";
  const chosen =
    found.find((entry) => (entry.route.methods as readonly string[]).includes(method)) ??
    found.find((entry) => method === "HEAD" && entry.route.methods.includes("GET")) ??
    found[0];
  if (chosen === undefined) return unmatched(request, response, segments, options);
  const { route } = chosen;
  const reads = method === "GET" || method === "HEAD";
  const origin = reads ? null : checkOrigin(request, settings);
  if (origin?.allowed === false) {
    return sendError(response, 403, { message: origin.message, type: "forbidden", hint: origin.hint });
  }
  let principal: Principal | null = null;
  const address = clientAddress(request, settings);
  if (route.auth === "bearer" && !(route.directToo === true && address.direct)) {
    const { limiter, verifyIdentity } = options;
    const decision = await authenticateRequest(request, { settings, limiter, verifyIdentity });
    if (!decision.ok) return unauthorized(response, decision);
    const verdict = authorize(decision.principal, route.authority ?? "write");
    if (!verdict.allowed) return sendError(response, 403, { message: verdict.message, type: "forbidden" });
    principal = decision.principal;
  }
  const path = `/${segments.join("/")}`;
  if (route.admit) {
    principal = route.admit({ method, path, query, headers: request.headers, address }, response);
    if (principal === null) return;
  }
  const allow = [...new Set(found.flatMap((entry) => entry.route.methods))];
  const accepted = (allow as string[]).includes(method) || (method === "HEAD" && allow.includes("GET"));
  if (!accepted) {
    response.setHeader("Allow", allow.join(", "));
    return sendText(response, 405, "Method Not Allowed");
  }
  const type = request.headers["content-type"];
  if (!reads && type !== undefined && route.anyContentType !== true && !isJson(type)) {
    return sendError(response, 415, {
      message: `content type ${JSON.stringify(type.slice(0, 80))} is not accepted`,
      type: "invalid_request_error",
      hint: "send Content-Type: application/json",
    });
  }
  const body =
    route.maxBodyBytes > 0 && !reads
      ? await readBody(request, { clock: options.clock, maxBytes: route.maxBodyBytes })
      : new Uint8Array();
  const gone = new AbortController();
  response.once("close", () => gone.abort(new OpenClawError("CONNECTION_CLOSED", "the client went away")));
  await route.handle(
    {
      method,
      path,
      params: chosen.params ?? {},
      query,
      headers: request.headers,
      body,
      principal,
      remoteAddress: address.ip,
      signal: AbortSignal.any([gone.signal, stopping]),
    },
    response,
  );
}

function isJson(contentType: string): boolean {
  const media = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  return media === "application/json" || media.endsWith("+json");
}

function unmatched(
  request: IncomingMessage,
  response: ServerResponse,
  segments: readonly string[],
  options: RouterOptions,
): void {
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && options.fallback?.(request, response, segments) === true) return;
  if (!reads && options.fallback !== undefined) {
    response.setHeader("Allow", "GET, HEAD");
    return sendText(response, 405, "Method Not Allowed");
  }
  sendText(response, 404, "Not Found");
}

function unauthorized(
  response: ServerResponse,
  decision: { status: 401 | 429; retryAfterMs?: number },
): void {
  if (decision.status === 429) {
    response.setHeader("Retry-After", Math.ceil((decision.retryAfterMs ?? 1000) / 1000));
    return sendError(response, 429, { message: "Too many failed attempts", type: "rate_limited" });
  }
  response.setHeader("WWW-Authenticate", 'Bearer realm="openclaw"');
  sendError(response, 401, { message: "Unauthorized", type: "unauthorized" });
}

const statusOf: Record<string, number> = {
  BODY_TOO_LARGE: 413,
  BODY_TIMEOUT: 408,
  BODY_ENCODING: 415,
};

/** What a handler threw, as an answer: the caller's mistakes with their text, bugs without. */
function fail(response: ServerResponse, error: unknown, logger: Logger): void {
  const code = codeOf(error) ?? "";
  if (code === "BODY_ABORTED" || code === "CONNECTION_CLOSED" || response.destroyed) return;
  const known = error instanceof OpenClawError;
  if (!known)
    logger.error("an HTTP handler failed", { error: messageOf(error), stack: (error as Error).stack });
  if (response.headersSent) {
    // Mid-stream nothing can be said any more: cutting the connection is what clients notice.
    response.destroy();
    return;
  }
  if ((error instanceof UserError && !isMachineFailure(code)) || code in statusOf) {
    const { message, hint } = error as OpenClawError;
    // The rest of an unread body is not worth receiving.
    if (code.startsWith("BODY_")) response.setHeader("Connection", "close");
    return sendError(response, statusOf[code] ?? 400, { message, type: "invalid_request_error", hint });
  }
  if (known)
    return sendError(response, 503, { message: error.message, type: "unavailable", hint: error.hint });
  sendError(response, 500, { message: "internal error; see the gateway log", type: "api_error" });
}
