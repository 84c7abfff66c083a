// A gateway that speaks the frames of protocol.md 6 and answers what a test tells it to. For tests of the CLI.
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

interface Request {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

/** What a handler may do besides answering by returning; throw `{code, message, details}` to fail. */
export interface FakeCall {
  params: Record<string, unknown>;
  /** The first of two answers. */
  early: (payload: unknown) => void;
  event: (event: string, payload: unknown) => void;
  /** Ends the connection as a crash would. */
  cut: () => void;
}

export interface FakeGateway {
  url: string;
  port: number;
  /** Every request after connect, in order. */
  calls: Array<{ method: string; params: Record<string, unknown> }>;
  /** Parameters of every connect. */
  connects: Array<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. With `token` a connect without it is refused as a real gateway does. */
export async function startFakeGateway(options: {
  token?: string;
  methods: Record<string, (call: FakeCall) => unknown>;
}): Promise<FakeGateway> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const calls: FakeGateway["calls"] = [];
  const connects: FakeGateway["connects"] = [];
  server.on("connection", (socket) => {
    const send = (frame: unknown) => socket.send(JSON.stringify(frame));
    send({ type: "event", event: "connect.challenge", payload: { nonce: "n-1", ts: Date.now() } });
    socket.on("message", (data: Buffer) => {
      const request = JSON.parse(data.toString("utf8")) as Request;
      const fail = (error: unknown) => send({ type: "res", id: request.id, ok: false, error });
      if (request.method === "connect") {
        connects.push(request.params);
        const auth = request.params.auth as { token?: string } | undefined;
        if (options.token !== undefined && auth?.token !== options.token) {
          fail({ code: "AUTH_FAILED", message: "unauthorized: Invalid authentication token" });
          return socket.close(1008, "unauthorized: Invalid authentication token");
        }
        return send({ type: "res", id: request.id, ok: true, payload: hello(Object.keys(options.methods)) });
      }
      calls.push({ method: request.method, params: request.params });
      answer(socket, { request, handler: options.methods[request.method], send, fail });
    });
  });
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    calls,
    connects,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(
  socket: WebSocket,
  call: {
    request: Request;
    handler: ((call: FakeCall) => unknown) | undefined;
    send: (frame: unknown) => void;
    fail: (error: unknown) => void;
  },
): void {
  const { request, handler, send, fail } = call;
  if (!handler) return fail({ code: "INVALID_REQUEST", message: `unknown method: ${request.method}` });
  const respond = (payload: unknown) => send({ type: "res", id: request.id, ok: true, payload });
  Promise.resolve()
    .then(() =>
      handler({
        params: request.params,
        early: respond,
        event: (event, payload) => send({ type: "event", event, payload }),
        cut: () => socket.terminate(),
      }),
    )
    .then(respond, fail);
}

function hello(methods: string[]): unknown {
  return {
    type: "hello-ok",
    protocol: 3,
    server: { version: "2026.11.21", connId: "c-1" },
    features: { methods, events: ["agent", "chat", "exec.approval.requested"] },
    snapshot: { presence: [], health: {}, stateVersion: { presence: 1, health: 1 }, uptimeMs: 9_240_000 },
    policy: { maxPayload: 524288, maxBufferedBytes: 1572864, tickIntervalMs: 30000 },
  };
}
