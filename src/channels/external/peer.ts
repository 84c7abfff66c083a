import type { Clock } from "../../core/clock.ts";
import { messageOf, OpenClawError } from "../../core/errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** A line is one message of the other side; longer ones end the connection. */
const longestLine = 96 * 1024 * 1024;

export interface Peer {
  /** Rejects with OpenClawError ADAPTER_ERROR (its own refusal), ADAPTER_TIMEOUT or ADAPTER_GONE. */
  call(
    method: string,
    params: JsonObject,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<JsonValue>;
  /** Bytes of the other side, as they come. */
  feed(chunk: string): void;
  /** Every call that waits fails with this. */
  end(reason: string): void;
}

/** JSON-RPC 2.0, one message a line, both ways (docs/channels/adapter.md). */
export function createPeer(options: {
  clock: Clock;
  write(line: string): boolean;
  /** Answers a request, or takes a notification; what it throws is answered as an error. */
  handle(method: string, params: JsonObject): Promise<JsonValue>;
  /** The other side does not speak the protocol. */
  broken(why: string): void;
}): Peer {
  const waiting = new Map<number, { resolve: (value: JsonValue) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  let rest = "";
  let ended = false;

  function take(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return options.broken("a line is not JSON");
    }
    if (!isObject(message)) return options.broken("a line is not an object");
    const { id, method, params, result, error } = message as JsonObject;
    if (typeof method === "string") return void answer(id, method, isObject(params) ? params : {});
    const call = typeof id === "number" ? waiting.get(id) : undefined;
    if (!call) return;
    waiting.delete(id as number);
    if (isObject(error)) {
      const why = typeof error["message"] === "string" ? error["message"] : "refused";
      call.reject(new OpenClawError("ADAPTER_ERROR", why.slice(0, 500)));
    } else call.resolve(result ?? null);
  }

  async function answer(id: JsonValue | undefined, method: string, params: JsonObject): Promise<void> {
    try {
      const result = await options.handle(method, params);
      if (id !== undefined) options.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
    } catch (error) {
      if (id === undefined) return;
      const refusal = { code: -32_000, message: messageOf(error) };
      options.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: refusal })}\n`);
    }
  }

  return {
    call(method, params, { timeoutMs, signal }) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(new OpenClawError("ADAPTER_GONE", "the adapter is not running"));
        const id = nextId++;
        const done = () => {
          waiting.delete(id);
          cancel();
          signal?.removeEventListener("abort", onAbort);
        };
        const onAbort = () => {
          done();
          reject(new OpenClawError("ADAPTER_TIMEOUT", `${method} was given up`));
        };
        const cancel = options.clock.after(timeoutMs, () => {
          done();
          reject(
            new OpenClawError("ADAPTER_TIMEOUT", `the adapter did not answer ${method} in ${timeoutMs} ms`),
          );
        });
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, {
          resolve: (value) => (done(), resolve(value)),
          reject: (error) => (done(), reject(error)),
        });
        options.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      });
    },
    feed(chunk) {
      if (ended) return;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") take(line);
      if (rest.length > longestLine) options.broken("a line is too long");
    },
    end(reason) {
      ended = true;
      for (const call of waiting.values()) call.reject(new OpenClawError("ADAPTER_GONE", reason));
      waiting.clear();
    },
  };
}
