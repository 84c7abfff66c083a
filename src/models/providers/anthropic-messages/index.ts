import { isObject } from "../../../core/json.ts";
import type { ModelProvider, ModelRequest } from "../../contract.ts";
import { anthropicOauthBeta } from "../../request-headers.ts";
import type { ProviderDeps } from "../load.ts";
import { reasoningLevel } from "../reasoning.ts";
import { createSdkModels } from "../sdk-models.ts";
import { streamSdk, type SdkWire } from "../sdk-stream.ts";
import type { SdkPart } from "../sdk-types.ts";

const redactedPrefix = "redacted:";

/** Anthropic Messages API. Setup and OAuth tokens go as bearer tokens, API keys as `x-api-key`. */
export function createAnthropicMessages(deps: ProviderDeps): ModelProvider {
  const models = createSdkModels();
  return {
    wire: "anthropic-messages",
    stream(request, credential, signal) {
      const baseUrl = credential.baseUrl ?? "https://api.anthropic.com/v1";
      const secret = credential.apiKey?.reveal() ?? "none";
      const bearer = credential.kind === "oauth" || credential.kind === "token";
      const wire: SdkWire = {
        baseUrl,
        models,
        model: () =>
          models.get(JSON.stringify([baseUrl, request.ref.model, bearer]), async () => {
            const { createAnthropic } = await import("@ai-sdk/anthropic");
            const placeholder = bearer ? { authToken: "none" } : { apiKey: "none" };
            return createAnthropic({ baseURL: baseUrl, fetch: models.fetch, ...placeholder }).languageModel(
              request.ref.model,
            );
          }),
        headers: {
          ...(bearer
            ? { Authorization: `Bearer ${secret}`, "anthropic-beta": anthropicOauthBeta }
            : { "x-api-key": secret }),
          ...credential.headers,
        },
        dialect: {
          thinking: (signature) =>
            signature.startsWith(redactedPrefix)
              ? { anthropic: { redactedData: signature.slice(redactedPrefix.length) } }
              : { anthropic: { signature } },
          cacheMark: { anthropic: { cacheControl: { type: "ephemeral" } } },
        },
        options: { reasoning: reasoningLevel(canThink(request) ? request.thinking : "off") },
        signatureOf,
      };
      return streamSdk(wire, request, credential, signal, deps);
    },
  };
}

function signatureOf(part: SdkPart): string | undefined {
  const metadata = "providerMetadata" in part ? part.providerMetadata?.["anthropic"] : undefined;
  if (!isObject(metadata)) return undefined;
  if (typeof metadata["signature"] === "string") return metadata["signature"];
  const redacted = metadata["redactedData"];
  return typeof redacted === "string" ? `${redactedPrefix}${redacted}` : undefined;
}

/**
 * While tools are being answered, the assistant message before them must begin with thinking if thinking is on. One
 * that was made without (by another model, or with thinking off) is answered without.
 */
function canThink(request: ModelRequest): boolean {
  if (request.messages.at(-1)?.role !== "tool") return true;
  const last = request.messages.findLast((message) => message.role === "assistant");
  return last?.role !== "assistant" || last.content[0]?.type === "thinking";
}
