// Sockets of a client against a gateway process, for tests that look at single frames.
import { cliConnect, openRaw, type Frame, type RawClient } from "./gateway-server.ts";
import { e2eToken, type Gateway } from "./e2e-home.ts";

export type { Frame, RawClient };

export interface SignedIn extends RawClient {
  hello: Record<string, unknown>;
  /** The payload of the answer; throws with the error of a refusal. */
  ask(method: string, params?: unknown): Promise<Record<string, unknown>>;
  /** The error of the answer; throws when it was none. */
  refusal(method: string, params?: unknown): Promise<{ code: string; message: string; details?: unknown }>;
  event(name: string, fits?: (payload: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** A socket that has been sent `hello-ok`, as the real CLI gets it, with the shared token unless said otherwise. */
export async function signIn(
  gateway: Gateway,
  options: Parameters<typeof cliConnect>[1] = {},
): Promise<SignedIn> {
  const client = await openRaw(gateway.url);
  const params = await cliConnect(client, { token: e2eToken, ...options });
  const answer = await client.request("connect", params, "connect");
  if (answer["ok"] !== true) throw new Error(`connect refused: ${JSON.stringify(answer.error)}`);
  return Object.assign(client, {
    hello: answer.payload as Record<string, unknown>,
    async ask(method: string, callParams?: unknown) {
      const { ok, payload, error } = await client.request(method, callParams);
      if (ok !== true) throw new Error(`${method}: ${JSON.stringify(error)}`);
      return payload as Record<string, unknown>;
    },
    async refusal(method: string, callParams?: unknown) {
      const { ok, payload, error } = await client.request(method, callParams);
      if (ok !== false) throw new Error(`${method} was answered: ${JSON.stringify(payload)}`);
      return error as { code: string; message: string };
    },
    async event(name: string, fits: (payload: Record<string, unknown>) => boolean = () => true) {
      const frame = await client.next(
        (each) => each["event"] === name && fits(each.payload as Record<string, unknown>),
      );
      return frame.payload as Record<string, unknown>;
    },
  });
}
