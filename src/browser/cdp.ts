import { StringDecoder } from "node:string_decoder";
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";

export type CdpParams = Record<string, unknown>;

export interface CdpEvent {
  method: string;
  params: CdpParams;
  /** Of the attached target it comes from; undefined for the browser itself. */
  sessionId: string | undefined;
}

/** Chrome DevTools Protocol over the two pipes a browser was started with: nobody else can be at the other end. */
export interface Cdp {
  /**
   * @throws UserError BROWSER_PAGE what the browser refused; OpenClawError BROWSER_TIMEOUT, BROWSER_GONE
   */
  call(
    method: string,
    params?: CdpParams,
    options?: {
      sessionId?: string | undefined;
      timeoutMs?: number | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<CdpParams>;
  onEvent(listener: (event: CdpEvent) => void): () => void;
  /** Every waiting call fails with BROWSER_GONE. */
  close(): void;
}

const defaultTimeoutMs = 30_000;
/** A message of more is no answer but an attack: a full page screenshot stays far below. */
const maxMessageChars = 96 * 1024 * 1024;

interface Waiting {
  method: string;
  resolve(result: CdpParams): void;
  reject(error: unknown): void;
}

export function createCdp(pipes: { write: Duplex; read: Duplex }, deps: { clock: Clock }): Cdp {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(event: CdpEvent) => void>();
  const decoder = new StringDecoder("utf8");
  let lastId = 0;
  let closed = false;
  let parts: string[] = [];
  let size = 0;

  const close = () => {
    if (closed) return;
    closed = true;
    parts = [];
    for (const call of waiting.values()) call.reject(gone());
    waiting.clear();
    pipes.write.destroy();
    pipes.read.destroy();
  };
  const take = (text: string) => {
    const message = parse(text);
    if (message === null) return;
    if (typeof message["id"] === "number") {
      const call = waiting.get(message["id"]);
      if (!call) return;
      waiting.delete(message["id"]);
      const failure = message["error"];
      if (isObject(failure)) {
        call.reject(
          new UserError("BROWSER_PAGE", `the browser refused ${call.method}: ${String(failure["message"])}`),
        );
      } else call.resolve(isObject(message["result"]) ? message["result"] : {});
      return;
    }
    if (typeof message["method"] !== "string") return;
    const event: CdpEvent = {
      method: message["method"],
      params: isObject(message["params"]) ? message["params"] : {},
      sessionId: typeof message["sessionId"] === "string" ? message["sessionId"] : undefined,
    };
    for (const listener of listeners) listener(event);
  };
  pipes.read.on("data", (chunk: Buffer) => {
    let text = decoder.write(chunk);
    for (let end = text.indexOf("\0"); end >= 0; end = text.indexOf("\0")) {
      take(parts.join("") + text.slice(0, end));
      parts = [];
      size = 0;
      text = text.slice(end + 1);
    }
    size += text.length;
    if (size > maxMessageChars) return close();
    if (text !== "") parts.push(text);
  });
  pipes.read.once("close", close);
  pipes.read.once("end", close);

  return {
    call(method, params = {}, { sessionId, timeoutMs = defaultTimeoutMs, signal } = {}) {
      if (closed) return Promise.reject(gone());
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      const id = ++lastId;
      return new Promise<CdpParams>((resolve, reject) => {
        const settle = (finish: () => void) => {
          waiting.delete(id);
          cancel();
          signal?.removeEventListener("abort", onAbort);
          finish();
        };
        const onAbort = () => settle(() => reject(signal?.reason as Error));
        const cancel = deps.clock.after(timeoutMs, () =>
          settle(() =>
            reject(
              new OpenClawError(
                "BROWSER_TIMEOUT",
                `the page did not answer within ${timeoutMs / 1000} s (${method})`,
                {
                  retryable: true,
                },
              ),
            ),
          ),
        );
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, {
          method,
          resolve: (result) => settle(() => resolve(result)),
          reject: (error) => settle(() => reject(error)),
        });
        pipes.write.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
  };
}

function gone(): OpenClawError {
  return new OpenClawError("BROWSER_GONE", "the browser is not running any more", {
    retryable: true,
    hint: "open the page again",
  });
}

function parse(text: string): CdpParams | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // A browser that does not speak the protocol says nothing we could use.
    return null;
  }
}
