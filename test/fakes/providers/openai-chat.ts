import { bearerOf, openaiError, openaiModels } from "./openai-errors.ts";
import { cut, list, sse, type FakeFormat } from "./script.ts";

/** Chat completions, streaming (platform.openai.com, "Chat Completions", "Streaming"). */
export const openaiChatFormat: FakeFormat = {
  wire: "openai-chat",
  basePath: "/v1",
  matches: (path) => path === "/v1/chat/completions",
  keyOf: bearerOf,
  frames(answer, request) {
    const usage = answer.usage ?? { input: 11, output: 7 };
    const base = {
      id: `chatcmpl-${request.number}`,
      object: "chat.completion.chunk",
      created: 1_767_225_600,
      model: request.body?.["model"],
    };
    const chunk = (delta: unknown, finish_reason: string | null = null) =>
      sse({ ...base, choices: [{ index: 0, delta, finish_reason }] });
    const frames = [chunk({ role: "assistant", content: "" })];
    if (answer.thinking)
      for (const reasoning_content of cut(answer.thinking.text, 2)) frames.push(chunk({ reasoning_content }));
    if (answer.text)
      for (const content of cut(answer.text, answer.pieces ?? 3)) frames.push(chunk({ content }));
    for (const [index, call] of (answer.toolCalls ?? []).entries()) {
      const [head, ...tail] = cut(JSON.stringify(call.input), 2);
      frames.push(
        chunk({
          tool_calls: [
            { index, id: call.id, type: "function", function: { name: call.name, arguments: head ?? "" } },
          ],
        }),
      );
      for (const rest of tail) frames.push(chunk({ tool_calls: [{ index, function: { arguments: rest } }] }));
    }
    frames.push(
      chunk(
        {},
        answer.stop === "stop" || !answer.stop
          ? answer.toolCalls?.length
            ? "tool_calls"
            : "stop"
          : answer.stop,
      ),
    );
    const cached = usage.cacheRead ?? 0;
    frames.push(
      sse({
        ...base,
        choices: [],
        usage: {
          prompt_tokens: usage.input + cached,
          completion_tokens: usage.output,
          total_tokens: usage.input + cached + usage.output,
          prompt_tokens_details: { cached_tokens: cached },
        },
      }),
      sse("[DONE]"),
    );
    return frames;
  },
  errorResponse: openaiError,
  errorFrame: (kind) => sse({ error: openaiError(kind).error }),
  complaint(body) {
    const messages = list(body["messages"]);
    if (messages.length === 0) return "messages: array too short";
    const ids = new Set<unknown>();
    let open: unknown[] = [];
    let previous = "";
    for (const [i, message] of messages.entries()) {
      const role = String(message["role"]);
      if (role === "tool") {
        if (!open.includes(message["tool_call_id"]))
          return `messages with role 'tool' must be a response to a preceding message with 'tool_calls' (${i})`;
        open = open.filter((id) => id !== message["tool_call_id"]);
        if (typeof message["content"] !== "string") return `messages[${i}].content: expected a string`;
      } else {
        if (open.length > 0)
          return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (${open.join()})`;
        // Chat templates of Mistral, Gemma and others raise on this.
        if (role === previous && role !== "system") return "Conversation roles must alternate user/assistant";
      }
      for (const call of list(message["tool_calls"])) {
        if (String(call["id"]).length > 40) return `messages[${i}].tool_calls[0].id: string too long`;
        if (ids.has(call["id"])) return `duplicate tool call id ${String(call["id"])}`;
        ids.add(call["id"]);
        open.push(call["id"]);
      }
      const empty = message["content"] === "" || message["content"] === null;
      if (empty && list(message["tool_calls"]).length === 0) return `messages[${i}].content is empty`;
      previous = role;
    }
    return open.length > 0 ? `tool calls without results: ${open.join()}` : null;
  },
  models: openaiModels,
};
