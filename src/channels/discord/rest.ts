import { sleep, type Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { isObject, type JsonValue } from "../../core/json.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import { neverArrived } from "../shared/index.ts";
import { DiscordFailure } from "./failure.ts";
import { createRateLimits, routeOf } from "./limits.ts";

export interface RestRequest {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below `/v10`. May hold an interaction's token, so it is never quoted. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: JsonValue;
  files?: ReadonlyArray<{ name: string; mimeType: string; content: Uint8Array }>;
}

/** The REST API of one bot. */
export interface DiscordRest {
  /** The answer's JSON; undefined where it has none. Rejects with {@link DiscordFailure}. */
  call(request: RestRequest, options: { signal: AbortSignal; timeoutMs?: number }): Promise<unknown>;
  /** A file by the address a message gave, at most `maxBytes` of it. */
  download(url: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** Discord's clock as its last answer told it, epoch milliseconds. */
  platformTime(): number;
}

const callTimeoutMs = 15_000;
const downloadTimeoutMs = 5 * 60_000;
/** Limits that pass this soon are waited for; with others the caller is told. */
const longestWaitMs = 5000;
const userAgent = "DiscordBot (https://github.com/openclaw/openclaw, 1)";

/** Opens the REST API at `apiRoot`. Nothing is sent yet. */
export function createDiscordRest(options: { token: string; apiRoot: string; clock: Clock }): DiscordRest {
  const { token, apiRoot, clock } = options;
  const { origin, host } = new URL(apiRoot);
  const dial = createGuardedFetch({ clock, allowOrigins: () => [origin], maxRedirects: 0, userAgent });
  const limits = createRateLimits(clock);
  let aheadMs = 0;

  async function allowed(route: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const waitMs = limits.take(route);
      if (waitMs === 0) return;
      if (waitMs > longestWaitMs)
        throw new DiscordFailure(`Discord's rate limit is used up for ${Math.ceil(waitMs / 1000)} s`, {
          status: 429,
          ambiguous: false,
          retryAfterMs: waitMs,
        });
      await sleep(clock, waitMs, signal).catch(() => {
        throw new DiscordFailure("stopped", { status: 0, ambiguous: false });
      });
    }
  }

  async function exchange(request: RestRequest, signal: AbortSignal, timeoutMs: number): Promise<Response> {
    const url = new URL(`${apiRoot}/v10${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const { body, type } = encode(request);
    return dial(url, {
      method: request.method,
      headers: {
        authorization: `Bot ${token}`,
        ...(type === null ? {} : { "content-type": type }),
      },
      ...(body === null ? {} : { body }),
      signal,
      redirect: "error",
      limits: { headersTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs },
    });
  }

  function refusal(response: Response, parsed: unknown): DiscordFailure {
    const { status } = response;
    const said = isObject(parsed) ? parsed : {};
    const words = typeof said["message"] === "string" ? said["message"] : "no answer of the API";
    const seconds = Number(said["retry_after"] ?? response.headers.get("retry-after") ?? Number.NaN);
    const details = detailOf(said["errors"]);
    return new DiscordFailure(
      `Discord answered ${status}: ${words.replaceAll(token, "<token>")}${details === "" ? "" : ` (${details})`}`,
      {
        status,
        // 503 says that nobody took the request; other faults lose answers, too.
        ambiguous: status >= 500 && status !== 503,
        ...(typeof said["code"] === "number" ? { code: said["code"] } : {}),
        ...(status === 429
          ? { retryAfterMs: Number.isFinite(seconds) ? Math.ceil(seconds * 1000) : 5000 }
          : {}),
      },
    );
  }

  return {
    async call(request, { signal, timeoutMs = callTimeoutMs }) {
      if (signal.aborted) throw new DiscordFailure("stopped", { status: 0, ambiguous: false });
      const route = routeOf(request.method, request.path);
      await allowed(route, signal);
      try {
        const response = await exchange(request, signal, timeoutMs);
        const stated = Date.parse(response.headers.get("date") ?? "");
        if (Number.isFinite(stated)) aheadMs = stated - clock.now();
        const parsed = await readJson(response);
        const failure = response.ok ? null : refusal(response, parsed);
        limits.note(route, {
          headers: response.headers,
          ...(failure?.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
        });
        if (failure) throw failure;
        return parsed;
      } catch (error) {
        throw failureOf(error, { host, stopped: signal.aborted });
      }
    },
    async download(url, { maxBytes, signal }) {
      const response = await dial(url, {
        signal,
        redirect: "error",
        limits: { maxBytes, headersTimeoutMs: callTimeoutMs, totalTimeoutMs: downloadTimeoutMs },
      });
      if (response.ok) return response.bytes();
      await response.body?.cancel();
      throw new DiscordFailure(`Discord answered ${response.status} to a download`, {
        status: response.status,
        ambiguous: false,
      });
    },
    platformTime: () => clock.now() + aheadMs,
  };
}

function encode(request: RestRequest): { body: string | FormData | null; type: string | null } {
  const { body, files = [] } = request;
  if (files.length === 0)
    return body === undefined
      ? { body: null, type: null }
      : { body: JSON.stringify(body), type: "application/json" };
  const form = new FormData();
  form.set("payload_json", JSON.stringify(body ?? {}));
  for (const [index, { name, mimeType, content }] of files.entries())
    form.set(`files[${index}]`, new Blob([Uint8Array.from(content)], { type: mimeType }), name);
  return { body: form, type: null };
}

async function readJson(response: Response): Promise<unknown> {
  if (response.headers.get("content-type")?.includes("json") === true) return response.json();
  await response.body?.cancel();
  if (response.ok && response.status !== 204)
    throw new DiscordFailure(`an answer ${response.status} that is not the API's own`, {
      status: 502,
      ambiguous: true,
    });
  return undefined;
}

/** The first complaint about a field, with the path to it. */
function detailOf(errors: unknown, path = ""): string {
  if (!isObject(errors)) return "";
  const [first] = Array.isArray(errors["_errors"]) ? (errors["_errors"] as unknown[]) : [];
  if (isObject(first) && typeof first["message"] === "string")
    return `${path.slice(0, 80)}: ${first["message"].slice(0, 200)}`;
  for (const [key, inner] of Object.entries(errors)) {
    const found = detailOf(inner, path === "" ? key : `${path}.${key}`);
    if (found !== "") return found;
  }
  return "";
}

function failureOf(error: unknown, context: { host: string; stopped: boolean }): DiscordFailure {
  if (error instanceof DiscordFailure) return error;
  if (context.stopped)
    return new DiscordFailure("stopped before an answer came", { status: 0, ambiguous: true });
  const said = messageOf(error);
  return new DiscordFailure(said.includes(context.host) ? said : `${context.host}: ${said}`, {
    status: 0,
    ambiguous: !neverArrived(error),
  });
}
