import type { ClientEvent, GatewayClient } from "../client/contract.ts";
import { sleep, type Clock } from "../core/clock.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";

const firstDelayMs = 500;
const maxDelayMs = 15_000;

export interface Line {
  /** @throws OpenClawError CONNECTION_CLOSED while there is no connection. */
  call(method: string, params: unknown, timeoutMs?: number): Promise<unknown>;
  hello(): Record<string, unknown>;
}

/**
 * Stays connected until the signal aborts. The first connection must succeed; later ones are tried again and again.
 * @returns when the signal aborted. @throws what the first connection failed with.
 */
export async function stayConnected(options: {
  connect: () => Promise<GatewayClient>;
  clock: Clock;
  signal: AbortSignal;
  onEvent: (event: ClientEvent) => void;
  /** After each connection; what it loads brings the screen up to date. */
  onConnected: (line: Line) => Promise<void>;
  onLost: (reason: string) => void;
}): Promise<void> {
  const { clock, signal } = options;
  let delayMs = firstDelayMs;
  let first = true;
  while (!signal.aborted) {
    try {
      const client = await options.connect();
      const ended = new Promise<string>((resolve) => client.onClose((_code, reason) => resolve(reason)));
      const onAbort = () => client.close();
      signal.addEventListener("abort", onAbort, { once: true });
      client.onEvent(options.onEvent);
      first = false;
      delayMs = firstDelayMs;
      if (signal.aborted) client.close();
      else await options.onConnected(lineOf(client));
      const reason = await ended;
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) return;
      options.onLost(reason || "the gateway closed the connection");
    } catch (error) {
      if (signal.aborted) return;
      if (first) throw error;
      options.onLost(messageOf(error));
    }
    await sleep(clock, delayMs, signal).catch((error: unknown) => {
      // Woken to end.
      if (!signal.aborted) throw error;
    });
    delayMs = Math.min(maxDelayMs, Math.round(delayMs * 1.7));
  }
}

function lineOf(client: GatewayClient): Line {
  return {
    call: (method, params, timeoutMs = 15_000) => client.call(method, params, { timeoutMs }),
    hello: () => client.hello,
  };
}

/** Stands in while nothing is connected. */
export const noLine: Line = {
  call: () =>
    Promise.reject(
      new OpenClawError("CONNECTION_CLOSED", "there is no connection to the gateway", { retryable: true }),
    ),
  hello: () => ({}),
};
