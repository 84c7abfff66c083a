// The adapter's side of docs/channels/adapter.md: JSON-RPC 2.0 over standard input and output, one message a line.
// Copy this file; it needs nothing but Node.
import { createInterface } from "node:readline";

/** The version of the contract this file speaks. */
const contract = 1;

/**
 * Serves one account. `start(context)` connects it and gives the methods of docs/channels/adapter.md: `send`, `probe`,
 * `stop`, and whatever of `query`, `open`, `typing`, … the manifest claims. Throw an error whose message begins with
 * `CHANNEL_CONFIG: ` for a configuration that cannot work. A channel with the capability `login` gives
 * `{ login(context), logout(context) }` as well; what `context.show(step)` is given is shown to whoever logs in.
 */
export function serve(start, logins = {}) {
  const waiting = new Map();
  const presses = new Map();
  let nextId = 1;
  let running = null;
  const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const tell = (method, params) => write({ method, params });
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      write({ id, method, params });
    });

  async function handle(method, params) {
    if (method === "hello") return { contract };
    if (method === "ping") return {};
    if (method === "start") {
      const store = { ...params.store };
      running = await start({
        ...params,
        receive(event) {
          if (typeof event.answer !== "function") return ask("receive", { event });
          // Somebody pressed a button and can be told what came of it.
          const answerToken = `press-${nextId}`;
          presses.set(answerToken, event.answer);
          const { answer: _, ...rest } = event;
          return ask("receive", { event: { ...rest, answerToken } }).finally(() =>
            presses.delete(answerToken),
          );
        },
        proved: (direction) => tell("proved", { direction }),
        trouble: (trouble) => tell("trouble", trouble),
        store: {
          get: (key) => store[key],
          set: (key, value) => {
            store[key] = value;
            return ask("store", { key, value });
          },
        },
      });
      return {};
    }
    if (method === "answer") return presses.get(params.token)?.(params.text);
    if ((method === "login" || method === "logout") && logins[method])
      return logins[method]({ ...params, show: (step) => ask("show", { step }) });
    if (typeof running?.[method] !== "function") throw new Error(`there is no "${method}" here`);
    return (await running[method](method === "send" ? params.message : params)) ?? null;
  }

  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method === undefined) {
      const call = waiting.get(id);
      waiting.delete(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
      return;
    }
    handle(method, params ?? {}).then(
      (answer) => write({ id, result: answer ?? null }),
      (problem) => write({ id, error: { code: -32000, message: String(problem?.message ?? problem) } }),
    );
  });
  // The gateway is gone: so are we.
  process.stdin.on("end", () => process.exit(0));
}
