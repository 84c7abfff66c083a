import { cut, list, sse, type FakeError, type FakeFormat } from "./script.ts";

const errors: Record<FakeError, [status: number, type: string, message: string]> = {
  auth: [401, "authentication_error", "invalid x-api-key"],
  rate_limit: [429, "rate_limit_error", "This request would exceed your organization's rate limit."],
  overloaded: [529, "overloaded_error", "Overloaded"],
  billing: [
    400,
    "invalid_request_error",
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.",
  ],
  context_overflow: [400, "invalid_request_error", "prompt is too long: 212345 tokens > 200000 maximum"],
  content_filter: [400, "invalid_request_error", "Output blocked by content filtering policy"],
  server_error: [500, "api_error", "Internal server error"],
  bad_request: [400, "invalid_request_error", "messages: unexpected field"],
  model_not_found: [404, "not_found_error", "model: no-such-model"],
};

/** Anthropic Messages, streaming (docs.anthropic.com, "Streaming Messages" and "Errors"). */
export const anthropicFormat: FakeFormat = {
  wire: "anthropic-messages",
  basePath: "/v1",
  matches: (path) => path === "/v1/messages",
  keyOf: (headers) => headers["x-api-key"] ?? headers["authorization"]?.replace(/^Bearer /, ""),
  frames(answer, request) {
    const frames: string[] = [];
    const usage = answer.usage ?? { input: 11, output: 7 };
    frames.push(
      sse(
        {
          type: "message_start",
          message: {
            id: `msg_${request.number}`,
            type: "message",
            role: "assistant",
            model: request.body?.["model"],
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: {
              input_tokens: usage.input,
              cache_read_input_tokens: usage.cacheRead ?? 0,
              cache_creation_input_tokens: usage.cacheWrite ?? 0,
              output_tokens: 1,
            },
          },
        },
        "message_start",
      ),
      sse({ type: "ping" }, "ping"),
    );
    let index = 0;
    const block = (start: unknown, deltas: unknown[]) => {
      frames.push(sse({ type: "content_block_start", index, content_block: start }, "content_block_start"));
      for (const delta of deltas)
        frames.push(sse({ type: "content_block_delta", index, delta }, "content_block_delta"));
      frames.push(sse({ type: "content_block_stop", index }, "content_block_stop"));
      index++;
    };
    if (answer.thinking)
      block({ type: "thinking", thinking: "", signature: "" }, [
        ...cut(answer.thinking.text, 2).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: answer.thinking.signature },
      ]);
    if (answer.text)
      block(
        { type: "text", text: "" },
        cut(answer.text, answer.pieces ?? 3).map((text) => ({ type: "text_delta", text })),
      );
    for (const call of answer.toolCalls ?? [])
      block(
        { type: "tool_use", id: call.id, name: call.name, input: {} },
        cut(JSON.stringify(call.input), 2).map((partial_json) => ({
          type: "input_json_delta",
          partial_json,
        })),
      );
    const stop =
      answer.stop === "content_filter"
        ? "refusal"
        : answer.stop === "length"
          ? "max_tokens"
          : answer.toolCalls?.length
            ? "tool_use"
            : "end_turn";
    frames.push(
      sse(
        {
          type: "message_delta",
          delta: { stop_reason: stop, stop_sequence: null },
          usage: { output_tokens: usage.output },
        },
        "message_delta",
      ),
      sse({ type: "message_stop" }, "message_stop"),
    );
    return frames;
  },
  errorResponse(kind, options) {
    const [status, type, message] = errors[kind];
    const headers: Record<string, string> = { "content-type": "application/json", "request-id": "req_fake" };
    if (options.retryAfterSeconds !== undefined) headers["retry-after"] = String(options.retryAfterSeconds);
    if (kind === "rate_limit") headers["anthropic-ratelimit-requests-remaining"] = "0";
    return {
      status,
      headers,
      body: JSON.stringify({ type: "error", error: { type, message: options.message ?? message } }),
    };
  },
  errorFrame(kind) {
    const [, type, message] = errors[kind];
    return sse({ type: "error", error: { type, message } }, "error");
  },
  complaint(body) {
    const messages = list(body["messages"]);
    if (typeof body["max_tokens"] !== "number") return "max_tokens: Field required";
    if (messages.length === 0) return "messages: at least one message is required";
    if (messages[0]?.["role"] !== "user") return "messages: first message must use the user role";
    if (messages.at(-1)?.["role"] !== "user") return "This model does not support assistant message prefill.";
    const ids = new Set<string>();
    for (const [i, message] of messages.entries()) {
      if (i > 0 && message["role"] === messages[i - 1]?.["role"])
        return `messages.${i}: roles must alternate`;
      const blocks = list(message["content"]);
      if (blocks.length === 0) return `messages.${i}: content is empty`;
      for (const block of blocks) {
        if (block["type"] === "text" && String(block["text"]).trim() === "")
          return `messages.${i}: text content blocks must contain non-whitespace text`;
        if (block["type"] === "tool_use") {
          const id = String(block["id"]);
          if (!/^[a-zA-Z0-9_-]+$/.test(id)) return `messages.${i}: tool_use.id: String should match pattern`;
          if (ids.has(id)) return `messages.${i}: tool_use ids must be unique`;
          ids.add(id);
        }
      }
      const results = new Set(
        list(messages[i + 1]?.["content"])
          .filter((block) => block["type"] === "tool_result")
          .map((block) => block["tool_use_id"]),
      );
      const calls = blocks.filter((block) => block["type"] === "tool_use").map((block) => block["id"]);
      const lacking = calls.find((id) => !results.has(id));
      if (lacking !== undefined)
        return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${JSON.stringify(lacking)}`;
      const before = list(messages[i - 1]?.["content"]).map((block) => block["id"]);
      const stray = blocks.find(
        (block) => block["type"] === "tool_result" && !before.includes(block["tool_use_id"]),
      );
      if (stray) return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks`;
    }
    return null;
  },
  models: (ids) => ({
    data: ids.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })),
    has_more: false,
  }),
};
