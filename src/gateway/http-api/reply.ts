import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";

/** Comment lines keep proxies from closing a stream while a tool works, in milliseconds. */
const pingEveryMs = 15_000;

/** A refusal in the shape OpenAI clients know: `{error: {message, type, param, code}}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly apiCode: string | null;

  constructor(
    status: number,
    type: "invalid_request_error" | "not_found" | "api_error" | "rate_limit_error" | "tool_error",
    message: string,
    more: { param?: string; code?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = more.param ?? null;
    this.apiCode = more.code ?? null;
  }

  body(): Record<string, unknown> {
    return {
      error: {
        message: this.message,
        type: this.type,
        ...(this.param === null ? {} : { param: this.param }),
        ...(this.apiCode === null ? {} : { code: this.apiCode }),
      },
    };
  }
}

export function badRequest(message: string, param?: string): ApiError {
  return new ApiError(400, "invalid_request_error", message, param === undefined ? {} : { param });
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    // The work was done or refused for good: a client that repeats by itself would start it again.
    ...(status >= 400 ? { "x-should-retry": "false" } : {}),
  });
  response.end(text);
}

export interface EventStream {
  /** One event; with `name` it gets an `event:` line. */
  send(data: unknown, name?: string): void;
  /** `data: [DONE]` and the end. */
  done(): void;
}

/** Opens a server-sent event stream. Writes after the client has gone are dropped: its signal ends the run. */
export function openStream(response: ServerResponse, clock: Clock): EventStream {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    connection: "keep-alive",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  let cancelPing = () => {};
  const write = (text: string) => {
    if (!response.writableEnded && !response.destroyed) response.write(text);
  };
  const ping = () => {
    cancelPing = clock.after(pingEveryMs, () => {
      write(": ping\n\n");
      ping();
    });
  };
  ping();
  response.once("close", () => cancelPing());
  return {
    send: (data, name) =>
      write(`${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`),
    done() {
      cancelPing();
      write("data: [DONE]\n\n");
      if (!response.writableEnded) response.end();
    },
  };
}
