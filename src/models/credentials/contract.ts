import type { Secret } from "../../core/secret.ts";
import type { ProviderCredential } from "../contract.ts";

export type CredentialKind = ProviderCredential["kind"];

/** One login of one provider, without its secret. */
export interface CredentialProfile {
  /** `<provider>:<name>`, e.g. `anthropic:default`, `openai:env`. */
  id: string;
  provider: string;
  kind: CredentialKind;
  /** `env:ANTHROPIC_API_KEY`, `.env:…`, `credentials/…`, `config`, `loopback`, `builtin`. */
  source: string;
  /** Changes when the secret does; a login that was switched off for being refused is tried again then. */
  revision: string;
  /** The only origin the secret may be sent to, e.g. `https://api.anthropic.com`; null for none given. */
  origin: string | null;
  /** Epoch milliseconds. */
  expiresAt?: number;
  /** What makes it unusable before it is even tried. */
  problem?: { state: "expired" | "invalid" | "missing"; detail: string };
}

/** Where logins come from. Asked afresh for every request, so that removing one works at once (threats.md, 2.3). */
export interface CredentialSource {
  /** Logins of a provider in the order in which they are to be tried. */
  profiles(provider: string, agentId: string): CredentialProfile[];
  /**
   * The secret of a login; refreshes an OAuth token that has run out.
   * @throws UserError CREDENTIAL_MISSING, CREDENTIAL_EXPIRED, CREDENTIAL_INVALID
   */
  open(profile: CredentialProfile, agentId: string, signal: AbortSignal): Promise<Secret | null>;
}
