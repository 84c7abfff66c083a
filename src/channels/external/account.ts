import { mkdir } from "node:fs/promises";
import { OpenClawError, codeOf, messageOf, UserError } from "../../core/errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type {
  ChannelContext,
  ChannelProbe,
  DirectoryEntry,
  HistoryMessage,
  Outbound,
  RunningChannel,
  SendResult,
} from "../contract.ts";
import { startAdapter, type AdapterProcess } from "./child.ts";
import type { AdapterPackage } from "./manifest.ts";
import { eventOf, outboundJson, sendResultOf, troubleOf } from "./wire.ts";

const startMs = 60_000;
const callMs = 60_000;
const stopMs = 2000;
const firstPauseMs = 500;
const lastPauseMs = 60_000;

/** One account of a channel of somebody else: its process, started again whenever it is gone. */
export async function startExternalAccount(
  pack: AdapterPackage,
  context: ChannelContext,
): Promise<RunningChannel> {
  const { clock, logger } = context;
  const stored: JsonObject = {};
  let current: AdapterProcess | null = null;
  /** The process whose events come in: while it starts, it is asked about them already. */
  let telling: AdapterProcess | null = null;
  let stopped = false;
  let pause = firstPauseMs;

  async function handle(method: string, params: JsonObject): Promise<JsonValue> {
    switch (method) {
      case "receive": {
        const event = eventOf(
          params["event"],
          { channel: pack.id, account: context.account },
          {
            open: openAttachment,
            answer: async (token, text) => void (await askAbout("answer", { token, text })),
          },
        );
        return { ...(await context.receive(event)) };
      }
      case "proved":
        pause = firstPauseMs;
        context.proved(params["direction"] === "send" ? "send" : "receive");
        return null;
      case "trouble":
        context.trouble(troubleOf(params));
        return null;
      case "store": {
        const { key, value = null } = params;
        if (typeof key !== "string" || key.length > 256)
          throw new UserError("CHANNEL_STORE", "a key is a short text");
        if (JSON.stringify(value).length > 100_000)
          throw new UserError("CHANNEL_STORE", "a stored fact has at most 100,000 characters");
        stored[key] = value;
        await context.store.set("adapter", { ...stored });
        return null;
      }
      default:
        throw new OpenClawError("METHOD_UNKNOWN", `there is no method "${method.slice(0, 60)}"`);
    }
  }

  async function openAttachment(
    token: string,
    { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
  ) {
    const tooLarge = () => new UserError("MEDIA_TOO_LARGE", `the file has more than ${maxBytes} bytes`);
    let answer: JsonValue;
    try {
      answer = await askAbout("open", { token, maxBytes }, signal);
    } catch (error) {
      throw messageOf(error).includes("MEDIA_TOO_LARGE") ? tooLarge() : error;
    }
    const data = isObject(answer) ? answer["data"] : undefined;
    const content = Buffer.from(typeof data === "string" ? data : "", "base64");
    if (content.length > maxBytes) throw tooLarge();
    return new Uint8Array(content);
  }

  const ask = (method: string, params: JsonObject, signal?: AbortSignal) =>
    callOf(current, { method, params, signal });
  const askAbout = (method: string, params: JsonObject, signal?: AbortSignal) =>
    callOf(telling, { method, params, signal });

  async function callOf(
    adapter: AdapterProcess | null,
    { method, params, signal }: { method: string; params: JsonObject; signal: AbortSignal | undefined },
  ): Promise<JsonValue> {
    if (!adapter) throw new OpenClawError("ADAPTER_GONE", "the adapter is not running", { retryable: true });
    return adapter.call(method, params, signal ? { timeoutMs: callMs, signal } : { timeoutMs: callMs });
  }

  async function begin(): Promise<void> {
    await mkdir(context.dir, { recursive: true, mode: 0o700 });
    const adapter = await startAdapter({ package: pack, dir: context.dir, clock, logger, handle });
    telling = adapter;
    try {
      const { account, config, dir, fence } = context;
      await adapter.call("start", { account, config, dir, fence, store: stored }, { timeoutMs: startMs });
    } catch (error) {
      await adapter.kill();
      // What the adapter itself says about its configuration is for a person; everything else passes.
      if (codeOf(error) === "ADAPTER_ERROR" && messageOf(error).startsWith("CHANNEL_CONFIG"))
        throw new UserError("CHANNEL_CONFIG", messageOf(error).replace(/^CHANNEL_CONFIG:? */, ""), {
          hint: `openclaw config set channels.${pack.id}.accounts.${context.account}.<key> <value>`,
        });
      throw error;
    }
    if (stopped) return adapter.kill();
    current = adapter;
    void adapter.gone.then((reason) => {
      current = null;
      if (telling === adapter) telling = null;
      if (!stopped) again(reason);
    });
  }

  function again(reason: string): void {
    const wait = pause * (0.75 + Math.random() / 2);
    pause = Math.min(lastPauseMs, pause * 2);
    context.trouble({
      code: "ADAPTER_CRASHED",
      message: `the adapter of ${pack.label} is gone: ${reason}`,
      retryAt: clock.now() + wait,
    });
    clock.after(wait, () => {
      if (!stopped) begin().catch((error: unknown) => (stopped ? undefined : again(messageOf(error))));
    });
  }

  async function stop(): Promise<void> {
    const already = stopped;
    stopped = true;
    const adapter = current;
    if (!adapter) return;
    current = null;
    if (!already)
      await adapter
        .call("stop", {}, { timeoutMs: stopMs })
        .catch((error: unknown) => logger.debug("an adapter did not stop", { error: messageOf(error) }));
    await adapter.kill();
  }

  const known = context.store.get("adapter");
  if (isObject(known)) Object.assign(stored, known);
  await begin();
  context.signal.addEventListener("abort", () => void stop(), { once: true });

  const { can, ambiguousSend } = pack.capabilities;
  const list = async <T>(method: string, query: JsonObject, signal: AbortSignal) => {
    const answer = await ask(method, query, signal);
    return (Array.isArray(answer) ? answer : []) as unknown as T[];
  };
  return {
    async send(message: Outbound, signal): Promise<SendResult> {
      const params = { message: await outboundJson(message) };
      if (!current) return { kind: "retry", error: "the adapter is being started again" };
      try {
        return sendResultOf(await ask("send", params, signal));
      } catch (error) {
        // It may have got as far as the platform.
        return { kind: "unknown", error: messageOf(error) };
      }
    },
    ...(ambiguousSend === "queryable"
      ? {
          query: async (key: string, to: string, signal: AbortSignal) => {
            const answer = await ask("query", { key, to }, signal);
            return isObject(answer) ? answer : null;
          },
        }
      : {}),
    async probe(signal): Promise<ChannelProbe> {
      const started = clock.monotonic();
      const elapsedMs = () => Math.round(clock.monotonic() - started);
      try {
        const answer = await ask("probe", {}, signal);
        const { ok, error, identity } = isObject(answer) ? answer : {};
        const state = ok === true ? "connected" : "disconnected";
        return {
          ok: ok === true,
          state,
          elapsedMs: elapsedMs(),
          ...(typeof error === "string" ? { error } : {}),
          ...(typeof identity === "string" ? { identity } : {}),
        };
      } catch (error) {
        return { ok: false, state: "disconnected", error: messageOf(error), elapsedMs: elapsedMs() };
      }
    },
    stop,
    ...(can.includes("typing")
      ? {
          typing: async (to: string, on: boolean, threadId?: string) =>
            void (await ask("typing", threadId === undefined ? { to, on } : { to, on, threadId })),
        }
      : {}),
    ...(can.includes("read-receipts")
      ? { markRead: async (to: string, messageId: string) => void (await ask("markRead", { to, messageId })) }
      : {}),
    ...(can.includes("history")
      ? { history: (query, signal) => list<HistoryMessage>("history", query, signal) }
      : {}),
    ...(can.includes("search")
      ? { search: (query, signal) => list<HistoryMessage>("search", query, signal) }
      : {}),
    ...(can.includes("directory")
      ? { directory: (query, signal) => list<DirectoryEntry>("directory", query, signal) }
      : {}),
    ...(can.includes("threads")
      ? {
          async createThread(thread, signal) {
            const answer = await ask("createThread", { ...thread }, signal);
            const threadId = isObject(answer) ? answer["threadId"] : undefined;
            if (typeof threadId === "string" && threadId !== "") return { threadId };
            throw new OpenClawError("ADAPTER_ERROR", "the adapter did not name the thread");
          },
        }
      : {}),
    ...(can.includes("webhook")
      ? {
          async handleWebhook(request) {
            const body = Buffer.from(request.body).toString("base64");
            const answer = await ask("webhook", { ...request, body });
            const { status, body: text } = isObject(answer) ? answer : {};
            return {
              status: typeof status === "number" ? status : 500,
              body: typeof text === "string" ? text : "",
            };
          },
        }
      : {}),
  } satisfies RunningChannel;
}
