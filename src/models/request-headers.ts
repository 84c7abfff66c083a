import type { Secret } from "../core/secret.ts";
import type { ProviderCredential } from "./contract.ts";
import type { Wire } from "./wire-rules.ts";

/** API version every Anthropic request names (their API reference). */
const anthropicVersion = "2023-06-01";
/** Beta flag Anthropic wants on requests authorised by an OAuth or setup token. */
export const anthropicOauthBeta = "oauth-2025-04-20";

/** Headers that carry the login, as each wire format wants them. The secret is opened here and goes nowhere else. */
export function authHeaders(
  wire: Wire,
  kind: ProviderCredential["kind"],
  secret: Secret | null,
): Record<string, string> {
  const anthropic: Record<string, string> =
    wire === "anthropic-messages" ? { "anthropic-version": anthropicVersion } : {};
  if (!secret) return anthropic;
  const value = secret.reveal();
  if (wire === "anthropic-messages") {
    return kind === "api_key"
      ? { ...anthropic, "x-api-key": value }
      : { ...anthropic, authorization: `Bearer ${value}`, "anthropic-beta": anthropicOauthBeta };
  }
  if (wire === "google-generative" && kind === "api_key") return { "x-goog-api-key": value };
  return { authorization: `Bearer ${value}` };
}
