import type { IncomingMessage, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { sleep } from "../../../src/core/clock.ts";
import { isObject } from "../../../src/core/json.ts";
import { readMultipart } from "../multipart.ts";
import { listenFaulty, readBody } from "../faulty-server.ts";
import { noFaults } from "./faults.ts";
import { createGatewaySide } from "./gateway.ts";
import { createMethods, refuse, Refusal, type Call } from "./methods.ts";
import { cdn } from "./people.ts";
import type { Bot, Platform } from "./platform.ts";

/** What a person in the chat could see of a call: faults of "sends" hit these. */
const isSend = (method: string, path: string) =>
  method !== "GET" && /^channels\/\d+\/messages/.test(path) && !path.endsWith("/threads");

/** Discord's limit of messages in one channel. */
const burst = { limit: 5, seconds: 5 };

/** The REST API, the CDN and the gateway on one port of 127.0.0.1. */
export async function serveDiscord(platform: Platform, options: { port?: number } = {}) {
  const faults = noFaults();
  const buckets = new Map<string, { used: number; until: number }>();
  let working = 0;
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = await listenFaulty({
    port: options.port,
    answer,
    prepare: (made) =>
      made.on("upgrade", (request, socket, head) =>
        upgrades.handleUpgrade(request, socket, head, (client) => gateway.accept(client, request.socket)),
      ),
  });
  const { port } = server;
  const gateway = createGatewaySide(platform, {
    faults,
    muted: server.isMute,
    url: () => `ws://127.0.0.1:${port}/gateway`,
  });
  const methods = createMethods(platform, { gatewayUrl: () => `ws://127.0.0.1:${port}/gateway` });
  cdn(platform).root = `http://127.0.0.1:${port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    working += 1;
    try {
      const body = await readBody(request);
      if (server.isMute(request.socket)) return;
      if (faults.slowMs > 0) {
        // What waits for the clock is no work.
        working -= 1;
        try {
          await sleep(platform.clock, faults.slowMs);
        } finally {
          working += 1;
        }
      }
      route(request, response, body);
    } catch {
      request.socket.destroy();
    } finally {
      working -= 1;
    }
  }

  function route(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url ?? "", "http://127.0.0.1");
    const method = request.method ?? "";
    const file = /^\/attachments\/\d+\/(\d+)\//.exec(url.pathname)?.[1];
    if (file !== undefined) return download(response, file);
    const path = decodeURIComponent(/^\/api\/v10\/(.*)$/.exec(url.pathname)?.[1] ?? "");
    platform.calls.push({ method, path, at: platform.clock.now() });
    const write = (status: number, content: unknown, headers: Record<string, string> = {}) => {
      if (server.isMute(request.socket)) return;
      response.writeHead(status, {
        date: new Date(platform.now()).toUTCString(),
        ...(content === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    };
    try {
      const send = isSend(method, path);
      if (faults.down || faults.deafTo?.test(path)) refuse(502, 0, "502: Bad Gateway");
      const bot = authenticate(request, path);
      if (send && faults.losingRequests > 0) {
        faults.losingRequests -= 1;
        request.socket.destroy();
        return;
      }
      if (send) refuseByFault();
      const headers = limited(method, path);
      const result = methods({ bot, method, path, query: url.searchParams, ...contentOf(request, body) });
      if (send && faults.losingAnswers > 0) {
        faults.losingAnswers -= 1;
        request.socket.destroy();
        return;
      }
      write(result === undefined ? 204 : 200, result, headers);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      write(error.status, error.body, error.headers);
    }
  }

  function authenticate(request: IncomingMessage, path: string): Bot {
    const token = /^Bot (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const bot = platform.bots.get(token);
    if (bot && !faults.revoked) return bot;
    // These bear a token of their own.
    const [own] = platform.bots.values();
    if (own && /^(?:interactions|webhooks)\//.test(path)) return own;
    return refuse(401, 0, "401: Unauthorized");
  }

  function refuseByFault(): void {
    if (faults.sparing > 0) {
      faults.sparing -= 1;
      return;
    }
    if (faults.rateLimited > 0) {
      faults.rateLimited -= 1;
      throw tooMany(faults.retryAfterMs, "user");
    }
    if (faults.failing > 0) {
      faults.failing -= 1;
      refuse(500, 0, "500: Internal Server Error");
    }
  }

  function tooMany(ms: number, scope: string): Refusal {
    const seconds = ms / 1000;
    return new Refusal(
      429,
      { message: "You are being rate limited.", retry_after: seconds, global: scope === "global" },
      {
        "retry-after": String(Math.ceil(seconds)),
        "x-ratelimit-scope": scope,
        ...(scope === "global" ? { "x-ratelimit-global": "true" } : {}),
      },
    );
  }

  /** Keeps to the limit of messages per channel, and says how much of it is left. */
  function limited(method: string, path: string): Record<string, string> {
    const channel = method === "POST" ? /^channels\/(\d+)\/messages$/.exec(path)?.[1] : undefined;
    if (channel === undefined) return {};
    const now = platform.clock.now();
    const known = buckets.get(channel);
    const bucket = known && known.until > now ? known : { used: 0, until: now + burst.seconds * 1000 };
    buckets.set(channel, bucket);
    const left = (bucket.until - now) / 1000;
    if (bucket.used >= burst.limit) throw tooMany(left * 1000, "user");
    bucket.used += 1;
    return {
      "x-ratelimit-bucket": "messages-of-a-channel",
      "x-ratelimit-limit": String(burst.limit),
      "x-ratelimit-remaining": String(burst.limit - bucket.used),
      "x-ratelimit-reset-after": left.toFixed(3),
    };
  }

  function download(response: ServerResponse, id: string): void {
    const file = platform.files.get(id);
    if (!file) return void response.writeHead(404).end();
    platform.calls.push({ method: "GET", path: "download", at: platform.clock.now() });
    response.writeHead(200, { "content-type": file.mimeType }).end(file.content);
  }

  return {
    port,
    /** What `apiRoot` is set to. */
    url: `http://127.0.0.1:${port}/api`,
    faults,
    gateway,
    busy: () => working > 0,
    halfOpen: server.halfOpen,
    cut: server.cut,
    stop: server.stop,
  };
}

export type DiscordServer = Awaited<ReturnType<typeof serveDiscord>>;

function contentOf(request: IncomingMessage, raw: Buffer): Pick<Call, "body" | "list" | "uploads"> {
  const type = request.headers["content-type"] ?? "";
  const parts = type.includes("multipart/form-data") ? readMultipart(raw, type) : [];
  const json = parts.find((part) => part.name === "payload_json")?.content ?? (parts.length > 0 ? null : raw);
  const text = json?.toString("utf8") ?? "";
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  return {
    body: isObject(parsed) ? parsed : {},
    list: Array.isArray(parsed) ? (parsed as unknown[]) : [],
    uploads: parts.filter((part) => part.name.startsWith("files[")),
  };
}
