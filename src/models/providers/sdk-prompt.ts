import type { ModelRequest, PromptMessage } from "../contract.ts";
import type { SdkMessage, SdkOptions, SdkPrompt, SdkProviderOptions, SdkTool } from "./sdk-types.ts";

type AssistantMessage = Extract<PromptMessage, { role: "assistant" }>;
type SdkAssistantPart = Extract<SdkMessage, { role: "assistant" }>["content"][number];
type ToolResult = Extract<PromptMessage, { role: "tool" }>["results"][number];
type SdkToolPart = Extract<SdkMessage, { role: "tool" }>["content"][number];

/** Where one vendor's prompt differs from the others. */
export interface PromptDialect {
  /** Options of a thinking part that carry its signature; null leaves the part out. */
  thinking?: (signature: string) => SdkProviderOptions | null;
  /** A thinking block without words directly before a call holds the signature of the call (Google). */
  callSignature?: (signature: string) => SdkProviderOptions;
  /** Marks what the provider may cache (Anthropic): the system prompt and the end of the conversation. */
  cacheMark?: SdkProviderOptions;
}

/** Our neutral prompt in the SDK's terms. `converted` keeps what is the same at the next turn. */
export function sdkPrompt(
  request: ModelRequest,
  dialect: PromptDialect,
  converted: WeakMap<PromptMessage, SdkMessage> = new WeakMap(),
): SdkPrompt {
  const mark = dialect.cacheMark && { providerOptions: dialect.cacheMark };
  const prompt: SdkPrompt = [];
  if (request.system.trim() !== "")
    prompt.push({ role: "system", content: request.system.toWellFormed(), ...mark });
  const last = request.messages.at(-1);
  for (const message of request.messages) {
    let made = converted.get(message);
    if (!made) {
      made = sdkMessage(message, dialect);
      // The last message grows until the next turn, and signatures belong to one model.
      if (message !== last && !hasThinking(message)) converted.set(message, made);
    }
    prompt.push(message === last && mark && message.role !== "assistant" ? { ...made, ...mark } : made);
  }
  return prompt;
}

function sdkMessage(message: PromptMessage, dialect: PromptDialect): SdkMessage {
  if (message.role === "user")
    return { role: "user", content: message.content.map((part) => userPart(part)) };
  if (message.role === "tool") return { role: "tool", content: message.results.map(toolPart) };
  return { role: "assistant", content: assistantParts(message, dialect) };
}

function hasThinking(message: PromptMessage): boolean {
  return message.role === "assistant" && message.content.some((part) => part.type === "thinking");
}

export function sdkTools(request: ModelRequest): Pick<SdkOptions, "tools" | "toolChoice"> {
  if (request.tools.length === 0) return {};
  const choice = request.toolChoice ?? "auto";
  return {
    tools: request.tools.map((tool): SdkTool => ({
      type: "function",
      name: tool.name,
      description: tool.description,
      inputSchema: tool.inputSchema as SdkTool["inputSchema"],
    })),
    toolChoice: typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name },
  };
}

function userPart(part: Extract<PromptMessage, { role: "user" }>["content"][number]) {
  if (part.type === "text") return { type: "text" as const, text: part.text };
  return {
    type: "file" as const,
    data: { type: "data" as const, data: part.data },
    mediaType: part.mimeType,
  };
}

function assistantParts(message: AssistantMessage, dialect: PromptDialect): SdkAssistantPart[] {
  const parts: SdkAssistantPart[] = [];
  let callSignature: string | undefined;
  for (const part of message.content) {
    if (part.type === "text") parts.push({ type: "text", text: part.text });
    else if (part.type === "thinking") {
      if (dialect.callSignature && part.thinking === "") {
        callSignature = part.signature;
        continue;
      }
      const providerOptions =
        part.signature === undefined ? null : (dialect.thinking?.(part.signature) ?? null);
      if (providerOptions) parts.push({ type: "reasoning", text: part.thinking, providerOptions });
    } else {
      const signed = callSignature !== undefined ? dialect.callSignature?.(callSignature) : undefined;
      parts.push({
        type: "tool-call",
        toolCallId: part.id,
        toolName: part.name,
        input: part.input,
        ...(signed && { providerOptions: signed }),
      });
      callSignature = undefined;
    }
  }
  return parts;
}

function toolPart(result: ToolResult): SdkToolPart {
  const base = { type: "tool-result" as const, toolCallId: result.id, toolName: result.name };
  const images = result.content.some((part) => part.type === "image");
  if (!images) {
    const value = result.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    return { ...base, output: { type: result.isError ? "error-text" : "text", value } };
  }
  return { ...base, output: { type: "content", value: result.content.map((part) => userPart(part)) } };
}
