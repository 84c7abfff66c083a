import type { IncomingMessage } from "node:http";
import { scopes, type Principal } from "../../core/authority.ts";
import type { Charge, Limiter } from "../../guard/index.ts";
import type { ServerSettings } from "../settings.ts";
import { clientAddress } from "./client-address.ts";
import { checkSharedSecret } from "./shared-secret.ts";

export type BearerDecision =
  | { ok: true; principal: Principal }
  | { ok: false; status: 401 | 429; retryAfterMs?: number };

/** The holder of the shared secret: full operator of this gateway (threats.md section 1). */
export function sharedSecretPrincipal(id: string): Principal {
  return Object.freeze({ kind: "operator", id, role: "operator", scopes: new Set(scopes), owner: true });
}

/**
 * Authenticates an HTTP request by `Authorization: Bearer <gateway token or password>` (protocol.md 5). Device
 * tokens and query parameters are not accepted. Failures are counted per client address.
 */
export function authenticateBearer(
  request: IncomingMessage,
  context: { settings: ServerSettings; limiter: Limiter },
): BearerDecision {
  const { settings, limiter } = context;
  const address = clientAddress(request, settings);
  if (settings.auth.mode === "off") {
    return address.direct
      ? { ok: true, principal: sharedSecretPrincipal("http:local") }
      : { ok: false, status: 401 };
  }
  const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "");
  // Nothing presented is no guess: it is refused without a charge.
  if (!match?.[1]) return { ok: false, status: 401 };
  const charge: Charge = limiter.charge(`secret|${address.limitKey}`);
  if (!charge.allowed) return { ok: false, status: 429, retryAfterMs: charge.retryAfterMs };
  const decision = checkSharedSecret({ token: match[1], password: match[1] }, settings, address.direct);
  if (!decision.valid) return { ok: false, status: 401 };
  charge.refund();
  return { ok: true, principal: sharedSecretPrincipal("http:bearer") };
}
