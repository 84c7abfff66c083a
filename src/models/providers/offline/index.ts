import type { Usage } from "../../../core/conversation.ts";
import type { JsonValue } from "../../../core/json.ts";
import type { ModelEvent, ModelProvider, ModelRequest, PromptMessage } from "../../contract.ts";
import { answerFrom, noModel } from "./answers.ts";
import { forcedInput, understand, type Intent } from "./intents.ts";

/**
 * `builtin/offline`: follows a few fixed rules behind the same interface as a language model, so that the whole path
 * runs without key, network or weights. It never pretends to be more (issue, section 5).
 */
export function createOfflineProvider(): ModelProvider {
  return {
    wire: "offline",
    async *stream(request, _credential, signal) {
      const reply = decide(request);
      const usage = estimate(request, reply);
      if (reply.kind === "call") {
        if (signal.aborted) return void (yield aborted(usage));
        const id = `offline_${request.messages.length}`;
        yield { type: "tool_call", id, name: reply.tool, input: reply.input };
        yield { type: "finish", stopReason: "tool_use", usage };
        return;
      }
      for (const delta of pieces(reply.text)) {
        // A turn of the event loop between pieces: an abort can arrive, others can run.
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (signal.aborted) return void (yield aborted(usage));
        yield { type: "text", delta };
      }
      yield { type: "finish", stopReason: "stop", usage };
    },
  };
}

type Reply = { kind: "text"; text: string } | { kind: "call"; tool: string; input: JsonValue };

function decide(request: ModelRequest): Reply {
  const last = request.messages.at(-1);
  if (last?.role === "tool") return { kind: "text", text: fromResults(request.messages, last) };
  const message = lastUserText(request.messages);
  const mayCall = request.toolChoice !== "none";
  const tools = mayCall ? request.tools : [];
  const intent = understand(message, tools);
  const forced = mustCall(request, intent);
  if (forced) return { kind: "call", tool: forced.name, input: forcedInput(forced, message) };
  if (intent.kind === "call") return { kind: "call", tool: intent.tool, input: intent.input };
  return { kind: "text", text: sentence(intent) };
}

function sentence(intent: Exclude<Intent, { kind: "call" }>): string {
  if (intent.kind === "say") return intent.text;
  if (intent.kind === "lacking")
    return `The tool for that (${intent.tool}) is not available to me here. ${noModel}`;
  return noModel;
}

/** The tool that `toolChoice` insists on, unless the intent already calls it. */
function mustCall(request: ModelRequest, intent: Intent) {
  const choice = request.toolChoice;
  if (choice === "required") return intent.kind === "call" ? undefined : request.tools[0];
  if (typeof choice !== "object") return undefined;
  if (intent.kind === "call" && intent.tool === choice.name) return undefined;
  return request.tools.find((tool) => tool.name === choice.name);
}

function fromResults(messages: PromptMessage[], last: Extract<PromptMessage, { role: "tool" }>): string {
  const asked = messages.at(-2);
  const calls = asked?.role === "assistant" ? asked.content : [];
  return last.results
    .map((result) => {
      const call = calls.find((part) => part.type === "tool_call" && part.id === result.id);
      const input = call?.type === "tool_call" ? call.input : {};
      return answerFrom({ name: result.name, input }, result);
    })
    .join("\n\n");
}

function lastUserText(messages: PromptMessage[]): string {
  const last = messages.findLast((message) => message.role === "user");
  if (last?.role !== "user") return "";
  return last.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** Cuts between words, so that a stream looks like one. Joined again the pieces are the text. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}(?=\s|$)|[\s\S]{1,24}/gu) ?? [];
}

function estimate(request: ModelRequest, reply: Reply): Usage {
  // Four characters a token: no tokenizer stands behind this model, and a prompt must not be walked for a figure.
  const size = (message: PromptMessage) =>
    message.role === "tool"
      ? message.results.reduce((sum, result) => sum + textSize(result.content), 0)
      : textSize(message.content);
  const characters =
    request.system.length + request.messages.reduce((sum, message) => sum + size(message), 0);
  const input = Math.ceil(characters / 4);
  const said = reply.kind === "text" ? reply.text.length : JSON.stringify(reply.input).length;
  const output = Math.ceil(said / 4);
  return { input, output, cacheRead: 0, cacheWrite: 0, total: input + output };
}

function textSize(content: ReadonlyArray<{ type: string; text?: string }>): number {
  return content.reduce((sum, part) => sum + (part.text?.length ?? 0), 0);
}

function aborted(usage: Usage): ModelEvent {
  return { type: "error", error: { kind: "aborted", message: "builtin/offline was stopped" }, usage };
}
