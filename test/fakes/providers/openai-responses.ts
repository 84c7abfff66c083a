import { bearerOf, openaiError, openaiModels } from "./openai-errors.ts";
import { cut, list, sse, type FakeFormat } from "./script.ts";

/** Responses API, streaming (platform.openai.com, "Responses", "Streaming events"). */
export const openaiResponsesFormat: FakeFormat = {
  wire: "openai-responses",
  basePath: "/v1",
  matches: (path) => path === "/v1/responses",
  keyOf: bearerOf,
  frames(answer, request) {
    const usage = answer.usage ?? { input: 11, output: 7 };
    const frames: string[] = [];
    let sequence_number = 0;
    const event = (type: string, fields: Record<string, unknown>) =>
      frames.push(sse({ type, sequence_number: sequence_number++, ...fields }, type));
    const id = `resp_${request.number}`;
    const response = { id, object: "response", created_at: 1_767_225_600, model: request.body?.["model"] };
    event("response.created", { response: { ...response, status: "in_progress", output: [] } });
    event("response.in_progress", { response: { ...response, status: "in_progress", output: [] } });
    let output_index = 0;
    if (answer.thinking) {
      const item_id = `rs_${request.number}`;
      const item = { id: item_id, type: "reasoning", summary: [], encrypted_content: null };
      event("response.output_item.added", { output_index, item });
      event("response.reasoning_summary_part.added", {
        item_id,
        output_index,
        summary_index: 0,
        part: { type: "summary_text", text: "" },
      });
      for (const delta of cut(answer.thinking.text, 2))
        event("response.reasoning_summary_text.delta", { item_id, output_index, summary_index: 0, delta });
      const part = { type: "summary_text", text: answer.thinking.text };
      event("response.reasoning_summary_part.done", { item_id, output_index, summary_index: 0, part });
      event("response.output_item.done", {
        output_index,
        item: { ...item, summary: [part], encrypted_content: answer.thinking.signature },
      });
      output_index++;
    }
    if (answer.text) {
      const item_id = `msg_${request.number}`;
      const item = { id: item_id, type: "message", role: "assistant" };
      event("response.output_item.added", {
        output_index,
        item: { ...item, status: "in_progress", content: [] },
      });
      const empty = { type: "output_text", text: "", annotations: [] };
      event("response.content_part.added", { item_id, output_index, content_index: 0, part: empty });
      for (const delta of cut(answer.text, answer.pieces ?? 3))
        event("response.output_text.delta", { item_id, output_index, content_index: 0, delta });
      const part = { ...empty, text: answer.text };
      event("response.output_text.done", { item_id, output_index, content_index: 0, text: answer.text });
      event("response.content_part.done", { item_id, output_index, content_index: 0, part });
      event("response.output_item.done", {
        output_index,
        item: { ...item, status: "completed", content: [part] },
      });
      output_index++;
    }
    for (const call of answer.toolCalls ?? []) {
      const item_id = `fc_${call.id}`;
      const args = JSON.stringify(call.input);
      const item = { id: item_id, type: "function_call", call_id: call.id, name: call.name };
      event("response.output_item.added", {
        output_index,
        item: { ...item, arguments: "", status: "in_progress" },
      });
      for (const delta of cut(args, 2))
        event("response.function_call_arguments.delta", { item_id, output_index, delta });
      event("response.function_call_arguments.done", { item_id, output_index, arguments: args });
      event("response.output_item.done", {
        output_index,
        item: { ...item, arguments: args, status: "completed" },
      });
      output_index++;
    }
    const cached = usage.cacheRead ?? 0;
    const counted = {
      input_tokens: usage.input + cached,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + cached + usage.output,
    };
    const reason =
      answer.stop === "length" ? "max_output_tokens" : answer.stop === "content_filter" ? answer.stop : null;
    const done = { ...response, output: [], usage: counted };
    if (reason)
      event("response.incomplete", {
        response: { ...done, status: "incomplete", incomplete_details: { reason } },
      });
    else
      event("response.completed", { response: { ...done, status: "completed", incomplete_details: null } });
    return frames;
  },
  errorResponse: openaiError,
  errorFrame(kind) {
    const { error } = openaiError(kind);
    return sse({ ...error, type: "error", sequence_number: 99, error }, "error");
  },
  complaint(body) {
    const input = list(body["input"]);
    if (input.length === 0) return "Missing required parameter: 'input'.";
    const calls = new Set<unknown>();
    const answered = new Set<unknown>();
    for (const [i, item] of input.entries()) {
      if (item["type"] === "function_call") {
        if (calls.has(item["call_id"])) return `Duplicate call_id ${String(item["call_id"])}`;
        calls.add(item["call_id"]);
      }
      if (item["type"] === "function_call_output") {
        if (!calls.has(item["call_id"]))
          return `No tool call found for function call output ${String(item["call_id"])}.`;
        answered.add(item["call_id"]);
      }
      if (item["type"] === "reasoning") {
        const next = input[i + 1];
        const follows =
          next?.["type"] === "function_call" ||
          next?.["role"] === "assistant" ||
          next?.["type"] === "reasoning";
        if (!follows)
          return `Item '${String(item["id"])}' of type 'reasoning' was provided without its required following item.`;
      }
    }
    const open = [...calls].find((id) => !answered.has(id));
    return open === undefined ? null : `No tool output found for function call ${JSON.stringify(open)}.`;
  },
  models: openaiModels,
};
