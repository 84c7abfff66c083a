import type {
  ContentBlock,
  StopReason,
  TextBlock,
  ThinkingBlock,
  ToolUseBlock,
  Usage,
} from "../core/conversation.ts";
import { noUsage } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunEventBody } from "../core/run-events.ts";
import type { ModelFailure, RoutedModelEvent } from "../models/contract.ts";

/** One message of the model, complete or as far as it came. */
export interface AssistantTurn {
  content: ContentBlock[];
  calls: ToolUseBlock[];
  text: string;
  stopReason: StopReason;
  usage: Usage;
  provider: string;
  model: string;
  /** Null when the message is complete or the reader was aborted. */
  failure: ModelFailure | null;
}

/**
 * Folds the events of a model into one message and tells watchers as it grows. Never throws: what goes wrong is
 * `failure`. When `signal` aborts it returns at once with what there is and stopReason "aborted", even if the stream
 * does not react.
 */
export async function readAssistant(
  stream: AsyncIterable<RoutedModelEvent>,
  options: {
    signal: AbortSignal;
    emit: (event: RunEventBody) => void;
    /** Makes ids of calls unique within the run. */
    uniqueCallId: (id: string) => string;
    logger: Logger;
  },
): Promise<AssistantTurn> {
  const { signal, emit } = options;
  const turn: AssistantTurn = {
    content: [],
    calls: [],
    text: "",
    stopReason: "stop",
    usage: noUsage,
    provider: "",
    model: "",
    failure: null,
  };
  const aborted = whenAborted(signal);
  const iterator = stream[Symbol.asyncIterator]();
  let text: TextBlock | null = null;
  let thinking: ThinkingBlock | null = null;
  let ended = false;

  try {
    while (!ended) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next === "aborted") break;
      if (next.done) {
        turn.failure = {
          kind: "network",
          message: `${turn.provider || "the model"} ended its answer without saying that it is complete`,
        };
        break;
      }
      const event = next.value;
      switch (event.type) {
        case "selected":
          // Another profile or model starts anew: what the one before said is void.
          Object.assign(turn, {
            content: [],
            calls: [],
            text: "",
            provider: event.provider,
            model: event.model,
          });
          text = thinking = null;
          break;
        case "text":
          if (event.delta === "") break;
          thinking = null;
          if (!text) turn.content.push((text = { type: "text", text: "" }));
          text.text += event.delta;
          turn.text += event.delta;
          emit({ type: "text", text: turn.text, delta: event.delta });
          break;
        case "thinking":
          text = null;
          if (!thinking) turn.content.push((thinking = { type: "thinking", thinking: "" }));
          thinking.thinking += event.delta;
          emit({ type: "thinking", text: thinking.thinking, delta: event.delta });
          break;
        case "thinking_end":
          if (!thinking && event.signature !== undefined)
            turn.content.push((thinking = { type: "thinking", thinking: "" }));
          if (thinking && event.signature !== undefined) thinking.signature = event.signature;
          thinking = null;
          break;
        case "tool_call": {
          text = thinking = null;
          const call: ToolUseBlock = {
            type: "tool_use",
            id: options.uniqueCallId(event.id),
            name: event.name,
            input: event.input,
          };
          turn.content.push(call);
          turn.calls.push(call);
          break;
        }
        case "finish":
          turn.stopReason = event.stopReason;
          turn.usage = event.usage;
          ended = true;
          break;
        case "error":
          turn.stopReason = "error";
          turn.failure = event.error;
          turn.usage = event.usage;
          ended = true;
          break;
      }
    }
  } catch (error) {
    // Streams promise not to throw; one that does is a bug of its adapter, and still only this run's failure.
    options.logger.error("a model stream threw", { error: messageOf(error), provider: turn.provider });
    turn.failure = { kind: "unknown", message: `${turn.provider || "the model"}: ${messageOf(error)}` };
  } finally {
    aborted.dispose();
  }
  if (!ended) {
    Promise.resolve(iterator.return?.()).catch((error: unknown) =>
      options.logger.debug("closing a model stream failed", { error: messageOf(error) }),
    );
  }
  if (signal.aborted) {
    turn.stopReason = "aborted";
    turn.failure = null;
  } else if (turn.failure) turn.stopReason = "error";
  for (const block of turn.content) if (block.type === "text") block.text = block.text.toWellFormed();
  turn.content = turn.content.filter((block) => block.type !== "text" || block.text !== "");
  return turn;
}

/** What may be kept of a message that was cut off: its text. Half-thought thoughts and calls nobody ran are dropped. */
export function keepPartial(turn: AssistantTurn): ContentBlock[] {
  return turn.content.filter((block) => block.type === "text" && block.text.trim() !== "");
}

function whenAborted(signal: AbortSignal): { promise: Promise<"aborted">; dispose: () => void } {
  let dispose = () => {};
  const promise = new Promise<"aborted">((resolve) => {
    const onAbort = () => resolve("aborted");
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    dispose = () => signal.removeEventListener("abort", onAbort);
  });
  return { promise, dispose };
}
