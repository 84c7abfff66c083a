import type { ContentBlock, TranscriptEntry } from "../../core/conversation.ts";

/**
 * Whether an operator may take a message back: one the owner wrote at whatever door, or an operator in the chat of this
 * gateway (or anybody before doors were noted).
 */
export function mayBeReplaced({ role, kind = "message", origin }: TranscriptEntry): boolean {
  const isTheirs = origin === undefined || origin.trust === "owner" || origin.door === "chat.send";
  return role === "user" && kind === "message" && isTheirs;
}

/** A message as `chat.history` and the `chat` event carry it (protocol.md 3.4). */
export interface ChatMessage {
  role: string;
  content: Array<Record<string, unknown>>;
  timestamp: number;
  [field: string]: unknown;
}

/**
 * What clients of the existing system show for one transcript line: `tool_use` blocks become `toolCall`, every tool
 * result a message of its own with role `toolResult`, images are named but not sent.
 */
export function chatMessages(entry: TranscriptEntry): ChatMessage[] {
  if (entry.role === "tool") {
    return entry.content.flatMap((block) =>
      block.type === "tool_result"
        ? [
            {
              id: entry.id,
              ...(entry.runId === undefined ? {} : { runId: entry.runId }),
              role: "toolResult",
              toolCallId: block.tool_use_id,
              content: block.content.map(contentBlock),
              isError: block.is_error === true,
              timestamp: entry.ts,
            },
          ]
        : [],
    );
  }
  const usage = entry.usage && {
    input: entry.usage.input,
    output: entry.usage.output,
    cacheRead: entry.usage.cacheRead,
    cacheWrite: entry.usage.cacheWrite,
    totalTokens: entry.usage.total,
    ...(entry.usage.cost === undefined ? {} : { cost: { total: entry.usage.cost } }),
  };
  return [
    {
      id: entry.id,
      ...(entry.runId === undefined ? {} : { runId: entry.runId }),
      role: entry.role,
      content: entry.content.map(contentBlock),
      timestamp: entry.ts,
      ...(entry.kind === undefined || entry.kind === "message" ? {} : { kind: entry.kind }),
      ...(entry.replaces === undefined
        ? {}
        : { replaces: entry.replaces.id, version: entry.replaces.version }),
      // What somebody else said cannot be changed.
      ...(entry.role === "user" && !mayBeReplaced(entry) ? { fixed: true } : {}),
      ...(entry.stopReason === undefined ? {} : { stopReason: entry.stopReason }),
      ...(usage === undefined ? {} : { usage }),
      ...(entry.provider === undefined ? {} : { provider: entry.provider }),
      ...(entry.model === undefined ? {} : { model: entry.model }),
      ...(entry.error === undefined
        ? {}
        : { errorMessage: entry.error.message, errorCode: entry.error.code }),
    },
  ];
}

function contentBlock(block: ContentBlock): Record<string, unknown> {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "thinking":
      // The signature is between us and the provider.
      return { type: "thinking", thinking: block.thinking };
    case "image":
      return { type: "image", mimeType: block.mimeType, bytes: block.bytes, omitted: true };
    case "tool_use":
      return { type: "toolCall", id: block.id, name: block.name, arguments: block.input };
    case "tool_result":
      return { type: "toolResult", toolCallId: block.tool_use_id, content: block.content.map(contentBlock) };
  }
}

/**
 * The messages of the newest entries that fit, oldest first, and where the entries before them end (null when these are
 * the first). An entry is never divided, so at least one is in it.
 */
export function newestOf(
  page: ReadonlyArray<{ entry: TranscriptEntry; at: number | null }>,
  limits: { limit: number; maxBytes: number },
): { messages: ChatMessage[]; older: number | null } {
  const kept: ChatMessage[][] = [];
  let [count, bytes] = [0, 2];
  let older: number | null = null;
  for (const { entry, at } of page.toReversed()) {
    const messages = chatMessages(entry);
    bytes += messages.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)) + 1, 0);
    count += messages.length;
    if (kept.length > 0 && (count > limits.limit || bytes > limits.maxBytes)) break;
    kept.push(messages);
    // What is in no file yet comes after all that is.
    older = at ?? Number.MAX_SAFE_INTEGER;
  }
  // What was read and is shown whole begins with the first message of all, wherever in the file that stands.
  const isFirst = older === 0 || (kept.length === page.length && page.length < limits.limit);
  return { messages: kept.reverse().flat(), older: isFirst ? null : older };
}

/** The messages of the first entries that fit, and where the entry after them is (null when these are the last). */
export function oldestOf(
  page: ReadonlyArray<{ entry: TranscriptEntry; at: number | null }>,
  limits: { limit: number; maxBytes: number },
): { messages: ChatMessage[]; newer: number | null } {
  const kept: ChatMessage[][] = [];
  let [count, bytes] = [0, 2];
  for (const { entry, at } of page) {
    const messages = chatMessages(entry);
    bytes += messages.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)) + 1, 0);
    count += messages.length;
    if (kept.length > 0 && at !== null && (count > limits.limit || bytes > limits.maxBytes))
      return { messages: kept.flat(), newer: at };
    kept.push(messages);
  }
  return { messages: kept.flat(), newer: null };
}

/** A message of one text, as events carry it. */
export function textMessage(text: string, timestamp: number): ChatMessage {
  return { role: "assistant", content: [{ type: "text", text }], timestamp };
}
