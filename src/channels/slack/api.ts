import type { Clock } from "../../core/clock.ts";
import { codeOf, messageOf, UserError } from "../../core/errors.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import { fields, type Fields, neverArrived, text } from "../shared/index.ts";
import { doubtful, SlackFailure } from "./failure.ts";

export interface CallOptions {
  signal: AbortSignal;
  timeoutMs?: number;
}

/** The Web API (docs.slack.dev/apis/web-api), as far as it is used here. All of it rejects with {@link SlackFailure}. */
export interface SlackApi {
  /** A method by its name. Values that are not text go over the wire as JSON. */
  call(method: string, params: Fields, options: CallOptions): Promise<Fields>;
  /** The content of a file to the address Slack gave for it. */
  upload(url: string, content: Uint8Array, signal: AbortSignal): Promise<void>;
  /** A file, at most `maxBytes` of it. @throws UserError MEDIA_TOO_LARGE */
  download(url: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  /** Whether an address is Slack's: only those are told the token. */
  isOurs(url: string): boolean;
}

const callTimeoutMs = 30_000;
const fileTimeoutMs = 5 * 60_000;

/** Opens the Web API at `apiRoot` with one token. Nothing is sent yet. */
export function createSlackApi(options: { token: string; apiRoot: string; clock: Clock }): SlackApi {
  const { token, apiRoot, clock } = options;
  const root = new URL(apiRoot);
  const dial = createGuardedFetch({ clock, allowOrigins: () => [root.origin], maxRedirects: 0 });
  const authorization = `Bearer ${token}`;

  async function request(
    what: string,
    send: () => Promise<Response>,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: Headers; body: string }> {
    if (signal.aborted) throw new SlackFailure("stopped", { status: 0, ambiguous: false });
    try {
      const response = await send();
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (error) {
      throw failureOf(error, { what, host: root.host, stopped: signal.aborted });
    }
  }

  return {
    async call(method, params, { signal, timeoutMs = callTimeoutMs }) {
      const form = new URLSearchParams();
      for (const [key, value] of Object.entries(params))
        if (value !== undefined) form.set(key, typeof value === "string" ? value : JSON.stringify(value));
      const answer = await request(
        method,
        () =>
          dial(`${apiRoot}/${method}`, {
            method: "POST",
            redirect: "error",
            headers: {
              authorization,
              "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            },
            body: form.toString(),
            signal,
            limits: { headersTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs },
          }),
        signal,
      );
      return answerOf(method, answer);
    },
    async upload(url, content, signal) {
      const target = new URL(url);
      if (!isOurs(url))
        throw new SlackFailure("the upload address is not Slack's", { status: 400, ambiguous: false });
      const { status } = await request(
        "upload",
        () =>
          dial(target, {
            method: "POST",
            redirect: "error",
            headers: { "content-type": "application/octet-stream" },
            body: Buffer.from(content),
            signal,
            limits: { headersTimeoutMs: fileTimeoutMs, totalTimeoutMs: fileTimeoutMs },
          }),
        signal,
      );
      // Nothing is shown until the upload is completed: to upload again does no harm.
      if (status !== 200)
        throw new SlackFailure(`the upload was answered ${status}`, { status, ambiguous: false });
    },
    async download(url, { maxBytes, signal }) {
      if (!isOurs(url))
        throw new SlackFailure("the file is not kept by Slack", { status: 400, ambiguous: false });
      try {
        const response = await dial(url, {
          headers: { authorization },
          redirect: "error",
          signal,
          limits: { maxBytes, totalTimeoutMs: fileTimeoutMs },
        });
        const page = response.headers.get("content-type")?.startsWith("text/html") === true;
        if (response.status === 200 && !(page && response.headers.get("content-disposition") === null))
          return await response.bytes();
        await response.body?.cancel();
        const reason = page
          ? "asks to log in: the app lacks the scope files:read"
          : `answered ${response.status}`;
        throw new SlackFailure(`Slack ${reason}`, { status: response.status, ambiguous: false });
      } catch (error) {
        if (codeOf(error) !== "DIAL_LIMIT") throw error;
        throw new UserError("MEDIA_TOO_LARGE", `the file is larger than ${maxBytes} bytes`, { cause: error });
      }
    },
    isOurs,
  };

  function isOurs(url: string): boolean {
    return isHostOf(url, root);
  }
}

/** Whether an address belongs to whom the interface belongs to: the same host, or one beside it (files.slack.com). */
export function isHostOf(url: string, root: URL): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol, port } = new URL(url);
  const secure = protocol === "https:" || protocol === "wss:";
  if (hostname === root.hostname) return secure || (root.protocol === "http:" && port === root.port);
  const domain = root.hostname.split(".").slice(-2).join(".");
  return secure && /[a-z]$/i.test(domain) && domain.includes(".") && hostname.endsWith(`.${domain}`);
}

function answerOf(method: string, answer: { status: number; headers: Headers; body: string }): Fields {
  const seconds = Number(answer.headers.get("retry-after"));
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
  let body: Fields;
  try {
    body = fields(JSON.parse(answer.body));
  } catch {
    body = {};
  }
  if (answer.status === 200 && body["ok"] === true) return body;
  const code = text(body["error"]);
  const needed = text(body["needed"]);
  const said = code === "" ? `status ${answer.status}` : code;
  throw new SlackFailure(`Slack answered ${method} with ${said}${needed === "" ? "" : ` (${needed})`}`, {
    code: answer.status === 429 ? "ratelimited" : code,
    status: answer.status === 200 && code === "" ? 502 : answer.status,
    // 503 and 429 say that nobody took the request; other gateways lose answers, too.
    ambiguous:
      code === ""
        ? answer.status === 200 || (answer.status >= 500 && answer.status !== 503)
        : doubtful.has(code),
    ...retryAfterMs,
  });
}

function failureOf(error: unknown, at: { what: string; host: string; stopped: boolean }): SlackFailure {
  if (error instanceof SlackFailure) return error;
  if (at.stopped) return new SlackFailure("stopped before an answer came", { status: 0, ambiguous: true });
  return new SlackFailure(`${at.what} at ${at.host}: ${messageOf(error)}`, {
    status: 0,
    ambiguous: !neverArrived(error),
    cause: error,
  });
}
