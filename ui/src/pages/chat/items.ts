import type { RunFailure, WireBlock, WireMessage } from "./wire.ts";

/** A tool call as a card: what was asked, and what came of it. */
export interface ToolCard {
  id: string;
  name: string;
  input: unknown;
  output: string | null;
  state: "running" | "done" | "failed";
  durationMs: number | null;
  /** Id of the approval it waits for. */
  waitingFor: string | null;
}

export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "tool"; tool: ToolCard }
  | { kind: "file"; mimeType: string; bytes: number };

/** One thing of a conversation as it is shown. */
export interface Item {
  /** Stays the same while the conversation grows, so that what is drawn stays. */
  key: string;
  /** Id of its entry in the transcript. */
  entry: string | null;
  role: "user" | "assistant" | "note";
  at: number;
  parts: Part[];
  error: RunFailure | null;
  model: string | null;
  /** How often it was changed, and one. */
  version: number;
  /** Whether it is a message that may be changed here. */
  canChange: boolean;
}

/** What the history says, with every tool result in the card of its call. */
export function itemsOf(messages: readonly WireMessage[]): Item[] {
  const items: Item[] = [];
  const tools = new Map<string, ToolCard>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "toolResult") {
      const known = tools.get(message.toolCallId ?? "");
      // Its call is on a page that is not loaded: the card then has no name of its own.
      const card = known ?? cardOf({ type: "toolCall", id: message.toolCallId ?? "", name: "" });
      card.output = textOf(message.content);
      card.state = message.isError ? "failed" : "done";
      if (!known) items.push(item(message, index, [{ kind: "tool", tool: card }]));
      continue;
    }
    const parts = message.content.flatMap((block): Part[] => {
      if (block.type === "text") return block.text ? [{ kind: "text", text: block.text }] : [];
      if (block.type === "thinking")
        return block.thinking ? [{ kind: "thinking", text: block.thinking }] : [];
      if (block.type === "image")
        return [{ kind: "file", mimeType: block.mimeType ?? "image", bytes: block.bytes ?? 0 }];
      if (block.type !== "toolCall") return [];
      const tool = cardOf(block);
      tools.set(tool.id, tool);
      return [{ kind: "tool", tool }];
    });
    if (parts.length > 0 || message.errorMessage) items.push(item(message, index, parts));
  }
  return items;
}

function item(message: WireMessage, index: number, parts: Part[]): Item {
  return {
    key: message.id === undefined ? `${message.timestamp}-${index}` : `${message.id}-${message.role}`,
    entry: message.id ?? null,
    role: message.role === "user" ? "user" : message.role === "system" ? "note" : "assistant",
    at: message.timestamp,
    parts,
    error:
      message.errorMessage === undefined
        ? null
        : { code: message.errorCode ?? "", message: message.errorMessage },
    model: message.model ?? null,
    version: message.version ?? 1,
    canChange: message.role === "user" && message.id !== undefined && message.fixed !== true,
  };
}

const cardOf = (block: WireBlock): ToolCard => ({
  id: block.id ?? "",
  name: block.name ?? "",
  input: block.arguments,
  output: null,
  // A call of the history without a result was never finished.
  state: "failed",
  durationMs: null,
  waitingFor: null,
});

export const textOf = (content: readonly WireBlock[]): string =>
  content.flatMap((block) => (block.type === "text" && block.text ? [block.text] : [])).join("\n\n");

/** The words of an item, for copying and for export. */
export const wordsOf = (item: Item): string =>
  item.parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
