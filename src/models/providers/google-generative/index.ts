import { isObject } from "../../../core/json.ts";
import type { ModelProvider } from "../../contract.ts";
import type { ProviderDeps } from "../load.ts";
import { reasoningLevel } from "../reasoning.ts";
import { createSdkModels } from "../sdk-models.ts";
import { streamSdk, type SdkWire } from "../sdk-stream.ts";
import type { SdkPart } from "../sdk-types.ts";

/** Google Gemini `generateContent`. The key travels in a header, never in the address. */
export function createGoogleGenerative(deps: ProviderDeps): ModelProvider {
  const models = createSdkModels();
  return {
    wire: "google-generative",
    stream(request, credential, signal) {
      const baseUrl = credential.baseUrl ?? "https://generativelanguage.googleapis.com/v1beta";
      const thinks = request.thinking !== "off";
      const wire: SdkWire = {
        baseUrl,
        models,
        model: () =>
          models.get(JSON.stringify([baseUrl, request.ref.model]), async () => {
            const { createGoogle } = await import("@ai-sdk/google");
            return createGoogle({ baseURL: baseUrl, apiKey: "none", fetch: models.fetch }).languageModel(
              request.ref.model,
            );
          }),
        headers: { "x-goog-api-key": credential.apiKey?.reveal() ?? "none", ...credential.headers },
        dialect: {
          thinking: (thoughtSignature) => ({ google: { thoughtSignature } }),
          callSignature: (thoughtSignature) => ({ google: { thoughtSignature } }),
        },
        // Some models cannot have it switched off and refuse to be asked; without the parameter they decide.
        options: thinks
          ? {
              reasoning: reasoningLevel(request.thinking),
              providerOptions: { google: { thinkingConfig: { includeThoughts: true } } },
            }
          : {},
        signatureOf,
      };
      return streamSdk(wire, request, credential, signal, deps);
    },
  };
}

function signatureOf(part: SdkPart): string | undefined {
  const metadata = "providerMetadata" in part ? part.providerMetadata?.["google"] : undefined;
  const signature = isObject(metadata) ? metadata["thoughtSignature"] : undefined;
  return typeof signature === "string" ? signature : undefined;
}
