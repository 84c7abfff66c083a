import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createLimiter, parseJson } from "../guard/index.ts";
import { createRouter } from "./http/router.ts";
import type { Route, RouteRequest } from "./http/route.ts";
import { sendJson } from "./http-api/reply.ts";
import { listenAll } from "./listen.ts";
import type { BrowserRequest } from "./methods/browser.ts";
import { limitsOf, type ServerSettings } from "./settings.ts";

export interface BrowserDoor {
  port: number;
  close(): Promise<void>;
}

const maxBodyBytes = 1024 * 1024;
const maxTimeoutMs = 120_000;

/**
 * The browser control service (HTTP-008, UI-006): `browser.controlPort`, on loopback whatever the gateway is bound to
 * (HID-033), with the gateway's secret as bearer, Host and Origin checked. Null, with the reason in the log, when it
 * cannot be offered: without a secret, or when the port is taken. `browser.request` works all the same.
 */
export async function openBrowserDoor(options: {
  port: number;
  settings: () => ServerSettings;
  request: (request: BrowserRequest) => Promise<unknown>;
  clock: Clock;
  logger: Logger;
}): Promise<BrowserDoor | null> {
  const { logger, clock } = options;
  if (options.settings().auth.mode === "off") {
    logger.warn("no browser control service: gateway.auth.mode is off, and it is never open to everybody");
    return null;
  }
  const { authAttempts, authWindowMs, authLockMs } = limitsOf(options.settings());
  const limiter = createLimiter({
    clock,
    maxCharges: authAttempts,
    windowMs: authWindowMs,
    lockMs: authLockMs,
    maxKeys: 1000,
  });
  const stopping = new AbortController();
  const router = createRouter({
    routes: routes(options.request),
    // Nobody reaches it through a proxy, by another name, or from another page.
    settings: () => ({
      ...options.settings(),
      bind: "loopback",
      tailscaleMode: "off",
      trustedProxies: [],
      allowedHosts: [],
      allowedOrigins: [],
    }),
    limiter,
    verifyIdentity: () => Promise.resolve(null),
    clock,
    logger,
  });
  try {
    const { servers, port } = await listenAll({
      bind: { host: "127.0.0.1", listen: [{ host: "127.0.0.1", optional: false }], loopback: true },
      port: options.port,
      tls: null,
      logger,
      onRequest: (request, response) =>
        void router(request, response, stopping.signal).catch((error: unknown) => {
          logger.error("the browser control service failed", { error: messageOf(error) });
          response.destroy();
        }),
      onUpgrade: (_request, stream) =>
        void stream.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    });
    logger.info("browser control service", { port });
    return {
      port,
      async close() {
        stopping.abort(new Error("the gateway stops"));
        for (const server of servers) server.closeAllConnections();
        await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
      },
    };
  } catch (error) {
    logger.warn("no browser control service", {
      error: messageOf(error),
      hint: "openclaw config set browser.controlPort <another port>",
    });
    return null;
  }
}

function routes(ask: (request: BrowserRequest) => Promise<unknown>): Route[] {
  return ["/", "/*"].map((path) => ({
    methods: ["GET", "POST", "DELETE"],
    path,
    auth: "bearer",
    authority: "admin",
    maxBodyBytes,
    async handle(request, response) {
      const timeoutMs = Number(request.query.get("timeoutMs") ?? 0);
      const answer = await ask({
        method: request.method,
        path: request.path,
        query: Object.fromEntries([...request.query].filter(([name]) => name !== "timeoutMs")),
        body: bodyOf(request),
        signal: request.signal,
        ...(timeoutMs > 0 ? { timeoutMs: Math.min(timeoutMs, maxTimeoutMs) } : {}),
      });
      sendJson(response, 200, answer);
    },
  }));
}

function bodyOf({ body }: RouteRequest): unknown {
  if (body.length === 0) return undefined;
  try {
    return parseJson(Buffer.from(body).toString("utf8"));
  } catch (error) {
    throw new UserError("BROWSER_INPUT", `the body is not valid JSON: ${messageOf(error)}`);
  }
}
