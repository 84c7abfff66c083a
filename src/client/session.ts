import type { Clock } from "../core/clock.ts";
import { OpenClawError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { closeCodes } from "../protocol/index.ts";
import type { ClientEvent, GatewayClient } from "./contract.ts";
import { errorOfFrame } from "./failures.ts";
import type { WebSocketLike } from "./options.ts";

interface Pending {
  twice: boolean;
  onAccepted: ((payload: unknown) => void) | undefined;
  finish(result: { payload: unknown } | { error: Error }): void;
}

/** The client after `hello-ok`: matches answers to calls and hands events on. */
export function openSession(options: {
  socket: WebSocketLike;
  hello: Record<string, unknown>;
  url: string;
  timeoutMs: number;
  clock: Clock;
  watchTicks: boolean;
}): GatewayClient {
  const { socket, hello, url, clock } = options;
  const pending = new Map<string, Pending>();
  const eventListeners = new Set<(event: ClientEvent) => void>();
  const closeListeners = new Set<(code: number, reason: string) => void>();
  let closed: { code: number; reason: string } | null = null;
  let lastId = 0;
  let stopWatch = () => {};

  const closedError = () =>
    new OpenClawError(
      "CONNECTION_CLOSED",
      closed?.code === closeCodes.serviceRestart
        ? `the gateway at ${url} is restarting`
        : `the gateway at ${url} closed the connection${closed?.reason ? `: ${closed.reason}` : ""}`,
      { retryable: true, details: { closeCode: closed?.code } },
    );

  const armWatch = () => {
    if (!options.watchTicks || closed) return;
    stopWatch();
    const policy = isObject(hello["policy"]) ? hello["policy"] : {};
    const interval = typeof policy["tickIntervalMs"] === "number" ? policy["tickIntervalMs"] : 30_000;
    stopWatch = clock.after(interval * 2, () => socket.close(closeCodes.tickTimeout, "tick timeout"));
  };

  const onResponse = (frame: Record<string, unknown>) => {
    const call = pending.get(String(frame["id"]));
    if (!call) return;
    if (frame["ok"] !== true) {
      const error = errorOfFrame(frame["error"], url);
      if (frame["payload"] !== undefined && error.details) error.details["payload"] = frame["payload"];
      return call.finish({ error });
    }
    const { payload } = frame;
    if (call.twice && isObject(payload) && payload["status"] === "accepted") {
      call.onAccepted?.(payload);
      return;
    }
    call.finish({ payload });
  };

  socket.addEventListener("message", (event) => {
    const { data } = event as { data?: unknown };
    let frame: unknown;
    try {
      frame = JSON.parse(String(data));
    } catch {
      // Not a frame of ours; a call that waits for it ends by its own timeout.
      return;
    }
    if (!isObject(frame)) return;
    armWatch();
    if (frame["type"] === "res") onResponse(frame);
    else if (frame["type"] === "event" && typeof frame["event"] === "string") {
      const { seq } = frame;
      const seen: ClientEvent = { event: frame["event"], payload: frame["payload"] };
      if (typeof seq === "number") seen.seq = seq;
      for (const listener of eventListeners) listener(seen);
    }
  });
  socket.addEventListener("close", (event) => {
    const { code = 1006, reason = "" } = event as { code?: number; reason?: string };
    closed = { code, reason };
    stopWatch();
    for (const call of pending.values()) call.finish({ error: closedError() });
    for (const listener of closeListeners) listener(code, reason);
  });
  armWatch();

  const request = (
    method: string,
    params: unknown,
    settings: {
      timeoutMs: number;
      twice: boolean;
      onAccepted?: ((payload: unknown) => void) | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(closedError());
      if (settings.signal?.aborted) return reject(settings.signal.reason as Error);
      const id = String(++lastId);
      const finish: Pending["finish"] = (result) => {
        pending.delete(id);
        cancel();
        settings.signal?.removeEventListener("abort", onAbort);
        if ("error" in result) reject(result.error);
        else resolve(result.payload);
      };
      const onAbort = () => finish({ error: settings.signal?.reason as Error });
      const cancel = clock.after(settings.timeoutMs, () =>
        finish({
          error: new OpenClawError("TIMEOUT", `${method} was not answered within ${settings.timeoutMs} ms`, {
            retryable: true,
            hint: "openclaw gateway status",
          }),
        }),
      );
      settings.signal?.addEventListener("abort", onAbort, { once: true });
      pending.set(id, { twice: settings.twice, onAccepted: settings.onAccepted, finish });
      socket.send(JSON.stringify({ type: "req", id, method, params: params ?? {} }));
    });

  return {
    hello,
    url,
    call: (method, params, settings = {}) =>
      request(method, params, {
        timeoutMs: settings.timeoutMs ?? options.timeoutMs,
        twice: false,
        signal: settings.signal,
      }),
    callTwice: (method, params, settings) => request(method, params, { ...settings, twice: true }),
    onEvent(listener) {
      eventListeners.add(listener);
      return () => void eventListeners.delete(listener);
    },
    onClose(listener) {
      if (closed) listener(closed.code, closed.reason);
      else closeListeners.add(listener);
    },
    close() {
      socket.close(closeCodes.normal, "");
    },
  };
}
