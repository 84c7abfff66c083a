import { WebSocket } from "ws";
import { token } from "./gateway.ts";

interface Frame {
  type: string;
  id?: string;
  ok?: boolean;
  event?: string;
  payload?: Record<string, unknown>;
  error?: { message: string };
}

/** A bare client: no library of ours, so that what is measured is the server. */
export interface RpcSocket {
  call(method: string, params?: unknown): Promise<Record<string, unknown>>;
  /** Like call, but takes the answer with status "ok" or "error" and passes over "accepted". */
  callFinal(method: string, params: unknown): Promise<Record<string, unknown>>;
  onEvent(listener: (event: string, payload: Record<string, unknown>) => void): void;
  close(): void;
}

export async function openSocket(port: number): Promise<RpcSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  const waiting = new Map<
    string,
    { resolve: (p: Record<string, unknown>) => void; reject: (e: Error) => void; final: boolean }
  >();
  let listener: ((event: string, payload: Record<string, unknown>) => void) | undefined;
  let counter = 0;
  const request = (method: string, params: unknown, final: boolean) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const id = String(++counter);
      waiting.set(id, { resolve, reject, final });
      socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed during the handshake")));
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8")) as Frame;
      if (frame.event === "connect.challenge") {
        const client = { id: "test", mode: "test", version: "1", platform: "linux" };
        request(
          "connect",
          {
            minProtocol: 3,
            maxProtocol: 3,
            client,
            role: "operator",
            scopes: ["operator.admin"],
            auth: { token },
          },
          false,
        ).then(() => resolve(), reject);
      } else if (frame.type === "event") listener?.(frame.event ?? "", frame.payload ?? {});
      else if (frame.id !== undefined) {
        const entry = waiting.get(frame.id);
        if (!entry || (entry.final && frame.ok && frame.payload?.["status"] === "accepted")) return;
        waiting.delete(frame.id);
        if (frame.ok) entry.resolve(frame.payload ?? {});
        else entry.reject(new Error(frame.error?.message ?? "failed"));
      }
    });
  });
  return {
    call: (method, params = {}) => request(method, params, false),
    callFinal: (method, params) => request(method, params, true),
    onEvent: (next) => (listener = next),
    close: () => socket.terminate(),
  };
}

/** `connections` sockets, each asking again as soon as it has its answer, for `seconds`. */
export async function load(
  port: number,
  connections: number,
  seconds: number,
  method: string,
  params: unknown,
): Promise<{ perSecond: number; p99: number }> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(port)));
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1000;
  const started = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() < until) {
        const asked = performance.now();
        await socket.call(method, params);
        latencies.push(performance.now() - asked);
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  for (const socket of sockets) socket.close();
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  };
}
