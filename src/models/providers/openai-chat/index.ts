import type { ThinkingLevel } from "../../../core/conversation.ts";
import type { ModelProvider } from "../../contract.ts";
import type { ProviderDeps } from "../load.ts";
import { createSdkModels } from "../sdk-models.ts";
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
  const models = createSdkModels();
  return {
    wire: "openai-chat",
    stream(request, credential, signal) {
      const baseUrl = credential.baseUrl ?? "https://api.openai.com/v1";
      const secret = credential.apiKey?.reveal();
      const wire: SdkWire = {
        baseUrl,
        models,
        model: () =>
          models.get(JSON.stringify([baseUrl, request.ref.model]), async () => {
            const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
            return createOpenAICompatible({
              name: "compatible",
              baseURL: baseUrl,
              fetch: models.fetch,
              includeUsage: true,
            }).chatModel(request.ref.model);
          }),
        headers: {
          ...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
          ...credential.headers,
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
