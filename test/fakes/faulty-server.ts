import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** An HTTP server of a double, with the faults a network has. */
export interface FaultyServer {
  port: number;
  /** Whether this connection was made half open: it stays, and carries nothing more. */
  isMute: (socket: Socket) => boolean;
  /** Makes the connections that are open now half open. */
  halfOpen: () => void;
  /** Resets the connections that are open now. */
  endConnections: () => void;
  /** Resets what is open and refuses what comes, until `false`: then it listens at the same port again. */
  cut: (on: boolean) => Promise<void>;
  stop: () => Promise<void>;
}

/** Listens on 127.0.0.1. `prepare` sees each server before it listens, `onClose` is told before connections are reset. */
export async function listenFaulty(options: {
  port?: number | undefined;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  prepare?(server: Server): void;
  onClose?(): void;
}): Promise<FaultyServer> {
  const connections = new Set<Socket>();
  const mute = new WeakSet<Socket>();
  let server = await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  async function listen(at: number): Promise<Server> {
    const made = createServer((request, response) => void options.answer(request, response));
    made.keepAliveTimeout = 60_000;
    made.on("connection", (socket) => {
      connections.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => connections.delete(socket));
    });
    options.prepare?.(made);
    await new Promise<void>((resolve, reject) => {
      made.once("error", reject);
      made.listen(at, "127.0.0.1", resolve);
    });
    return made;
  }

  const endConnections = () => {
    for (const socket of connections) socket.resetAndDestroy();
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      options.onClose?.();
      endConnections();
    });

  return {
    port,
    isMute: (socket) => mute.has(socket),
    halfOpen() {
      for (const socket of connections) mute.add(socket);
    },
    endConnections,
    async cut(on) {
      if (on && server.listening) await close();
      if (!on && !server.listening) server = await listen(port);
    },
    stop: () => (server.listening ? close() : Promise.resolve()),
  };
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
