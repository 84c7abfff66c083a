import { UserError } from "../../core/errors.ts";
import type { Secret } from "../../core/secret.ts";
import { providerOf } from "../catalog/catalog.ts";
import type { ModelSettings } from "../settings.ts";
import { isAnthropicToken } from "./source.ts";
import { splitId, type LoginStore, type StoredLogin } from "./store.ts";

const longestSecret = 8_192;

/**
 * Stores a key or token a person gave, bound to the origin its provider has in the config now.
 * @throws UserError CREDENTIAL_INVALID for text that cannot be one, PROVIDER_UNKNOWN, PROFILE_INVALID
 */
export function acceptSecret(options: {
  store: LoginStore;
  settings: ModelSettings;
  provider: string;
  /** Name of the profile; `default` unless given. */
  name?: string;
  secret: Secret;
  /** Found out from the secret unless given. */
  kind?: "api_key" | "token";
  expiresAt?: number;
}): StoredLogin {
  const { store, settings, provider } = options;
  const { name } = splitId(`${provider}:${options.name ?? "default"}`);
  const { baseUrl } = providerOf(provider, settings);
  if (baseUrl === null)
    throw new UserError("PROVIDER_INVALID", `provider "${provider}" needs no login`, {
      hint: "openclaw models list",
    });
  const value = options.secret.reveal().trim();
  if (value.length < 8 || value.length > longestSecret || !/^[\x21-\x7e]+$/.test(value)) {
    throw new UserError(
      "CREDENTIAL_INVALID",
      `what was given (${value.length} characters) is not a key or token: it must be one word of 8 to ${longestSecret} printable characters`,
      { hint: `paste it again: openclaw models auth paste-token --provider ${provider}` },
    );
  }
  const kind = options.kind ?? (isAnthropicToken(value) ? "token" : "api_key");
  return store.save(
    {
      provider,
      name,
      kind,
      origin: new URL(baseUrl).origin,
      ...(options.expiresAt !== undefined && { expiresAt: options.expiresAt }),
    },
    { value },
  );
}
