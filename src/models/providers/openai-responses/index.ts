import { isObject } from "../../../core/json.ts";
import type { ModelProvider } from "../../contract.ts";
import type { ProviderDeps } from "../load.ts";
import { reasoningLevel } from "../reasoning.ts";
import { createSdkModels } from "../sdk-models.ts";
import { streamSdk, type SdkWire } from "../sdk-stream.ts";
import type { SdkPart, SdkProviderOptions } from "../sdk-types.ts";

/** OpenAI Responses API. Nothing is stored at the provider; reasoning travels encrypted in our own transcript. */
export function createOpenaiResponses(deps: ProviderDeps): ModelProvider {
  const models = createSdkModels();
  return {
    wire: "openai-responses",
    stream(request, credential, signal) {
      const baseUrl = credential.baseUrl ?? "https://api.openai.com/v1";
      const thinks = request.thinking !== "off";
      const wire: SdkWire = {
        baseUrl,
        models,
        model: () =>
          models.get(JSON.stringify([baseUrl, request.ref.model]), async () => {
            const { createOpenAI } = await import("@ai-sdk/openai");
            return createOpenAI({ baseURL: baseUrl, apiKey: "none", fetch: models.fetch }).responses(
              request.ref.model,
            );
          }),
        headers: {
          Authorization: `Bearer ${credential.apiKey?.reveal() ?? "none"}`,
          ...credential.headers,
        },
        dialect: { thinking: unpack },
        options: {
          // Models that cannot reason refuse the parameter; the others choose for themselves when it is off.
          ...(thinks && { reasoning: reasoningLevel(request.thinking) }),
          providerOptions: {
            openai: {
              store: false,
              promptCacheKey: request.sessionId.slice(0, 64),
              ...(thinks && { include: ["reasoning.encrypted_content"], reasoningSummary: "auto" }),
            },
          },
        },
        signatureOf: pack,
      };
      return streamSdk(wire, request, credential, signal, deps);
    },
  };
}

/** Id and encrypted content of a reasoning item, in the one string we keep as signature. */
function pack(part: SdkPart): string | undefined {
  if (part.type !== "reasoning-end") return undefined;
  const metadata = part.providerMetadata?.["openai"];
  if (!isObject(metadata)) return undefined;
  const { itemId, reasoningEncryptedContent } = metadata;
  if (typeof itemId !== "string" || typeof reasoningEncryptedContent !== "string") return undefined;
  return JSON.stringify({ id: itemId, encrypted: reasoningEncryptedContent });
}

function unpack(signature: string): SdkProviderOptions | null {
  try {
    const value: unknown = JSON.parse(signature);
    if (!isObject(value) || typeof value["id"] !== "string" || typeof value["encrypted"] !== "string")
      return null;
    return { openai: { itemId: value["id"], reasoningEncryptedContent: value["encrypted"] } };
  } catch {
    return null; // made by another program: the block is left out
  }
}
