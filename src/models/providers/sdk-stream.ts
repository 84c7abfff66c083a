import { noUsage, type StopReason, type Usage } from "../../core/conversation.ts";
import { messageOf } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { isObject, type JsonValue } from "../../core/json.ts";
import { formatRef } from "../catalog/refs.ts";
import type { ModelEvent, ModelFailure, ModelRequest, ProviderCredential } from "../contract.ts";
import { classify, errorWords, type FailureFacts } from "../failure.ts";
import { createRedactor } from "../redact.ts";
import { AnswerError, bindFetch } from "./bound-fetch.ts";
import type { ProviderDeps } from "./load.ts";
import { sdkPrompt, sdkTools, type PromptDialect } from "./sdk-prompt.ts";
import type { SdkModels } from "./sdk-models.ts";
import type { SdkModel, SdkOptions, SdkPart } from "./sdk-types.ts";
import { createSurrogateJoiner } from "./surrogates.ts";

/** One vendor's way of using the SDK. */
export interface SdkWire {
  baseUrl: string;
  models: SdkModels;
  /** The SDK's model; imports the SDK on first use. */
  model(): Promise<SdkModel>;
  /** Sent with this request only: the login, named as the SDK names it, so that it takes the place of its own. */
  headers: Record<string, string>;
  dialect: PromptDialect;
  options: Pick<SdkOptions, "reasoning" | "providerOptions">;
  /** The signature in a part of the stream, in the form the dialect takes it back. */
  signatureOf(part: SdkPart): string | undefined;
}

/**
 * Streams one answer through an SDK model. Never throws: whatever goes wrong becomes one `error` event. Silence longer
 * than the timeouts counts as a broken connection. Leaving the loop early closes the connection.
 */
export async function* streamSdk(
  wire: SdkWire,
  request: ModelRequest,
  credential: ProviderCredential,
  signal: AbortSignal,
  deps: ProviderDeps,
): AsyncIterable<ModelEvent> {
  const ref = formatRef(request.ref);
  const redact = createRedactor(credential.apiKey?.reveal() ?? null);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let silentMs: number | null = null;
  let cancelTimer = () => {};
  const expectWithin = (ms: number) => {
    cancelTimer();
    cancelTimer = deps.clock.after(ms, () => {
      silentMs = ms;
      stop.abort(new Error("timeout"));
    });
  };
  const fail = (facts: Omit<FailureFacts, "ref">): ModelEvent => {
    const failure: ModelFailure = signal.aborted
      ? { kind: "aborted", message: `${ref}: the request was stopped` }
      : classify(
          silentMs === null
            ? { ref, ...facts }
            : { ref, text: `nothing arrived for ${Math.round(silentMs / 1000)} s`, connection: true },
          { redact, now: deps.clock.now() },
        );
    return { type: "error", error: failure, usage: noUsage };
  };

  try {
    expectWithin(deps.timeouts.firstByteMs);
    wire.models.bind(
      both,
      bindFetch(deps.fetch, {
        origin: new URL(wire.baseUrl).origin,
        onBytes: () => expectWithin(deps.timeouts.idleMs),
      }),
    );
    const model = await wire.model();
    const result = await untilAborted(
      model.doStream({
        prompt: sdkPrompt(request, wire.dialect, wire.models.converted),
        ...sdkTools(request),
        ...(request.maxOutputTokens !== undefined && { maxOutputTokens: request.maxOutputTokens }),
        ...wire.options,
        headers: wire.headers,
        abortSignal: both,
      }),
      both,
    );
    yield* translate(result.stream, { wire, signal: both, fail });
  } catch (error) {
    yield fail(factsOf(error));
  } finally {
    cancelTimer();
    stop.abort(new Error("done"));
  }
}

interface Translation {
  wire: SdkWire;
  signal: AbortSignal;
  fail: (facts: Omit<FailureFacts, "ref">) => ModelEvent;
}

async function* translate(stream: ReadableStream<SdkPart>, options: Translation): AsyncIterable<ModelEvent> {
  const { wire, signal, fail } = options;
  const text = createSurrogateJoiner();
  const thinking = createSurrogateJoiner();
  let signature: string | undefined;
  let calls = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value: part } = await untilAborted(reader.read(), signal);
      if (done) return void (yield fail({ text: "the answer broke off", connection: true }));
      switch (part.type) {
        case "text-delta":
          yield* deltas("text", text.push(part.delta));
          break;
        case "text-end":
          yield* deltas("text", text.end());
          break;
        case "reasoning-start":
          signature = wire.signatureOf(part);
          break;
        case "reasoning-delta":
          signature = wire.signatureOf(part) ?? signature;
          yield* deltas("thinking", thinking.push(part.delta));
          break;
        case "reasoning-end":
          signature = wire.signatureOf(part) ?? signature;
          yield* deltas("thinking", thinking.end());
          yield { type: "thinking_end", ...(signature !== undefined && { signature }) };
          signature = undefined;
          break;
        case "tool-call": {
          calls++;
          const signed = wire.signatureOf(part);
          // A block without words that holds the signature of the call after it; see PromptDialect.callSignature.
          if (signed !== undefined) yield { type: "thinking_end", signature: signed };
          yield {
            type: "tool_call",
            id: part.toolCallId || `call_${uuid()}`,
            name: part.toolName,
            input: toolInput(part.input),
          };
          break;
        }
        case "error":
          return void (yield fail(factsOf(part.error)));
        case "finish":
          yield* deltas("text", text.end());
          yield finish(part, calls, fail);
          return;
        default: // metadata, sources and tools the provider runs itself: nothing we asked for
      }
    }
  } finally {
    reader.cancel().catch(() => undefined); // the connection may be gone already: nothing is left to close
  }
}

function* deltas(type: "text" | "thinking", delta: string): Iterable<ModelEvent> {
  if (delta !== "") yield { type, delta };
}

function finish(
  part: Extract<SdkPart, { type: "finish" }>,
  calls: number,
  fail: Translation["fail"],
): ModelEvent {
  const { unified, raw } = part.finishReason;
  if (unified === "content-filter")
    return fail({ code: "content_filter", text: "the provider's safety rules stopped the answer" });
  // A stream that was cut off looks like one that ended, but for the reason it never gave.
  if (raw === undefined && unified !== "stop" && unified !== "tool-calls")
    return fail({ text: "the answer broke off before its end", connection: true });
  const stopReason: StopReason = unified === "length" ? "length" : calls > 0 ? "tool_use" : "stop";
  return { type: "finish", stopReason, usage: usageOf(part.usage) };
}

function usageOf(usage: Extract<SdkPart, { type: "finish" }>["usage"]): Usage {
  const cacheRead = usage.inputTokens.cacheRead ?? 0;
  const cacheWrite = usage.inputTokens.cacheWrite ?? 0;
  const input =
    usage.inputTokens.noCache ?? Math.max(0, (usage.inputTokens.total ?? 0) - cacheRead - cacheWrite);
  const output = usage.outputTokens.total ?? 0;
  return { input, output, cacheRead, cacheWrite, total: input + output + cacheRead + cacheWrite };
}

/** Arguments as an object. Broken JSON goes on as `input`: the tool's own check tells the model what is wrong. */
function toolInput(raw: string): JsonValue {
  if (raw.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(raw);
    return isObject(value) ? (value as JsonValue) : { input: value as JsonValue };
  } catch {
    return { input: raw };
  }
}

/** What an error of the SDK or the connection says, whatever its shape. */
function factsOf(error: unknown): Omit<FailureFacts, "ref"> {
  if (error instanceof AnswerError)
    return { status: error.status, text: error.message, code: "", connection: error.status < 300 };
  const chain = errorChain(error);
  if (chain.some((one) => one.name === "AI_JSONParseError" || one.name === "AI_TypeValidationError")) {
    const status = statusOf(error);
    if (status === undefined || status < 400)
      return { text: "the provider sent something that is not part of its protocol", connection: true };
  }
  const fields =
    isObject(error) || error instanceof Error ? (error as unknown as Record<string, unknown>) : {};
  const body = typeof fields["responseBody"] === "string" ? fields["responseBody"] : undefined;
  const said = errorWords(body === undefined ? (fields["data"] ?? error) : parseOr(body));
  const status = statusOf(error) ?? said.status;
  if (status !== undefined && status < 300 && chain.length > 0)
    return { text: textOf(error), connection: true }; // the answer had begun well
  const words =
    said.text ?? (looksLikeHtml(body) ? "answered with an HTML page" : body?.slice(0, 500) || textOf(error));
  const headers = isObject(fields["responseHeaders"])
    ? { headers: fields["responseHeaders"] as Record<string, string> }
    : {};
  // Google's time to wait stands deep in the details of the body.
  const delay = body === undefined ? "" : (/"retryDelay"\s*:\s*"[\d.]+s"/.exec(body)?.[0] ?? "");
  return {
    ...headers,
    ...(status !== undefined && { status }),
    ...(said.code !== undefined && { code: said.code }),
    text: delay ? `${words} ${delay}` : words,
    connection: status === undefined && said.code === undefined && error instanceof Error,
  };
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

function errorChain(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 8; current = current.cause)
    chain.push(current);
  return chain;
}

/** The innermost message is the one that names what happened (`ECONNREFUSED …`). */
function textOf(error: unknown): string {
  const chain = errorChain(error);
  const inner = chain.at(-1);
  if (!inner)
    return typeof error === "string" ? error : isObject(error) ? JSON.stringify(error).slice(0, 500) : "";
  const code = (inner as { code?: unknown }).code;
  return typeof code === "string" && !inner.message.includes(code)
    ? `${code} ${inner.message}`
    : messageOf(inner);
}

function looksLikeHtml(body: string | undefined): boolean {
  return body !== undefined && /^\s*<(?:!doctype|html|head|body)\b/i.test(body);
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller quotes the text itself
  }
}

function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error("stopped", { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error instanceof Error ? error : new Error(textOf(error)));
      },
    );
  });
}
