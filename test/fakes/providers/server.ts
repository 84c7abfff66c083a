import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { anthropicFormat } from "./anthropic.ts";
import { googleFormat } from "./google.ts";
import { openaiChatFormat } from "./openai-chat.ts";
import { openaiResponsesFormat } from "./openai-responses.ts";
import type { FakeAnswer, FakeFormat, FakeRequest, FakeScript, FakeStep, FakeWire } from "./script.ts";

export { toolRounds } from "./script.ts";
export type { FakeAnswer, FakeError, FakeRequest, FakeScript, FakeStep, FakeWire } from "./script.ts";

export const fakeFormats: Record<FakeWire, FakeFormat> = {
  "anthropic-messages": anthropicFormat,
  "openai-responses": openaiResponsesFormat,
  "openai-chat": openaiChatFormat,
  "google-generative": googleFormat,
};

export interface FakeProviderOptions {
  wire: FakeWire;
  /** Default: always answers "ok". */
  script?: FakeScript;
  /** 0 takes a free port. */
  port?: number;
  /** Keys that are accepted; everything is, when absent. */
  keys?: string[];
  models?: string[];
  /** Waited before the first byte of an answer and between its frames. */
  delayMs?: number;
  /** Refuse bodies that break the vendor's rules, as the vendor would; default true. */
  strict?: boolean;
}

export interface FakeProvider {
  /** To be put into the provider's `baseUrl`. */
  baseUrl: string;
  port: number;
  /** Every request so far, answered or not. */
  requests: FakeRequest[];
  setScript(script: FakeScript): void;
  stop(): Promise<void>;
}

/** A model provider on 127.0.0.1 that speaks one vendor's real HTTP and SSE format. */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const format = fakeFormats[options.wire];
  const requests: FakeRequest[] = [];
  let script: FakeScript = options.script ?? [{ text: "ok" }];
  let posts = 0;
  const hanging = new Set<() => void>();

  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body = text === "" ? null : (JSON.parse(text) as Record<string, unknown>);
    const method = request.method ?? "GET";
    if (method === "POST") posts++;
    const seen: FakeRequest = { wire: options.wire, method, path, headers, body, number: posts };
    requests.push(seen);

    const key = format.keyOf(headers);
    if (options.keys && !(key !== undefined && options.keys.includes(key)))
      return send(response, format.errorResponse("auth", {}));
    if (method === "GET" && path === `${format.basePath}/models`) {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify(format.models(options.models ?? ["fake-model"])));
    }
    if (method !== "POST" || !format.matches(path))
      return send(response, format.errorResponse("model_not_found", {}));
    const complaint = options.strict === false || !body ? null : format.complaint(body);
    if (complaint) return send(response, format.errorResponse("bad_request", { message: complaint }));
    await play(nextStep(seen), seen, response);
  }

  function nextStep(request: FakeRequest): FakeStep {
    if (typeof script === "function") return script(request);
    const step = script.length > 1 ? script.shift() : script[0];
    return step ?? { text: "ok" };
  }

  async function play(step: FakeStep, request: FakeRequest, response: ServerResponse): Promise<void> {
    if ("error" in step) return send(response, format.errorResponse(step.error, step));
    if ("status" in step) {
      response.writeHead(step.status, step.headers ?? {});
      return void response.end(step.body);
    }
    if ("broken" in step) return misbehave(step.broken, request, response);
    if ("streamError" in step) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const frame of begun(format.frames(step.after, request))) response.write(frame);
      return void response.end(format.errorFrame(step.streamError));
    }
    await wait();
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for (const frame of format.frames(step, request)) {
      if (response.destroyed) return;
      response.write(frame);
      await wait();
    }
    response.end();
  }

  async function wait(): Promise<void> {
    const ms = options.delayMs ?? 0;
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  async function misbehave(
    how: Extract<FakeStep, { broken: string }>["broken"],
    request: FakeRequest,
    response: ServerResponse,
  ): Promise<void> {
    const page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>proxy</body></html>";
    const answer: FakeAnswer = { text: "the beginning of a longer answer", pieces: 6 };
    if (how === "reset") return void response.socket?.destroy();
    if (how === "html" || how === "html_error") {
      response.writeHead(how === "html" ? 200 : 502, { "content-type": "text/html; charset=utf-8" });
      return void response.end(page);
    }
    if (how === "redirect") {
      response.writeHead(307, { location: "http://127.0.0.1:9/elsewhere" });
      return void response.end();
    }
    if (how !== "hang") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const frame of begun(format.frames(answer, request))) response.write(frame);
    }
    if (how === "truncated") return void response.end();
    if (how === "malformed") return void response.end('data: {"this is": not json\n\n');
    if (how === "abort_midway") {
      await new Promise((resolve) => setTimeout(resolve, 20)); // lets what was written leave first
      return void response.socket?.destroy();
    }
    await new Promise<void>((resolve) => {
      hanging.add(resolve);
      response.once("close", resolve);
    });
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}${format.basePath}`,
    port,
    requests,
    setScript(next) {
      script = next;
    },
    async stop() {
      for (const end of hanging) end();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Everything up to the middle of the text: enough to show, not enough to be an answer. */
function begun(frames: string[]): string[] {
  return frames.slice(0, Math.ceil(frames.length / 2));
}

function send(
  response: ServerResponse,
  made: { status: number; headers: Record<string, string>; body: string },
): void {
  response.writeHead(made.status, made.headers);
  response.end(made.body);
}
