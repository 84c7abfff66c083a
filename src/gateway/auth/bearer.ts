import type { IncomingMessage } from "node:http";
import { scopes, type Principal, type Scope } from "../../core/authority.ts";
import type { Charge, Limiter } from "../../guard/index.ts";
import type { ServerSettings } from "../settings.ts";
import { clientAddress } from "./client-address.ts";
import { checkOrigin } from "../http/origin.ts";
import { checkSharedSecret } from "./shared-secret.ts";
import { tailscaleClaim, type IdentityVerifier } from "./tailscale-identity.ts";

export type BearerDecision =
  | { ok: true; principal: Principal }
  | { ok: false; status: 401 | 429; retryAfterMs?: number };

/** The holder of the shared secret: full operator of this gateway (threats.md section 1). */
function sharedSecretPrincipal(id: string): Principal {
  return Object.freeze({ kind: "operator", id, role: "operator", scopes: new Set(scopes), owner: true });
}

/**
 * Who Tailscale confirmed: may use the assistant, but is not the owner, because HTTP knows no device that was paired.
 */
function tailscalePrincipal(login: string): Principal {
  return Object.freeze({
    kind: "operator",
    id: `http:tailscale:${login.toLowerCase()}`,
    role: "operator",
    scopes: new Set<Scope>(["operator.read", "operator.write"]),
    owner: false,
  });
}

/**
 * Authenticates an HTTP request: by its bearer, or, when it has none, by who Tailscale Serve says it is and
 * `tailscale whois` confirms (protocol.md 5). The browser adds that identity to every page's requests, so it counts
 * only where the Origin is ours, for reads too.
 */
export async function authenticateRequest(
  request: IncomingMessage,
  context: { settings: ServerSettings; limiter: Limiter; verifyIdentity: IdentityVerifier },
): Promise<BearerDecision> {
  const decision = authenticateBearer(request, context);
  if (decision.ok || request.headers.authorization !== undefined) return decision;
  const claim = tailscaleClaim(request, context.settings);
  if (claim === null || !checkOrigin(request, context.settings).allowed) return decision;
  const identity = await context.verifyIdentity(claim);
  return identity === null ? decision : { ok: true, principal: tailscalePrincipal(identity.login) };
}

/**
 * Authenticates an HTTP request by `Authorization: Bearer <gateway token or password>` (protocol.md 5). Device
 * tokens and query parameters are not accepted. Failures are counted per client address.
 */
function authenticateBearer(
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
