import type { IncomingMessage } from "node:http";
import type { Clock } from "../../core/clock.ts";
import type { ServerSettings } from "../settings.ts";
import { canonicalIp, isLoopback } from "./client-address.ts";

/** Milliseconds an answer of `tailscale whois` is believed; a failed look-up may be tried again sooner. */
const keepMs = 60_000;
const keepFailureMs = 5000;
const maxEntries = 256;
/** Look-ups running at a time: each is a process, and headers are free to send. */
const maxLookups = 4;

/** What the headers of Tailscale Serve say about the visitor: nothing is proven yet. */
export interface TailscaleClaim {
  login: string;
  /** Canonical address of the visitor in the tailnet. */
  ip: string;
}

/** Somebody `tailscale whois` confirmed. */
export interface TailscaleIdentity extends TailscaleClaim {
  readonly verified: true;
}

export type IdentityVerifier = (claim: TailscaleClaim) => Promise<TailscaleIdentity | null>;

/**
 * Whether Tailscale identities replace the secret at all (CFG-014, CONF-24): by default with Serve when the operator
 * did not choose a password; with Funnel, where the internet comes through the same door, only when asked for.
 */
export function acceptsTailscale(settings: Pick<ServerSettings, "auth" | "tailscaleMode">): boolean {
  const { auth, tailscaleMode = "off" } = settings;
  if (tailscaleMode === "off" || auth.mode === "off") return false;
  return auth.allowTailscale ?? (tailscaleMode === "serve" && auth.mode !== "password");
}

/** Headers of other proxies: with one of them the request did not come from Serve alone. */
const foreignHeaders = ["forwarded", "via", "x-real-ip", "cf-connecting-ip"];

/**
 * The claim of a request that came from the Serve proxy of this machine: loopback peer, all its forwarding headers,
 * and a login (HID-011, protocol.md 2). Null for everything else; anybody on this machine can send such headers, so a
 * claim proves nothing before {@link createIdentityVerifier} confirmed it.
 */
export function tailscaleClaim(
  request: IncomingMessage,
  settings: Pick<ServerSettings, "auth" | "tailscaleMode">,
): TailscaleClaim | null {
  if (!acceptsTailscale(settings)) return null;
  const peer = canonicalIp(request.socket.remoteAddress ?? "");
  if (peer === null || !isLoopback(peer)) return null;
  if (foreignHeaders.some((name) => request.headers[name] !== undefined)) return null;
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === "string" && value !== "" ? value : null;
  };
  if (header("x-forwarded-proto") !== "https") return null;
  // Serve passes the Host on and repeats it; a proxy that passes a visitor's headers on mostly writes its own Host.
  const host = header("x-forwarded-host");
  if (host === null || host !== request.headers.host) return null;
  // Serve names exactly one address; a list means that another proxy stood before it.
  const ip = canonicalIp(header("x-forwarded-for") ?? "");
  if (ip === null || isLoopback(ip)) return null;
  const logins = [header("tailscale-user-login"), header("tailscale-user")].filter((text) => text !== null);
  const login = logins[0];
  if (login === undefined || login.length > 320) return null;
  if (logins.some((other) => other.toLowerCase() !== login.toLowerCase())) return null;
  return { login, ip };
}

/**
 * Confirms claims: the tailnet itself says who has the address, and the login must be the same. Fails closed; answers
 * are kept for a minute, and look-ups of one address at the same time are one.
 */
export function createIdentityVerifier(options: {
  /** Login name of the person at a tailnet address; null or a rejection when there is none. */
  whois: (ip: string) => Promise<string | null>;
  clock: Clock;
}): IdentityVerifier {
  const { whois, clock } = options;
  const known = new Map<string, { login: string | null; until: number }>();
  const running = new Map<string, Promise<string | null>>();

  const lookUp = (ip: string): Promise<string | null> => {
    const kept = known.get(ip);
    if (kept !== undefined && kept.until > clock.monotonic()) return Promise.resolve(kept.login);
    const current = running.get(ip);
    if (current !== undefined) return current;
    if (running.size >= maxLookups) return Promise.resolve(null);
    const lookup = Promise.resolve()
      .then(() => whois(ip))
      .catch(() => null) // Whatever went wrong, nobody was confirmed.
      .then((login) => {
        running.delete(ip);
        known.delete(ip);
        known.set(ip, { login, until: clock.monotonic() + (login === null ? keepFailureMs : keepMs) });
        const oldest = known.keys().next();
        if (known.size > maxEntries && !oldest.done) known.delete(oldest.value);
        return login;
      });
    running.set(ip, lookup);
    return lookup;
  };

  return async (claim) => {
    const login = await lookUp(claim.ip);
    if (login === null || login.toLowerCase() !== claim.login.toLowerCase()) return null;
    return { login, ip: claim.ip, verified: true };
  };
}
