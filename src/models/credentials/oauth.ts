import type { Clock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { Secret } from "../../core/secret.ts";
import { createRedactor } from "../redact.ts";
import type { LoginSecret } from "./store.ts";

/** Addresses and public identity of an OAuth login (RFC 6749 with PKCE, RFC 7636). No client secret: public clients. */
export interface OauthSpec {
  authorizeUrl: string;
  tokenUrl: string;
  clientId: string;
  scopes: readonly string[];
  /** Where the browser returns to. A loopback address is listened on; anything else shows a code to paste. */
  redirectUri: string;
  /** Further parameters of the authorisation request. */
  extra: Readonly<Record<string, string>>;
  /** Body of token requests: RFC 6749 says form, Anthropic takes JSON. */
  tokenBody: "form" | "json";
}

/** As published by the vendors' own open command-line tools. */
export const oauthSpecs: Readonly<Record<string, OauthSpec>> = {
  anthropic: {
    authorizeUrl: "https://claude.ai/oauth/authorize",
    tokenUrl: "https://console.anthropic.com/v1/oauth/token",
    clientId: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    scopes: ["org:create_api_key", "user:profile", "user:inference"],
    redirectUri: "https://console.anthropic.com/oauth/code/callback",
    extra: { code: "true" },
    tokenBody: "json",
  },
  openai: {
    authorizeUrl: "https://auth.openai.com/oauth/authorize",
    tokenUrl: "https://auth.openai.com/oauth/token",
    clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
    scopes: ["openid", "profile", "email", "offline_access"],
    redirectUri: "http://localhost:1455/auth/callback",
    extra: { id_token_add_organizations: "true" },
    tokenBody: "form",
  },
};

export interface OauthTokens {
  secret: Secret<LoginSecret>;
  /** Epoch milliseconds. */
  expiresAt?: number;
}

const tokenRequestMs = 30_000;

/**
 * Asks the token endpoint. `fields` are the grant's parameters.
 * @throws UserError OAUTH_REFUSED when the grant is refused (`details.error` holds the OAuth error), OAUTH_FAILED otherwise
 */
export async function requestTokens(
  spec: OauthSpec,
  fields: Record<string, string>,
  deps: { fetch: typeof fetch; clock: Clock; signal: AbortSignal },
): Promise<OauthTokens> {
  const values = { client_id: spec.clientId, ...fields };
  const redact = redactorFor(Object.values(fields));
  const timeout = new AbortController();
  const cancel = deps.clock.after(tokenRequestMs, () => timeout.abort(new Error("no answer within 30 s")));
  let status = 0;
  let text = "";
  try {
    const response = await deps.fetch(spec.tokenUrl, {
      method: "POST",
      redirect: "error",
      headers: {
        accept: "application/json",
        "content-type": spec.tokenBody === "json" ? "application/json" : "application/x-www-form-urlencoded",
      },
      body: spec.tokenBody === "json" ? JSON.stringify(values) : new URLSearchParams(values).toString(),
      signal: AbortSignal.any([timeout.signal, deps.signal]),
    });
    status = response.status;
    text = (await response.text()).slice(0, 64 * 1024);
  } catch (cause) {
    throw new UserError("OAUTH_FAILED", `the login server could not be reached: ${redact(reason(cause))}`, {
      retryable: true,
      cause,
    });
  } finally {
    cancel();
  }
  const answer = parseObject(text);
  if (status < 200 || status > 299 || typeof answer["access_token"] !== "string") {
    const error = typeof answer["error"] === "string" ? answer["error"] : undefined;
    const said =
      typeof answer["error_description"] === "string" ? answer["error_description"] : (error ?? "");
    const refused = status === 400 || status === 401 || status === 403;
    throw new UserError(
      refused ? "OAUTH_REFUSED" : "OAUTH_FAILED",
      redact(`the login server answered ${status}${said ? `: ${said}` : ""}`),
      { retryable: !refused, details: { status, error } },
    );
  }
  const refresh =
    typeof answer["refresh_token"] === "string" ? answer["refresh_token"] : fields["refresh_token"];
  const seconds = typeof answer["expires_in"] === "number" ? answer["expires_in"] : undefined;
  return {
    secret: new Secret({ value: answer["access_token"], ...(refresh && { refresh }) }),
    ...(seconds !== undefined && { expiresAt: deps.clock.now() + seconds * 1000 }),
  };
}

function redactorFor(secrets: string[]): (text: string) => string {
  const redactors = secrets.filter((secret) => secret.length >= 16).map((secret) => createRedactor(secret));
  return (text) => redactors.reduce((clean, redact) => redact(clean), createRedactor(null)(text));
}

function reason(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // HTML or nothing: the status says enough
  }
}
