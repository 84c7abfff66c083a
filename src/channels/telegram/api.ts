import { Api, GrammyError, HttpError, type RawApi } from "grammy/web";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { createGuardedFetch, type DialLimits } from "../../guard/index.ts";
import { neverArrived } from "../shared/index.ts";
import { TelegramFailure } from "./failure.ts";

/** The library's name for an AbortSignal. */
export type CallSignal = NonNullable<Parameters<RawApi["getMe"]>[0]>;

/** The Bot API of one bot. */
export interface TelegramApi {
  /** Every method by its name, with the payload and result types of the Bot API. Rejects with {@link TelegramFailure}. */
  call<T>(
    ask: (raw: RawApi, signal: CallSignal) => Promise<T>,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<T>;
  /** A file by the path that `getFile` gave, at most `maxBytes` of it. */
  download(path: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
}

const downloadTimeoutMs = 5 * 60_000;

/** Opens the Bot API at `apiRoot`. Nothing is sent yet. The token is in every address, so none is ever quoted. */
export function createTelegramApi(options: { token: string; apiRoot: string; clock: Clock }): TelegramApi {
  const { token, apiRoot, clock } = options;
  const { origin, host } = new URL(apiRoot);
  const dial = createGuardedFetch({ clock, allowOrigins: () => [origin], maxRedirects: 0 });
  const clean = (text: string) => text.replaceAll(token, "<token>");

  /** One request; an answer that is not the Bot API's own is a failure of whatever stands in front of it. */
  async function fetch(
    url: string | URL | Request,
    init: RequestInit | undefined,
    limits: DialLimits,
  ): Promise<Response> {
    const { body, ...rest } = init ?? {};
    // The library streams uploads; with a length a request is either whole or refused.
    const whole = body instanceof ReadableStream ? await new Response(body).bytes() : body;
    const response = await dial(url, {
      ...rest,
      ...(whole === undefined || whole === null ? {} : { body: whole }),
      redirect: "error",
      limits,
    });
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    if (isJson) return response;
    await response.body?.cancel();
    throw new TelegramFailure(`${host} answered ${response.status} without a Bot API answer`, {
      status: response.status < 500 ? 502 : response.status,
      // 503 says that nobody took the request; other gateways lose answers, too.
      ambiguous: response.status !== 503,
    });
  }

  return {
    async call(ask, { signal, timeoutMs }) {
      if (signal.aborted) throw new TelegramFailure("stopped", { status: 0, ambiguous: false });
      const api = new Api(token, {
        apiRoot,
        fetch: ((url: string | URL | Request, init?: RequestInit) =>
          fetch(url, init, {
            headersTimeoutMs: timeoutMs,
            totalTimeoutMs: timeoutMs,
          })) as typeof globalThis.fetch,
      });
      try {
        return await ask(api.raw, signal as unknown as CallSignal);
      } catch (error) {
        throw failureOf(error, { host, clean, stopped: signal.aborted });
      }
    },
    async download(path, { maxBytes, signal }) {
      const parts = path.split("/");
      if (parts.some((part) => /^\.*$/.test(part)))
        throw new TelegramFailure("the file has an unusable path", { status: 400, ambiguous: false });
      const response = await dial(`${apiRoot}/file/bot${token}/${parts.map(encodeURIComponent).join("/")}`, {
        signal,
        redirect: "error",
        limits: { maxBytes, totalTimeoutMs: downloadTimeoutMs },
      });
      if (response.ok) return response.bytes();
      await response.body?.cancel();
      throw new TelegramFailure(`${host} answered ${response.status} to a download`, {
        status: response.status,
        ambiguous: false,
      });
    },
  };
}

function failureOf(
  error: unknown,
  context: { host: string; clean: (text: string) => string; stopped: boolean },
): TelegramFailure {
  const { host, clean } = context;
  if (error instanceof GrammyError) {
    const { retry_after: seconds, migrate_to_chat_id: migratedTo } = error.parameters;
    return new TelegramFailure(clean(error.description), {
      status: error.error_code,
      ambiguous: false,
      ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }),
      ...(migratedTo === undefined ? {} : { migratedTo }),
    });
  }
  const inner = error instanceof HttpError ? error.error : error;
  if (inner instanceof TelegramFailure) return inner;
  if (context.stopped)
    return new TelegramFailure("stopped before an answer came", { status: 0, ambiguous: true });
  const said = clean(messageOf(inner));
  return new TelegramFailure(said.includes(host) ? said : `${host}: ${said}`, {
    status: 0,
    ambiguous: !neverArrived(inner),
  });
}
