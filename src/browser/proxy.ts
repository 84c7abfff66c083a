import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createGuardedConnect } from "../guard/index.ts";

export interface FilterProxy {
  port: number;
  /** Why the last try to reach a host was refused, and forgets it; null when it was not. */
  refusalOf(host: string): string | null;
  /** Tries that were refused so far. */
  refused(): number;
  close(): Promise<void>;
}

export interface FilterProxyOptions {
  clock: Clock;
  logger: Logger;
  /** Exact private origins that may be reached. */
  allowOrigins: () => readonly string[];
  /** Addresses of a name; default the system's resolver. */
  resolve?: (hostname: string) => Promise<string[]>;
  /** Bytes from a server over one connection. Default 256 MiB. */
  maxBytes?: number;
}

const maxSockets = 512;
const idleMs = 300_000;
const maxRemembered = 200;
/** What the browser itself calls unasked (updates, time, lists); no page needs it, and nobody asked for it. */
const chatter = new Set([
  "clients1.google.com",
  "clients2.google.com",
  "clients4.google.com",
  "clientservices.googleapis.com",
  "content-autofill.googleapis.com",
  "edge.microsoft.com",
  "optimizationguide-pa.googleapis.com",
  "redirector.gvt1.com",
  "safebrowsing.googleapis.com",
  "update.googleapis.com",
]);
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The only way out of the browser. Every host a page names, by whatever means (address bar, script, redirect, WebSocket,
 * frame), is resolved here and dialled only at a public address that is not this machine's own (threats.md 4.11).
 */
export async function startFilterProxy(options: FilterProxyOptions): Promise<FilterProxy> {
  const { logger, maxBytes = 256 * 1024 * 1024 } = options;
  const guard = { clock: options.clock, allowHttp: true, refuseOwnAddresses: true };
  const resolve = options.resolve ? { resolve: options.resolve } : {};
  const plain = createGuardedConnect({ ...guard, ...resolve, allowOrigins: options.allowOrigins });
  // A tunnel does not say what it carries: ws:// uses one too.
  const tunnelled = createGuardedConnect({
    ...guard,
    ...resolve,
    allowOrigins: () => options.allowOrigins().flatMap(asTunnel),
  });
  const refusals = new Map<string, string>();
  const sockets = new Set<Duplex>();
  let count = 0;

  const refuse = (host: string, error: unknown) => {
    count++;
    refusals.delete(host);
    refusals.set(host, messageOf(error));
    const oldest = refusals.keys().next();
    if (refusals.size > maxRemembered && !oldest.done) refusals.delete(oldest.value);
    logger.debug("a page was kept from an address", { host, error: messageOf(error) });
  };
  const keep = <S extends Duplex>(socket: S): S => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (sockets.size > maxSockets) socket.destroy();
    return socket;
  };
  const bounded = (socket: Socket): Socket => {
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) socket.destroy();
    });
    return keep(socket.setTimeout(idleMs, () => socket.destroy()));
  };

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? "") ? new URL(request.url ?? "") : null;
    // A request that is not meant for a proxy: somebody asks us.
    if (url?.protocol !== "http:") return void response.writeHead(400).end();
    if (chatter.has(url.hostname)) return void response.writeHead(403).end();
    let socket: Socket;
    try {
      socket = bounded(await plain(url));
    } catch (error) {
      refuse(url.host, error);
      return void response
        .writeHead(403, { "content-type": "text/plain; charset=utf-8" })
        .end(`${messageOf(error)}\n`);
    }
    const headers = without(request);
    headers["host"] = url.host;
    const onward = httpRequest(
      {
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers,
        createConnection: () => socket,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, without(answer));
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.on("close", () => socket.destroy());
    request.pipe(onward);
  }

  async function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = `https://${request.url ?? ""}`;
    const url = URL.canParse(target) ? new URL(target) : null;
    if (url === null || url.pathname !== "/" || url.search !== "")
      return void client.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    if (chatter.has(url.hostname)) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    try {
      const socket = bounded(await tunnelled(url));
      if (client.destroyed) return void socket.destroy();
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) socket.write(head);
      socket.pipe(client).pipe(socket);
      socket.once("close", () => client.destroy());
      client.once("close", () => socket.destroy());
    } catch (error) {
      refuse(url.host, error);
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    }
  }

  const server = createServer((request, response) => {
    forward(request, response).catch((error: unknown) => {
      logger.warn("the browser's proxy failed", { error: messageOf(error) });
      response.destroy();
    });
  });
  server.on("connection", (socket) => keep(socket));
  server.on("connect", (request, client, head: Buffer) => void tunnel(request, client, head));
  // What asks for an upgrade in plain http gets its answer like anything else.
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((ready, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", ready);
  });
  return {
    port: (server.address() as AddressInfo).port,
    refusalOf(host) {
      const reason = refusals.get(host) ?? null;
      refusals.delete(host);
      return reason;
    },
    refused: () => count,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** The origin as a tunnel names it: host and port, whatever the scheme was. */
function asTunnel(origin: string): string[] {
  if (!URL.canParse(origin)) return [];
  const { protocol, hostname, port } = new URL(origin);
  const number = port || (protocol === "https:" ? "443" : "80");
  return [new URL(`https://${hostname}:${number}`).origin];
}

function without(message: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined && !hopByHop.has(name)) headers[name] = value;
  return headers;
}
