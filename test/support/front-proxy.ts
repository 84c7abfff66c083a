// What stands before a gateway in other people's networks: a small HTTP proxy with its mistakes on demand.
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import type { Duplex } from "node:stream";

export interface Front extends AsyncDisposable {
  port: number;
}

/** Listens on a free port of 127.0.0.1 and ends with every connection it has. */
export async function listen(server: Server): Promise<Front> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Passes requests, and upgrades unless told otherwise, to a port of this machine. */
export function startProxy(
  target: number,
  options: {
    /** Answer upgrades like ordinary requests, as a proxy does that was not told about WebSockets. */
    upgrades?: boolean;
    /** Take the upgrade and say nothing any more. */
    swallow?: boolean;
    headers?: (headers: OutgoingHttpHeaders) => OutgoingHttpHeaders;
  } = {},
): Promise<Front> {
  const { upgrades = true, swallow = false, headers = (same) => same } = options;
  const pass = (from: IncomingMessage) =>
    request({ port: target, path: from.url, method: from.method, headers: headers({ ...from.headers }) });
  const server = createServer((from, to) => {
    // Headers that hold for one connection only are not passed on.
    delete from.headers.upgrade;
    delete from.headers.connection;
    const onward = pass(from);
    onward.on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.writeHead(502, { "content-type": "text/html" }).end("<html>502</html>"));
    from.pipe(onward);
  });
  if (upgrades) {
    server.on("upgrade", (from: IncomingMessage, client: Duplex) => {
      if (swallow) return;
      const onward = connect(target, "127.0.0.1", () => {
        const lines = Object.entries(headers({ ...from.headers })).flatMap(([name, value]) =>
          [value ?? []].flat().map((each) => `${name}: ${each}`),
        );
        onward.write(`GET ${from.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
        onward.pipe(client).pipe(onward);
      });
      onward.on("error", () => client.destroy());
    });
  }
  return listen(server);
}

/** Takes connections and never says a word. */
export function startBlackHole(): Promise<Front> {
  return listen(createTcpServer(() => undefined));
}
