import type { IncomingMessage, ServerResponse } from "node:http";
import { listenFaulty, readBody } from "../faulty-server.ts";
import { createMethods, RpcError } from "./methods.ts";
import type { Platform } from "./platform.ts";

const isSend = (method: string) => /^(?:send|remoteDelete|sendReaction)$/.test(method);
const keepAliveMs = 15_000;

/** The daemon of signal-cli over HTTP on 127.0.0.1, receiving while somebody listens. */
export async function serveSignal(platform: Platform, options: { port?: number } = {}) {
  const faults = {
    rateLimited: 0,
    retryAfterMs: 0,
    failing: 0,
    down: false,
    revoked: false,
    slowMs: 0,
    losingAnswers: 0,
    losingRequests: 0,
  };
  const { clock } = platform;
  const methods = createMethods(platform);
  const streams = new Set<ServerResponse>();
  const calls: string[] = [];
  let working = 0;
  const server = await listenFaulty({
    port: options.port,
    answer,
    onClose: () => streams.clear(),
  });
  const { port } = server;
  platform.onEnvelope(pump);

  const later = (task: () => void) => {
    if (faults.slowMs > 0) clock.after(faults.slowMs, task);
    else task();
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    working += 1;
    try {
      const body = await readBody(request);
      if (server.isMute(request.socket)) return;
      const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
      calls.push(pathname);
      if (faults.down) return void response.writeHead(503).end("the daemon is starting");
      if (pathname === "/api/v1/check") return void response.writeHead(200).end();
      if (pathname === "/api/v1/events") return subscribe(response, searchParams.get("account"));
      if (pathname !== "/api/v1/rpc") return void response.writeHead(404).end();
      rpc(request, response, body.toString("utf8"));
    } catch {
      request.socket.destroy();
    } finally {
      working -= 1;
    }
  }

  function rpc(request: IncomingMessage, response: ServerResponse, body: string): void {
    const {
      id,
      method = "",
      params = {},
    } = JSON.parse(body) as {
      id?: string;
      method?: string;
      params?: Record<string, unknown>;
    };
    calls.push(method);
    const reply = (content: object) =>
      later(() => {
        if (server.isMute(request.socket)) return;
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ jsonrpc: "2.0", ...content, id }));
      });
    try {
      if (isSend(method) && faults.losingRequests > 0) {
        faults.losingRequests -= 1;
        return void request.socket.destroy();
      }
      refuseByFault(method, params);
      const known = methods[method];
      if (!known) throw new RpcError(-32601, "Method not implemented");
      const result = known(params);
      if (isSend(method) && faults.losingAnswers > 0) {
        faults.losingAnswers -= 1;
        return void request.socket.destroy();
      }
      reply({ result });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      reply({ error: { code: error.code, message: error.message, data: error.data } });
    }
  }

  function refuseByFault(method: string, params: Record<string, unknown>): void {
    const linking = ["startLink", "finishLink", "listAccounts", "version"].includes(method);
    if (!linking && (faults.revoked || params["account"] !== platform.us.number))
      throw new RpcError(-32602, "Specified account does not exist");
    if (!isSend(method)) return;
    if (faults.rateLimited > 0) {
      faults.rateLimited -= 1;
      const retryAfterSeconds = Math.ceil(faults.retryAfterMs / 1000);
      throw new RpcError(-5, "Failed to send message due to rate limiting", {
        response: { timestamp: 0, results: [{ type: "RATE_LIMIT_FAILURE", retryAfterSeconds }] },
      });
    }
    if (faults.failing > 0) {
      faults.failing -= 1;
      throw new RpcError(-3, "Failed to send message: StatusCode: 503 (NonSuccessfulResponseCodeException)");
    }
  }

  function subscribe(response: ServerResponse, account: string | null): void {
    if (faults.revoked || (account !== null && account !== platform.us.number))
      return void response.writeHead(400).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(":\n");
    streams.add(response);
    const beat = () => {
      if (!streams.has(response)) return;
      if (response.socket && !server.isMute(response.socket)) response.write(":\n");
      clock.after(keepAliveMs, beat);
    };
    clock.after(keepAliveMs, beat);
    response.on("close", () => streams.delete(response));
    pump();
  }

  /** Told once, to whoever listens; nobody answers. */
  function pump(): void {
    const open = [...streams].filter((stream) => stream.socket && !stream.socket.destroyed);
    if (open.length === 0) return;
    for (const envelope of platform.waiting.splice(0)) {
      const data = JSON.stringify({ envelope, account: platform.us.number });
      later(() => {
        for (const stream of open)
          if (stream.socket && !server.isMute(stream.socket)) stream.write(`event:receive\ndata:${data}\n\n`);
      });
    }
  }

  const endStreams = () => {
    for (const stream of streams) stream.end();
    streams.clear();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    /** Paths and methods that were asked for, in their order. */
    calls,
    busy: () => working > 0,
    down(on: boolean): void {
      faults.down = on;
      if (on) endStreams();
    },
    revoke(on: boolean): void {
      faults.revoked = on;
      if (on) endStreams();
    },
    halfOpen: server.halfOpen,
    cut: server.cut,
    stop: server.stop,
  };
}
