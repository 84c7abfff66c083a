import type { RunOutcome } from "../../core/outcome.ts";
import { failureText } from "../methods/run-requests.ts";
import type { EventStream } from "./reply.ts";
import { answerText } from "./turn.ts";

/** What stays the same in every event of one answer. */
export interface ResponseHead {
  id: string;
  /** Epoch seconds. */
  createdAt: number;
  model: string;
  instructions: string | null;
  previousResponseId: string | null;
  metadata: Record<string, string>;
  tools: unknown[];
  toolChoice: unknown;
}

type Status = "in_progress" | "completed" | "incomplete" | "failed";

/** The response object (protocol.md 5) with the members the official client expects to find. */
export function responseObject(
  head: ResponseHead,
  status: Status,
  end: { output: unknown[]; outcome?: RunOutcome },
): Record<string, unknown> {
  const usage = end.outcome?.usage;
  const input = usage ? usage.input + usage.cacheRead + usage.cacheWrite : 0;
  return {
    id: head.id,
    object: "response",
    created_at: head.createdAt,
    status,
    model: head.model,
    output: end.output,
    usage: usage
      ? {
          input_tokens: input,
          output_tokens: usage.output,
          total_tokens: input + usage.output,
          input_tokens_details: { cached_tokens: usage.cacheRead },
          output_tokens_details: { reasoning_tokens: 0 },
        }
      : null,
    error:
      status === "failed" && end.outcome
        ? { code: end.outcome.error?.code ?? "server_error", message: failureText(end.outcome) }
        : null,
    incomplete_details: null,
    instructions: head.instructions,
    previous_response_id: head.previousResponseId,
    metadata: head.metadata,
    tools: head.tools,
    tool_choice: head.toolChoice,
    parallel_tool_calls: true,
  };
}

export function messageItem(id: string, text: string, status: "in_progress" | "completed") {
  return {
    type: "message",
    id,
    role: "assistant",
    status,
    content: status === "in_progress" ? [] : [textPart(text)],
  };
}

function textPart(text: string) {
  return { type: "output_text", text, annotations: [] };
}

/** The calls of client tools this answer ends with. */
export function functionCalls(outcome: RunOutcome) {
  return (outcome.pendingToolCalls ?? []).map((call) => ({
    type: "function_call" as const,
    id: `fc_${call.id}`,
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
    status: "completed" as const,
  }));
}

/**
 * Writes the events of one streamed answer in the order of protocol.md 5: created, in_progress, output_item.added,
 * content_part.added, output_text.delta*, output_text.done, content_part.done, output_item.done, (items of calls),
 * completed, [DONE].
 */
export function createResponseStream(stream: EventStream, head: ResponseHead) {
  const messageId = `msg_${head.id}`;
  const place = { item_id: messageId, output_index: 0, content_index: 0 };
  let sequence = 0;
  const send = (type: string, fields: Record<string, unknown>) => {
    stream.send({ type, ...fields, sequence_number: sequence }, type);
    sequence += 1;
  };
  const opening = responseObject(head, "in_progress", { output: [] });
  send("response.created", { response: opening });
  send("response.in_progress", { response: opening });
  send("response.output_item.added", { output_index: 0, item: messageItem(messageId, "", "in_progress") });
  send("response.content_part.added", { ...place, part: textPart("") });

  const text = (delta: string) => send("response.output_text.delta", { ...place, delta, logprobs: [] });

  return {
    text,
    /** Ends the stream; `said` is the text already sent as deltas. */
    end(outcome: RunOutcome, said: string): void {
      if (outcome.status !== "ok") {
        send("response.failed", { response: responseObject(head, "failed", { output: [], outcome }) });
        stream.done();
        return;
      }
      let whole = said;
      if (whole === "") {
        whole = answerText(outcome);
        if (whole !== "") text(whole);
      }
      const message = messageItem(messageId, whole, "completed");
      send("response.output_text.done", { ...place, text: whole, logprobs: [] });
      send("response.content_part.done", { ...place, part: textPart(whole) });
      send("response.output_item.done", { output_index: 0, item: message });
      const calls = functionCalls(outcome);
      for (const [index, call] of calls.entries()) {
        const at = { item_id: call.id, output_index: index + 1 };
        send("response.output_item.added", {
          output_index: index + 1,
          item: { ...call, arguments: "", status: "in_progress" },
        });
        send("response.function_call_arguments.delta", { ...at, delta: call.arguments });
        send("response.function_call_arguments.done", { ...at, name: call.name, arguments: call.arguments });
        send("response.output_item.done", { output_index: index + 1, item: call });
      }
      send("response.completed", {
        response: responseObject(head, calls.length > 0 ? "incomplete" : "completed", {
          output: [message, ...calls],
          outcome,
        }),
      });
      stream.done();
    },
  };
}
