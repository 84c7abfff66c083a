import type { ThinkingLevel } from "../../../core/conversation.ts";
import type { ModelProvider } from "../../contract.ts";
import type { ProviderDeps } from "../load.ts";
import { streamSdk, type SdkWire } from "../sdk-stream.ts";

const efforts: Record<Exclude<ThinkingLevel, "off">, string> = {
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high", // few compatible servers know a higher one
};

/** OpenAI chat completions, and every server that speaks it: Ollama, llama.cpp, LM Studio, vLLM, OpenRouter, … */
export function createOpenaiChat(deps: ProviderDeps): ModelProvider {
  return {
    wire: "openai-chat",
    stream(request, credential, signal) {
      const baseUrl = credential.baseUrl ?? "https://api.openai.com/v1";
      const wire: SdkWire = {
        baseUrl,
        async model(fetch) {
          const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
          const secret = credential.apiKey?.reveal();
          const compatible = createOpenAICompatible({
            name: "compatible",
            baseURL: baseUrl,
            ...(secret !== undefined && { apiKey: secret }),
            headers: credential.headers,
            fetch,
            includeUsage: true,
          });
          return compatible.chatModel(request.ref.model);
        },
        dialect: {},
        options:
          request.thinking === "off"
            ? {}
            : { providerOptions: { compatible: { reasoningEffort: efforts[request.thinking] } } },
        signatureOf: () => undefined,
      };
      return streamSdk(wire, request, credential, signal, deps);
    },
  };
}
