import type { ServerResponse } from "node:http";
import { z } from "zod";
import { isObject } from "../../core/json.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import type { GatewayServices } from "../contract.ts";
import type { RouteRequest } from "../http/route.ts";
import { failureText, thinkingOf } from "../methods/run-requests.ts";
import { createMediaReader } from "./input-media.ts";
import { ApiError, badRequest, openStream, sendJson, type EventStream } from "./reply.ts";
import { ownerOf, parseBody } from "./request.ts";
import { answerId, sessionOf, targetOf } from "./target.ts";
import { clientToolsOf, toolChoiceOf } from "./tools-schema.ts";
import {
  answerText,
  followRun,
  turnOf,
  type NeutralMessage,
  type NeutralPart,
  type TextSink,
} from "./turn.ts";

/** Members this gateway has no use for are ignored: clients send many (protocol.md 5). */
const bodySchema = z.object({
  model: z.string().default("openclaw"),
  messages: z.array(z.unknown()).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.unknown().optional(),
  tool_choice: z.unknown().optional(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  reasoning_effort: z.string().nullish(),
  user: z.string().nullish(),
});

interface Answer {
  id: string;
  created: number;
  model: string;
}

/** POST /v1/chat/completions: one turn of an agent behind the interface of OpenAI's chat completions. */
export async function chatCompletions(
  services: GatewayServices,
  request: RouteRequest,
  response: ServerResponse,
): Promise<void> {
  const body = parseBody(request.body, bodySchema);
  const target = targetOf(services, request.headers, body.model);
  const turn = await turnOf(
    services,
    await readMessages(body.messages, createMediaReader(services, request.signal)),
  );
  const clientTools = clientToolsOf(body.tools);
  const session = sessionOf(services, {
    headers: request.headers,
    agentId: target.agentId,
    user: body.user ?? undefined,
    prefix: "openai",
  });
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens;
  const answer: Answer = {
    id: answerId(request.headers, "chatcmpl"),
    created: Math.floor(services.clock.now() / 1000),
    model: body.model,
  };
  const includeUsage = body.stream_options?.include_usage === true;
  let stream: EventStream | null = null;
  const chunk = (delta: Record<string, unknown>, finish: string | null = null) =>
    stream?.send({
      ...answer,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(includeUsage ? { usage: null } : {}),
    });
  const sink: TextSink = { text: "", onDelta: (content) => chunk({ content }) };
  const outcome = await followRun(
    services,
    {
      door: "http.chat-completions",
      key: answer.id,
      sessionKey: session.sessionKey,
      principal: ownerOf(request),
      text: turn.text,
      media: turn.media,
      mode: "followup",
      options: {
        ...(turn.system === "" ? {} : { extraSystemPrompt: turn.system }),
        ...(clientTools.length === 0 ? {} : { clientTools }),
        ...toolChoiceOf(body.tool_choice),
        ...(maxOutputTokens ? { maxOutputTokens } : {}),
        ...(target.model === undefined ? {} : { model: target.model }),
        ...thinkingOf(body.reasoning_effort ?? undefined),
        // A session the gateway knows has its own memory; what the client repeats would be said twice.
        ...(turn.history.length === 0 || session.known ? {} : { history: turn.history }),
        ...(turn.toolResults.length === 0 ? {} : { clientToolResults: turn.toolResults }),
      },
    },
    {
      signal: request.signal,
      sink,
      onAccepted() {
        if (body.stream !== true) return;
        stream = openStream(response, services.clock);
        chunk({ role: "assistant", content: "" });
      },
    },
  );
  if (stream === null) return sendWhole(response, answer, outcome);
  endStream(stream, { answer, outcome, said: sink.text, chunk, includeUsage });
}

function sendWhole(response: ServerResponse, answer: Answer, outcome: RunOutcome): void {
  throwIfFailed(outcome);
  const text = answerText(outcome);
  const calls = toolCallsOf(outcome);
  sendJson(response, 200, {
    ...answer,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          refusal: null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReason(outcome),
      },
    ],
    usage: usageOf(outcome),
  });
}

function endStream(
  stream: EventStream,
  end: {
    answer: Answer;
    outcome: RunOutcome;
    said: string;
    chunk: (delta: Record<string, unknown>, finish?: string | null) => void;
    includeUsage: boolean;
  },
): void {
  const { outcome, chunk } = end;
  if (outcome.status !== "ok") {
    // The status line is long gone: an `error` member is what the official client throws on.
    stream.send({
      error: { message: failureText(outcome), type: "api_error", code: outcome.error?.code ?? null },
    });
    stream.done();
    return;
  }
  const text = answerText(outcome);
  if (end.said === "" && text !== "") chunk({ content: text });
  const calls = toolCallsOf(outcome);
  if (calls.length > 0) chunk({ tool_calls: calls.map((call, index) => ({ index, ...call })) });
  chunk({}, finishReason(outcome));
  if (end.includeUsage) {
    stream.send({ ...end.answer, object: "chat.completion.chunk", choices: [], usage: usageOf(outcome) });
  }
  stream.done();
}

function throwIfFailed(outcome: RunOutcome): void {
  if (outcome.status === "ok") return;
  throw new ApiError(
    500,
    "api_error",
    failureText(outcome),
    outcome.error ? { code: outcome.error.code } : {},
  );
}

function toolCallsOf(outcome: RunOutcome) {
  return (outcome.pendingToolCalls ?? []).map((call) => ({
    id: call.id,
    type: "function" as const,
    function: { name: call.name, arguments: call.arguments },
  }));
}

function finishReason(outcome: RunOutcome): string {
  if (outcome.pendingToolCalls?.length) return "tool_calls";
  return outcome.stopReason === "length" ? "length" : "stop";
}

function usageOf(outcome: RunOutcome) {
  const { usage } = outcome;
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
  };
}

const roles: Record<string, NeutralMessage["role"]> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "tool",
  function: "tool",
};

async function readMessages(
  messages: unknown[],
  media: ReturnType<typeof createMediaReader>,
): Promise<NeutralMessage[]> {
  const read: NeutralMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const role = isObject(message) ? roles[String(message["role"])] : undefined;
    if (!isObject(message) || role === undefined) {
      throw badRequest(`${at}: 'role' must be system, developer, user, assistant or tool`, at);
    }
    const parts = await readContent(message["content"], at, media);
    if (role === "tool") {
      const id = message["tool_call_id"] ?? message["name"];
      if (typeof id !== "string") throw badRequest(`${at}: a tool message needs 'tool_call_id'`, at);
      const output = parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
      read.push({ role, parts: [{ type: "tool_result", id, output }] });
      continue;
    }
    for (const call of Array.isArray(message["tool_calls"]) ? (message["tool_calls"] as unknown[]) : []) {
      const inner = isObject(call) && isObject(call["function"]) ? call["function"] : null;
      if (!isObject(call) || typeof call["id"] !== "string" || typeof inner?.["name"] !== "string") {
        throw badRequest(`${at}: a tool call needs an id and a function name`, at);
      }
      parts.push({
        type: "tool_call",
        id: call["id"],
        name: inner["name"],
        arguments: typeof inner["arguments"] === "string" ? inner["arguments"] : "{}",
      });
    }
    read.push({ role, parts });
  }
  return read;
}

async function readContent(
  content: unknown,
  at: string,
  media: ReturnType<typeof createMediaReader>,
): Promise<NeutralPart[]> {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw badRequest(`${at}: 'content' must be text or a list of parts`, at);
  const parts: NeutralPart[] = [];
  for (const part of content as unknown[]) {
    if (!isObject(part)) throw badRequest(`${at}: a content part must be an object`, at);
    const image = isObject(part["image_url"]) ? part["image_url"]["url"] : part["image_url"];
    const file = isObject(part["file"]) ? part["file"] : null;
    if (part["type"] === "text" && typeof part["text"] === "string")
      parts.push({ type: "text", text: part["text"] });
    else if (part["type"] === "refusal" && typeof part["refusal"] === "string")
      parts.push({ type: "text", text: part["refusal"] });
    else if (part["type"] === "image_url" && typeof image === "string") {
      parts.push(
        await media.image(
          image.startsWith("data:") ? { kind: "base64", data: image } : { kind: "url", url: image },
        ),
      );
    } else if (part["type"] === "file" && typeof file?.["file_data"] === "string") {
      const name = file["filename"];
      parts.push(
        await media.file({
          kind: "base64",
          data: file["file_data"],
          ...(typeof name === "string" ? { fileName: name } : {}),
        }),
      );
    } else throw badRequest(`${at}: parts of type ${JSON.stringify(part["type"])} are not understood`, at);
  }
  return parts;
}
