import type { Clock } from "../../core/clock.ts";
import { codeOf, messageOf, UserError } from "../../core/errors.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import { count, type Fields, fields, listOf, neverArrived, text } from "../shared/index.ts";
import { codes, SignalFailure } from "./failure.ts";

/** The daemon of signal-cli over HTTP (man signal-cli-jsonrpc). All of it rejects with {@link SignalFailure}. */
export interface SignalRpc {
  call(method: string, params: Fields, options: CallOptions): Promise<unknown>;
  /** Opens the stream of incoming messages; its chunks are Server-Sent Events. */
  events(
    account: string,
    options: { signal: AbortSignal; idleMs: number },
  ): Promise<ReadableStream<Uint8Array>>;
  /** Whether the daemon runs. */
  check(signal: AbortSignal): Promise<void>;
}

export interface CallOptions {
  signal: AbortSignal;
  timeoutMs?: number;
  /** Bytes of the answer. */
  maxBytes?: number;
}

const callTimeoutMs = 60_000;
const connectTimeoutMs = 15_000;
/** Failures between signal-cli and Signal before which nothing was handed over, or which Signal answered with a refusal. */
const notTaken = /UnknownHost|ConnectException|NoRouteToHost|StatusCode: (?:5\d\d|429)/;

export function createRpc(options: { httpUrl: string; clock: Clock }): SignalRpc {
  const { httpUrl, clock } = options;
  const { origin, host } = new URL(httpUrl);
  const dial = createGuardedFetch({ clock, allowOrigins: () => [origin], maxRedirects: 0 });
  let calls = 0;

  async function reach(what: string, signal: AbortSignal, send: () => Promise<Response>): Promise<Response> {
    if (signal.aborted) throw new SignalFailure("stopped", { code: 0, ambiguous: false });
    let response: Response;
    try {
      response = await send();
    } catch (error) {
      throw failureOf(error, { what, host, stopped: signal.aborted });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    // 503 says that nobody took the request.
    throw new SignalFailure(`signal-cli at ${host} answered ${response.status}`, {
      code: 0,
      ambiguous: response.status >= 500 && response.status !== 503,
    });
  }

  return {
    async call(method, params, { signal, timeoutMs = callTimeoutMs, maxBytes }) {
      calls += 1;
      const body = JSON.stringify({ jsonrpc: "2.0", id: String(calls), method, params });
      const limits = {
        headersTimeoutMs: timeoutMs,
        totalTimeoutMs: timeoutMs,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      };
      const response = await reach(method, signal, () =>
        dial(`${httpUrl}/api/v1/rpc`, {
          method: "POST",
          redirect: "error",
          headers: { "content-type": "application/json" },
          body,
          signal,
          limits,
        }),
      );
      try {
        return resultOf(method, fields(await response.json()));
      } catch (error) {
        if (error instanceof SignalFailure) throw error;
        if (codeOf(error) === "DIAL_LIMIT" && maxBytes !== undefined)
          throw new UserError("MEDIA_TOO_LARGE", "the file is larger than what is taken", { cause: error });
        throw failureOf(error, { what: method, host, stopped: signal.aborted });
      }
    },
    async events(account, { signal, idleMs }) {
      const response = await reach("events", signal, () =>
        dial(`${httpUrl}/api/v1/events?account=${encodeURIComponent(account)}`, {
          redirect: "error",
          headers: { accept: "text/event-stream" },
          signal,
          limits: {
            headersTimeoutMs: connectTimeoutMs,
            idleTimeoutMs: idleMs,
            maxBytes: Number.MAX_SAFE_INTEGER,
          },
        }),
      );
      if (!response.body)
        throw new SignalFailure("the stream of messages is empty", { code: 0, ambiguous: false });
      return response.body;
    },
    async check(signal) {
      const limits = { headersTimeoutMs: connectTimeoutMs };
      const response = await reach("check", signal, () =>
        dial(`${httpUrl}/api/v1/check`, { redirect: "error", signal, limits }),
      );
      await response.body?.cancel();
    },
  };
}

function resultOf(method: string, answer: Fields): unknown {
  const error = answer["error"];
  if (error === undefined || error === null) return answer["result"];
  const { code, message, data } = fields(error);
  const results = listOf(fields(fields(data)["response"])["results"]);
  const seconds = Math.max(0, ...results.map((each) => count(each["retryAfterSeconds"]) ?? 0));
  const said = text(message);
  const number = count(code) ?? codes.internal;
  throw new SignalFailure(`${method}: ${said === "" ? `error ${number}` : said}`, {
    code: number,
    ambiguous: (number === codes.io || number === codes.internal) && !notTaken.test(said),
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}

function failureOf(error: unknown, at: { what: string; host: string; stopped: boolean }): SignalFailure {
  if (at.stopped) return new SignalFailure("stopped before an answer came", { code: 0, ambiguous: true });
  return new SignalFailure(`${at.what} at ${at.host}: ${messageOf(error)}`, {
    code: 0,
    ambiguous: !neverArrived(error),
    cause: error,
  });
}
