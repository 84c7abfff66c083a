import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";
import { createAddressCheck, refused, type AddressCheckOptions } from "./address-check.ts";
import { guardedBody } from "./response-body.ts";

export interface DialLimits {
  /** Milliseconds until the connection stands and the first header arrives. Default 60,000. */
  headersTimeoutMs?: number;
  /** Milliseconds without a byte of the body. Default 120,000. */
  idleTimeoutMs?: number;
  /** Milliseconds for everything; default no limit (streams of a model last as long as they last). */
  totalTimeoutMs?: number;
  /** Bytes of body, after decompression. Default 64 MiB. */
  maxBytes?: number;
  /** Default 5; 0 refuses every redirect. */
  maxRedirects?: number;
}

export interface GuardedFetchOptions extends DialLimits, AddressCheckOptions {
  clock: Clock;
  userAgent?: string;
}

/** As `fetch`, with limits that may be tightened per call. */
export type GuardedFetch = (
  input: string | URL | Request,
  init?: RequestInit & { limits?: DialLimits },
) => Promise<Response>;

const redirects = new Set([301, 302, 303, 307, 308]);
const withoutBody = new Set([204, 205, 304]);
/** A kept connection is closed before common servers close theirs (5 s), so that no request runs into the closing. */
const idleSocketMs = 4000;
/** All that goes along to another origin: nothing that says who we are. */
const plainHeaders = ["accept", "accept-language", "user-agent"];

/**
 * A `fetch` for addresses that may come from outside (threats.md 4.11): http and https only, the name is resolved once
 * and every address checked, the connection goes to the checked address, redirects start over and lose credentials,
 * headers and body when the origin changes; body, time and redirects are capped.
 * The Response streams. Failures: UserError DIAL_REFUSED, DIAL_LIMIT; OpenClawError DIAL_FAILED (retryable), DIAL_TIMEOUT
 * (retryable); an aborted signal rejects with its reason.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { admit, isConfigured } = createAddressCheck(options);

  // Own agents: the global one may be told by the environment to use a proxy.
  const agents = new Map<string, Promise<Agent>>();
  const agentFor = (protocol: string): Promise<Agent> => {
    let agent = agents.get(protocol);
    if (!agent) {
      const module = protocol === "https:" ? import("node:https") : import("node:http");
      agents.set(
        protocol,
        (agent = module.then(
          (http) => new http.Agent({ keepAlive: true, maxFreeSockets: 16, timeout: idleSocketMs }),
        )),
      );
    }
    return agent;
  };

  return async (input, init = {}) => {
    const { limits: tighter = {}, ...rest } = init;
    const limits = { ...options, ...tighter };
    const maxRedirects = limits.maxRedirects ?? 5;
    // Before anything can quote it: an address may hold a password.
    const asked =
      typeof input === "string"
        ? URL.canParse(input)
          ? new URL(input)
          : null
        : new URL(input instanceof URL ? input : input.url);
    if (!asked)
      throw refused(
        "that is not a complete address",
        "give a whole address such as https://example.org/page",
      );
    if (asked.username || asked.password)
      throw refused("addresses with a user name or password in them are not opened");
    const request = await requestOf(input, asked, rest);
    const { signal } = request;
    signal?.throwIfAborted();
    const total = limits.totalTimeoutMs === undefined ? null : deadline(options.clock, limits.totalTimeoutMs);
    try {
      let { url, method, headers, body } = request;
      if (!headers.has("user-agent") && options.userAgent) headers.set("user-agent", options.userAgent);
      if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
      for (let hop = 0; ; hop++) {
        const addresses = await admit(url);
        const agent = await agentFor(url.protocol);
        const message = await exchange({
          url,
          method,
          headers,
          body,
          addresses,
          agent,
          limits,
          signal,
          clock: options.clock,
          total,
        });
        const status = message.statusCode ?? 0;
        const location = message.headers.location;
        if (!redirects.has(status) || location === undefined || request.redirect === "manual") {
          return respond(message, { url, hop, limits, signal, clock: options.clock, total, method });
        }
        message.resume();
        message.destroy();
        if (request.redirect === "error" || hop >= maxRedirects) {
          throw new UserError(
            "DIAL_LIMIT",
            `${url.origin} redirects more than ${request.redirect === "error" ? 0 : maxRedirects} times`,
          );
        }
        const next = URL.canParse(location, url) ? new URL(location, url) : null;
        if (!next) throw refused(`${url.origin} redirects to something that is no address`);
        if (url.protocol === "https:" && next.protocol === "http:" && !isConfigured(next.origin)) {
          throw refused(`${url.origin} redirects to an unencrypted address`);
        }
        if (status === 303 || ((status === 301 || status === 302) && method === "POST")) {
          if (method !== "HEAD") method = "GET";
          body = null;
        }
        if (next.origin !== url.origin) {
          if (body !== null) throw refused(`${url.origin} redirects a request with a body to ${next.origin}`);
          const kept = plainHeaders.map((name) => [name, headers.get(name)] as const);
          headers = new Headers();
          for (const [name, value] of kept) if (value !== null) headers.set(name, value);
          headers.set("accept-encoding", "identity");
        }
        if (body === null) for (const name of ["content-type", "content-length"]) headers.delete(name);
        if (body instanceof ReadableStream) throw refused(`${url.origin} redirects a streamed request`);
        url = next;
      }
    } catch (error) {
      total?.cancel();
      throw error;
    }
  };
}

interface Outgoing {
  url: URL;
  method: string;
  headers: Headers;
  body: Uint8Array | ReadableStream<Uint8Array> | null;
  signal: AbortSignal | null;
  redirect: RequestRedirect;
}

/** What is asked for, as `Request` understands it. */
async function requestOf(
  input: string | URL | Request,
  url: URL,
  init: Omit<RequestInit, "limits">,
): Promise<Outgoing> {
  const redirect = init.redirect ?? "follow";
  if (!(input instanceof Request) && init.method === "POST" && typeof init.body === "string") {
    // What models are asked with, without the streams a Request puts around its text: they cost more than the sending.
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
    return {
      url,
      method: "POST",
      headers,
      body: Buffer.from(init.body),
      signal: init.signal ?? null,
      redirect,
    };
  }
  const streaming = init.body instanceof ReadableStream;
  const request = new Request(input, streaming ? ({ ...init, duplex: "half" } as RequestInit) : init);
  let body: Outgoing["body"] = streaming ? request.body : null;
  if (!streaming && request.body) body = new Uint8Array(await request.arrayBuffer());
  return {
    url: new URL(request.url),
    method: request.method,
    headers: new Headers(request.headers),
    body,
    // A Request's own signal follows the given one only as long as the Request is not collected, which a stream outlives.
    signal: init.signal ?? (input instanceof Request ? input.signal : null),
    redirect: request.redirect,
  };
}

interface Deadline {
  cancel(): void;
  onExpiry(task: () => void): void;
}

function deadline(clock: Clock, ms: number): Deadline {
  let task: (() => void) | null = null;
  let expired = false;
  const cancel = clock.after(ms, () => {
    expired = true;
    task?.();
  });
  return {
    cancel,
    onExpiry: (next) => {
      task = next;
      if (expired) next();
    },
  };
}

interface Exchange {
  url: URL;
  method: string;
  headers: Headers;
  body: Uint8Array | ReadableStream<Uint8Array> | null;
  addresses: string[];
  agent: Agent;
  limits: DialLimits;
  signal: AbortSignal | null;
  clock: Clock;
  total: Deadline | null;
}

/** One request to one of the checked addresses, up to the headers of the answer. */
async function exchange(plan: Exchange): Promise<IncomingMessage> {
  const { url, signal, clock } = plan;
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const lookup: LookupFunction = (_name, options, done) => {
    const wanted =
      options.family === 4 || options.family === "IPv4"
        ? 4
        : options.family === 6 || options.family === "IPv6"
          ? 6
          : 0;
    const all = plan.addresses.map((address) => ({ address, family: isIP(address) }));
    const fit = wanted === 0 ? all : all.filter((entry) => entry.family === wanted);
    const first = fit[0];
    if (!first) return done(new Error("no address of that family"), "", 0);
    if (options.all) return done(null, fit);
    done(null, first.address, first.family);
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const headers: Record<string, string> = Object.fromEntries(plan.headers);
    if (plan.body instanceof Uint8Array) headers["content-length"] = String(plan.body.byteLength);
    const options: RequestOptions = {
      method: plan.method,
      headers,
      lookup,
      agent: plan.agent,
      setHost: true,
    };
    const outgoing = request(url, options);
    const settle = (finish: () => void) => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const fail = (error: unknown) => {
      settle(() => reject(error));
      outgoing.destroy();
    };
    const onAbort = () => fail(signal?.reason);
    const late = (what: string) =>
      fail(
        new OpenClawError("DIAL_TIMEOUT", `${url.origin} did not answer in time (${what})`, {
          retryable: true,
        }),
      );
    const cancel = clock.after(plan.limits.headersTimeoutMs ?? 60_000, () => late("no headers"));
    plan.total?.onExpiry(() => late("total time"));
    signal?.addEventListener("abort", onAbort, { once: true });
    outgoing.once("response", (message) => settle(() => resolve(message)));
    outgoing.on("error", (error) =>
      fail(
        new OpenClawError("DIAL_FAILED", `${url.origin} cannot be reached: ${messageOf(error)}`, {
          cause: error,
          retryable: true,
        }),
      ),
    );
    if (plan.body instanceof ReadableStream) {
      Readable.fromWeb(plan.body as Parameters<typeof Readable.fromWeb>[0])
        .on("error", fail)
        .pipe(outgoing);
    } else outgoing.end(plan.body ?? undefined);
  });
}

function respond(
  message: IncomingMessage,
  context: {
    url: URL;
    hop: number;
    limits: DialLimits;
    signal: AbortSignal | null;
    clock: Clock;
    total: Deadline | null;
    method: string;
  },
): Response {
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  }
  const status = message.statusCode ?? 0;
  const empty = withoutBody.has(status) || context.method === "HEAD";
  let body: ReadableStream<Uint8Array> | null = null;
  if (status < 200 || status > 599) {
    message.destroy();
    throw refused(`${context.url.origin} answered with the status ${status}`);
  }
  if (empty) {
    message.resume();
    context.total?.cancel();
  } else {
    body = guardedBody(message, {
      encoding: headers.get("content-encoding"),
      maxBytes: context.limits.maxBytes ?? 64 * 1024 * 1024,
      idleTimeoutMs: context.limits.idleTimeoutMs ?? 120_000,
      origin: context.url.origin,
      signal: context.signal,
      clock: context.clock,
      onExpiry: (task) => context.total?.onExpiry(task),
      onEnd: () => context.total?.cancel(),
    });
    // The body handed over is the decoded one.
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const response = new Response(body, { status, statusText: message.statusMessage ?? "", headers });
  // The constructor has no way to say these.
  Object.defineProperty(response, "url", { value: context.url.href });
  Object.defineProperty(response, "redirected", { value: context.hop > 0 });
  return response;
}
