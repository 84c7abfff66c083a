import type { PromptMessage } from "../../../src/models/contract.ts";

type Wire = "offline" | "anthropic-messages" | "openai-responses" | "openai-chat" | "google-generative";

/**
 * What the vendors' API references demand of a conversation, written down independently of the code that makes
 * prompts. Returns every rule a prompt breaks; an empty list means the provider would accept its shape.
 */
export function brokenRules(
  wire: Wire,
  messages: PromptMessage[],
  options: { images: boolean; signatures: ReadonlySet<string> },
): string[] {
  const broken: string[] = [];
  const seenIds = new Set<string>();
  let pending: string[] | null = null;

  if (messages.length === 0) broken.push("no messages");
  if (messages[0] && messages[0].role !== "user") broken.push("does not begin with a user message");
  if (messages.at(-1)?.role === "assistant") broken.push("ends with an assistant message (prefill)");

  for (const [i, message] of messages.entries()) {
    const at = `message ${i}`;
    const before = messages[i - 1]?.role;
    if (pending && message.role !== "tool") {
      broken.push(`${at}: tool calls without results right after them`);
      pending = null;
    }
    if (message.role !== "tool" && message.role === before)
      broken.push(`${at}: two ${message.role} in a row`);
    if (message.role === "tool") {
      if (before !== "assistant") broken.push(`${at}: tool results not after an assistant message`);
      const ids = message.results.map((result) => result.id);
      if (JSON.stringify(ids.toSorted()) !== JSON.stringify((pending ?? []).toSorted()))
        broken.push(`${at}: results ${ids.join()} for calls ${(pending ?? []).join()}`);
      pending = null;
      for (const result of message.results) {
        if (result.content.length === 0) broken.push(`${at}: empty tool result`);
        for (const part of result.content) {
          if (part.type === "image" && (wire === "openai-chat" || wire === "google-generative"))
            broken.push(`${at}: image inside a tool result`);
          checkPart(part, at);
        }
      }
      continue;
    }
    if (message.content.length === 0) broken.push(`${at}: empty content`);
    if (message.role === "user") {
      for (const part of message.content) checkPart(part, at);
      continue;
    }
    const calls: string[] = [];
    for (const part of message.content) {
      if (part.type === "text") {
        if (calls.length > 0) broken.push(`${at}: text after a tool call`);
        checkPart(part, at);
      } else if (part.type === "thinking") {
        if (wire === "openai-chat" || wire === "offline") broken.push(`${at}: thinking on ${wire}`);
        if (!part.signature || !options.signatures.has(part.signature))
          broken.push(`${at}: thinking that this provider did not sign`);
        if (!part.thinking.isWellFormed()) broken.push(`${at}: lone surrogate`);
      } else {
        calls.push(part.id);
        if (!/^[a-zA-Z0-9_-]{1,40}$/.test(part.id)) broken.push(`${at}: call id ${JSON.stringify(part.id)}`);
        if (seenIds.has(part.id)) broken.push(`${at}: call id ${part.id} used twice`);
        seenIds.add(part.id);
        if (!/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(part.name)) broken.push(`${at}: tool name ${part.name}`);
        if (typeof part.input !== "object" || part.input === null || Array.isArray(part.input))
          broken.push(`${at}: tool input is not an object`);
        if (/\\ud[89a-f]/.test(JSON.stringify(part.input)))
          broken.push(`${at}: lone surrogate in tool input`);
      }
    }
    if (message.content.at(-1)?.type === "thinking") broken.push(`${at}: ends with thinking`);
    pending = calls.length > 0 ? calls : null;
  }
  if (pending) broken.push("the last tool calls have no results");
  return broken;

  function checkPart(
    part: { type: "text"; text: string } | { type: "image"; mimeType: string; data: Uint8Array },
    at: string,
  ) {
    if (part.type === "text") {
      if (part.text.trim() === "") broken.push(`${at}: blank text`);
      if (!part.text.isWellFormed()) broken.push(`${at}: lone surrogate`);
    } else {
      if (!options.images) broken.push(`${at}: image for a model that takes none`);
      if (part.data.length === 0) broken.push(`${at}: empty image`);
      if (!/^image\/(png|jpeg|gif|webp|heic|heif)$/.test(part.mimeType))
        broken.push(`${at}: ${part.mimeType}`);
    }
  }
}
