import diagnostics from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { sleep } from "../../../src/core/clock.ts";
import { listenFaulty, readBody } from "../faulty-server.ts";
import { noFaults, type TelegramFaults } from "./faults.ts";
import { createMethods, Refusal, type Call } from "./methods.ts";
import { readMultipart, type FormPart } from "../multipart.ts";
import type { Bot, Platform } from "./platform.ts";

/** What a person in the chat could see of a call: faults of "sends" hit these. */
const isSend = (method: string) => /^(send(?!ChatAction)|edit|deleteMessage|setMessageReaction)/.test(method);

/** The Bot API over HTTP on 127.0.0.1: `/bot<token>/<method>` and `/file/bot<token>/<path>`. */
export async function serveTelegram(platform: Platform, options: { port?: number } = {}) {
  const faults = noFaults();
  const methods = createMethods(platform);
  /** Requests this process has under way to us, and how many of them nobody but the clock moves on. */
  const asked = new Set<ClientRequest>();
  let parked = 0;
  const watch = [
    ["http.client.request.start", (request: ClientRequest) => void (toUs(request) && asked.add(request))],
    ["http.client.request.error", (request: ClientRequest) => void asked.delete(request)],
    ["http.client.response.finish", (request: ClientRequest) => void asked.delete(request)],
  ] as const;
  const polls = new Map<Bot, (end: Refusal) => void>();
  const server = await listenFaulty({
    port: options.port,
    answer,
  });
  const { port } = server;
  const toUs = (request: ClientRequest) => request.getHeader("host") === `127.0.0.1:${port}`;
  const watchers = watch.map(([channel, note]) => {
    const listener = (message: unknown) => note((message as { request: ClientRequest }).request);
    diagnostics.subscribe(channel, listener);
    return () => diagnostics.unsubscribe(channel, listener);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      if (server.isMute(request.socket)) {
        park(request.socket);
        return;
      }
      if (faults.slowMs > 0) await waiting(sleep(platform.clock, faults.slowMs));
      await route(request, response, body);
    } catch {
      request.socket.destroy();
    }
  }

  /** A request that gets no answer for as long as its connection lives. */
  function park(socket: Socket): void {
    parked += 1;
    socket.once("close", () => (parked -= 1));
  }

  /** What waits for the clock is no work. */
  async function waiting<T>(task: Promise<T>): Promise<T> {
    parked += 1;
    try {
      return await task;
    } finally {
      parked -= 1;
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const path = decodeURIComponent(request.url ?? "");
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(path);
    if (file) return download(response, file[1] ?? "", file[2] ?? "");
    const [, token = "", method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    platform.calls.push({ method, at: platform.clock.now() });
    if (faults.gateway !== null) {
      response.writeHead(faults.gateway, { "content-type": "text/html" }).end("<h1>gateway</h1>");
      return;
    }
    try {
      const bot = authenticate(token);
      const losesRequest = isSend(method) && faults.losingRequests > 0;
      const losesAnswer = isSend(method) && faults.losingAnswers > 0;
      if (losesRequest) {
        faults.losingRequests -= 1;
        request.socket.destroy();
        return;
      }
      refuseByFault(method);
      const call = { bot, ...parametersOf(request, body) };
      const known = methods[method];
      const result =
        method === "getUpdates"
          ? await getUpdates(call, request.socket)
          : known
            ? known(call)
            : refuse(404, "Not Found: method not found");
      if (losesAnswer) {
        faults.losingAnswers -= 1;
        request.socket.destroy();
        return;
      }
      respond(request, response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      respond(request, response, error.code, {
        ok: false,
        error_code: error.code,
        description: error.message,
        ...(error.parameters === undefined ? {} : { parameters: error.parameters }),
      });
    }
  }

  function authenticate(token: string): Bot {
    const bot = platform.bots.get(token);
    if (!/^\d+:[\w-]+$/.test(token)) return refuse(404, "Not Found");
    if (!bot || faults.revoked) return refuse(401, "Unauthorized");
    return bot;
  }

  function refuseByFault(method: string): void {
    if (faults.down) refuse(502, "Bad Gateway");
    if (!isSend(method)) return;
    if (faults.sparing > 0) {
      faults.sparing -= 1;
      return;
    }
    if (faults.rateLimited > 0) {
      faults.rateLimited -= 1;
      const seconds = Math.ceil(faults.retryAfterMs / 1000);
      throw new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
    }
    if (faults.failing > 0) {
      faults.failing -= 1;
      refuse(500, "Internal Server Error");
    }
  }

  async function getUpdates(call: Call, socket: Socket): Promise<unknown> {
    const { bot, params } = call;
    if (Array.isArray(params["allowed_updates"])) bot.allowed = params["allowed_updates"].map(String);
    const offset = Number(params["offset"] ?? 0);
    const limit = Number(params["limit"] ?? 100);
    const due = () => bot.updates.slice(0, limit);
    checkPoll(bot);
    polls.get(bot)?.(
      new Refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      ),
    );
    if (offset > 0) bot.updates = bot.updates.filter((update) => update.update_id >= offset);
    const seconds = Number(params["timeout"] ?? 0);
    if (bot.updates.length > 0 || seconds === 0) return due();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const cancel = platform.clock.after(seconds * 1000, wake);
    bot.wake.add(wake);
    polls.set(bot, reject);
    socket.once("close", wake);
    try {
      await waiting(promise);
    } finally {
      cancel();
      bot.wake.delete(wake);
      socket.off("close", wake);
      if (polls.get(bot) === reject) polls.delete(bot);
    }
    authenticate(bot.token);
    checkPoll(bot);
    return due();
  }

  function checkPoll(bot: Bot): void {
    if (faults.conflict)
      refuse(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      );
    if (bot.webhook)
      refuse(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
  }

  function download(response: ServerResponse, token: string, path: string): void {
    const file = [...platform.files.values()].find((each) => each.path === path);
    if (!platform.bots.has(token) || !file) return void response.writeHead(404).end();
    platform.calls.push({ method: "download", at: platform.clock.now() });
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(file.content);
  }

  function respond(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
    if (server.isMute(request.socket)) {
      park(request.socket);
      return;
    }
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    faults,
    busy: () => asked.size > parked,
    /** Ends what waits, e.g. after the token was revoked. */
    wakeAll(): void {
      for (const bot of platform.bots.values()) for (const wake of bot.wake) wake();
    },
    halfOpen: server.halfOpen,
    cut: server.cut,
    endConnections: server.endConnections,
    async stop(): Promise<void> {
      for (const end of watchers) end();
      await server.stop();
    },
  };
}

export type TelegramServer = Awaited<ReturnType<typeof serveTelegram>>;
export type { TelegramFaults };

function refuse(code: number, description: string): never {
  throw new Refusal(code, description);
}

function parametersOf(request: IncomingMessage, body: Buffer): Pick<Call, "params" | "uploads"> {
  const type = request.headers["content-type"] ?? "";
  const uploads = new Map<string, FormPart>();
  if (type.includes("json"))
    return { params: JSON.parse(body.toString("utf8") || "{}") as Call["params"], uploads };
  const params: Call["params"] = {};
  if (!type.includes("multipart/form-data")) return { params, uploads };
  for (const part of readMultipart(body, type)) {
    if (part.fileName !== undefined) uploads.set(part.name, part);
    else params[part.name] = valueOf(part.content.toString("utf8"));
  }
  return { params, uploads };
}

/** In a form everything is text; what is JSON is meant as such. */
function valueOf(text: string): unknown {
  if (!/^(?:[[{]|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
