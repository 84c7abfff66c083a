import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { codeOf, messageOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ResolvedBind } from "./bind.ts";
import { describePortOwner } from "../guard/index.ts";
import type { ServerSettings } from "./settings.ts";
import { tlsOptions } from "./tls.ts";

const timeouts = {
  /** Milliseconds for the headers of a request. */
  headersTimeout: 10_000,
  /** Milliseconds for a whole request; large bodies have their own deadlines below it. */
  requestTimeout: 60_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16_384,
};

/** One HTTP(S) server per address, all with the same handler. */
export async function listenAll(options: {
  bind: ResolvedBind;
  port: number;
  tls: ServerSettings["tls"];
  logger: Logger;
  onRequest: RequestListener;
  onUpgrade: (
    request: Parameters<RequestListener>[0],
    stream: import("node:stream").Duplex,
    head: Buffer,
  ) => void;
}): Promise<{ servers: Server[]; port: number }> {
  const servers: Server[] = [];
  let { port } = options;
  for (const { host, optional } of options.bind.listen) {
    const server = makeServer(options.tls, options.onRequest);
    server.on("upgrade", options.onUpgrade);
    // A malformed request gets the plain answer of its kind and nothing about us.
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
      const status =
        error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    });
    try {
      await listenOne(server, host, port);
      servers.push(server);
      if (port === 0) ({ port } = server.address() as AddressInfo);
    } catch (error) {
      if (optional) {
        options.logger.debug("not listening on an optional address", { host, error: messageOf(error) });
        continue;
      }
      for (const started of servers) started.close();
      throw await listenError(error, host, port);
    }
  }
  return { servers, port };
}

function makeServer(tls: ServerSettings["tls"], onRequest: RequestListener): Server {
  if (tls === null) return createHttpServer(timeouts, onRequest);
  return createHttpsServer({ ...timeouts, ...tlsOptions(tls) }, onRequest);
}

function listenOne(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function listenError(error: unknown, host: string, port: number): Promise<Error> {
  const code = codeOf(error);
  const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  if (code === "EADDRINUSE") {
    const owner = await describePortOwner(port);
    return new UserError(
      "PORT_IN_USE",
      `another gateway instance is already listening on ${at} (EADDRINUSE: address already in use${owner === null ? "" : `, by ${owner}`})`,
      { hint: "openclaw gateway status, or choose another port with --port", cause: error },
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "EACCES") {
    const why =
      code === "EACCES" ? "this user may not use that port" : "this machine does not have that address";
    return new UserError("BIND_INVALID", `cannot listen on ${at}: ${why} (${code})`, {
      hint: "openclaw config get gateway.bind --explain",
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}
