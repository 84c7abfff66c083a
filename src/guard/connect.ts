import { connect as connectSocket, type Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";
import { createAddressCheck, type AddressCheckOptions } from "./address-check.ts";

export interface GuardedConnectOptions extends AddressCheckOptions {
  clock: Clock;
  /** Milliseconds until the connection stands. Default 20,000. */
  connectTimeoutMs?: number;
}

/** A TCP connection to the host and port of an http(s) URL, at an address that was checked. */
export type GuardedConnect = (url: URL, signal?: AbortSignal) => Promise<Socket>;

/**
 * For what must forward bytes it does not understand (a proxy): the same decision as `createGuardedFetch`, made on the
 * address that is dialled. Addresses are tried in order until one answers.
 * @throws UserError DIAL_REFUSED; OpenClawError DIAL_FAILED, DIAL_TIMEOUT
 */
export function createGuardedConnect(options: GuardedConnectOptions): GuardedConnect {
  const { admit } = createAddressCheck(options);
  return async (url, signal) => {
    const addresses = await admit(url);
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    let failure: unknown = null;
    for (const host of addresses.slice(0, 4)) {
      signal?.throwIfAborted();
      try {
        return await connectOne(url, { host, port, signal, options });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

function connectOne(
  url: URL,
  at: { host: string; port: number; signal: AbortSignal | undefined; options: GuardedConnectOptions },
): Promise<Socket> {
  const { host, port, signal, options } = at;
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true });
    const settle = (finish: () => void) => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      finish();
    };
    const fail = (error: unknown) =>
      settle(() => {
        socket.on("error", () => undefined);
        socket.destroy();
        reject(error);
      });
    const onAbort = () => fail(signal?.reason);
    const onError = (error: Error) =>
      fail(
        new OpenClawError("DIAL_FAILED", `${url.origin} cannot be reached: ${messageOf(error)}`, {
          cause: error,
          retryable: true,
        }),
      );
    const cancel = options.clock.after(options.connectTimeoutMs ?? 20_000, () =>
      fail(
        new OpenClawError("DIAL_TIMEOUT", `${url.origin} did not answer in time (no connection)`, {
          retryable: true,
        }),
      ),
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.once("connect", () => settle(() => resolve(socket)));
  });
}
