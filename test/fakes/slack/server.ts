import type { IncomingMessage, ServerResponse } from "node:http";
import { listenFaulty, readBody } from "../faulty-server.ts";
import { createMethods, Refusal } from "./methods.ts";
import type { Platform, User } from "./platform.ts";
import { createSockets } from "./sockets.ts";

/** What people could see of a call: faults of "sends" hit these. */
const isSend = (method: string) =>
  /^(?:chat\.(?:postMessage|update|delete)|reactions\.|files\.completeUploadExternal)/.test(method);

export const botTokens = (name: string) => ({ bot: `xoxb-double-${name}`, app: `xapp-double-${name}` });

/** The Web API, file hosting and Socket Mode on 127.0.0.1. */
export async function serveSlack(platform: Platform, us: User, options: { port?: number } = {}) {
  const faults = {
    rateLimited: 0,
    retryAfterMs: 0,
    failing: 0,
    down: false,
    revoked: false,
    slowMs: 0,
    losingAnswers: 0,
    losingRequests: 0,
    /** So many calls for history are too many. */
    historyLimited: 0,
  };
  const calls: string[] = [];
  const methods = createMethods(platform, us);
  const sockets = createSockets(platform);
  let working = 0;
  const server = await listenFaulty({
    port: options.port,
    answer,
    prepare: (made) => sockets.attach(made),
    onClose: () => sockets.endAll(),
  });
  const { port } = server;
  const url = `http://127.0.0.1:${port}`;
  platform.base = url;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    working += 1;
    try {
      const body = await readBody(request);
      if (server.isMute(request.socket)) return;
      route(request, response, body);
    } catch {
      request.socket.destroy();
    } finally {
      working -= 1;
    }
  }

  function route(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const path = decodeURIComponent(request.url ?? "");
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const [, upload] = /^\/upload\/v1\/(\w+)$/.exec(path) ?? [];
    const [, file] = /^\/files-pri\/(\w+)\//.exec(path) ?? [];
    const [, method = ""] = /^\/api\/([\w.]+)$/.exec(path) ?? [];
    calls.push(method || path);
    if (faults.down) return json(request, response, 503, { ok: false, error: "service_unavailable" });
    if (upload !== undefined) {
      const place = platform.uploads.get(upload);
      if (!place) return void response.writeHead(404).end();
      place.content = body;
      return void response.writeHead(200).end(`OK - ${body.length}`);
    }
    if (file !== undefined) {
      const found = platform.files.get(file);
      if (!token.startsWith("xoxb-") || !found)
        return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>");
      return void response.writeHead(200, { "content-type": found.mimeType }).end(Buffer.from(found.content));
    }
    callMethod({ request, response }, { method, token, body });
  }

  function callMethod(
    { request, response }: { request: IncomingMessage; response: ServerResponse },
    { method, token, body }: { method: string; token: string; body: Buffer },
  ): void {
    const refuse = (error: string) => json(request, response, 200, { ok: false, error });
    if (faults.revoked) return refuse("token_revoked");
    if (method === "conversations.history" && faults.historyLimited > 0) {
      faults.historyLimited -= 1;
      response.setHeader("retry-after", "30");
      return json(request, response, 429, { ok: false, error: "ratelimited" });
    }
    if (isSend(method)) {
      if (faults.losingRequests > 0) {
        faults.losingRequests -= 1;
        return void request.socket.destroy();
      }
      if (faults.rateLimited > 0) {
        faults.rateLimited -= 1;
        response.setHeader("retry-after", String(Math.ceil(faults.retryAfterMs / 1000)));
        return json(request, response, 429, { ok: false, error: "ratelimited" });
      }
      if (faults.failing > 0) {
        faults.failing -= 1;
        return void response.writeHead(500, { "content-type": "text/html" }).end("<h1>Server Error</h1>");
      }
    }
    if (method === "apps.connections.open") {
      if (!token.startsWith("xapp-double-")) return refuse("not_allowed_token_type");
      const address = `ws://127.0.0.1:${port}/link/?ticket=${sockets.ticket()}`;
      return json(request, response, 200, { ok: true, url: address });
    }
    if (!token.startsWith("xoxb-double-")) return refuse("invalid_auth");
    const known = methods[method];
    if (!known) return refuse("unknown_method");
    try {
      const result = known(Object.fromEntries(new URLSearchParams(body.toString("utf8"))));
      if (isSend(method) && faults.losingAnswers > 0) {
        faults.losingAnswers -= 1;
        return void request.socket.destroy();
      }
      json(request, response, 200, { ok: true, ...result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(error.message);
    }
  }

  function json(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
    if (server.isMute(request.socket)) return;
    const tell = () =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    // What was asked is done at once; only the answer takes its time.
    if (faults.slowMs > 0) platform.clock.after(faults.slowMs, tell);
    else tell();
  }

  return {
    url,
    apiRoot: `${url}/api`,
    faults,
    /** Methods that were called, in their order. */
    calls,
    sockets,
    busy: () => working > 0,
    slow(ms: number): void {
      faults.slowMs = ms;
      sockets.slow(ms);
    },
    revoke(on: boolean): void {
      faults.revoked = on;
      if (on) sockets.endAll();
    },
    halfOpen(): void {
      sockets.halfOpen();
      server.halfOpen();
    },
    cut: server.cut,
    stop: server.stop,
  };
}
