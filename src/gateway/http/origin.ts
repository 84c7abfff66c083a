import { hostname } from "node:os";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostName, isLoopbackName } from "../auth/client-address.ts";
import type { ServerSettings } from "../settings.ts";

export type OriginDecision = { allowed: true } | { allowed: false; message: string; hint: string };

const yes: OriginDecision = { allowed: true };

/**
 * Whether requests may be addressed to this Host: loopback names, any IP literal (a rebound name is never one), the
 * machine's own name on other binds, `*.ts.net` with Tailscale, and `gateway.allowedHosts`. Checked in every auth
 * mode and before the secret (threats.md 4.1, DNS rebinding).
 */
export function checkHost(
  request: IncomingMessage,
  settings: Pick<ServerSettings, "allowedHosts" | "allowedOrigins" | "bind" | "tailscaleMode">,
): OriginDecision {
  const name = hostName(request.headers.host);
  if (name === null) {
    return {
      allowed: false,
      message: "the Host header is missing or malformed",
      hint: "address the gateway by name or IP",
    };
  }
  if (isLoopbackName(name) || isIP(name) !== 0 || name.startsWith("[")) return yes;
  if (settings.allowedHosts.some((entry) => hostName(entry) === name)) return yes;
  if (settings.allowedOrigins.some((entry) => URL.canParse(entry) && new URL(entry).hostname === name))
    return yes;
  const tailscale = settings.bind === "tailnet" || (settings.tailscaleMode ?? "off") !== "off";
  if (tailscale && name.endsWith(".ts.net")) return yes;
  const own = hostname().toLowerCase();
  if (settings.bind !== "loopback" && (name === own || name === `${own}.local`)) return yes;
  return {
    allowed: false,
    message: `host ${JSON.stringify(name.slice(0, 120))} is not allowed`,
    hint: `openclaw config set gateway.allowedHosts '["${name.slice(0, 120)}"]'`,
  };
}

/**
 * Whether a browser page may talk to us: no Origin header at all (not a browser), the page this gateway served
 * (same host and port as the Host header, loopback names being one), or `gateway.controlUi.allowedOrigins`.
 */
export function checkOrigin(
  request: IncomingMessage,
  settings: Pick<ServerSettings, "allowedOrigins">,
): OriginDecision {
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin === undefined) {
    // A browser that leaves Origin out of a cross-site request still says so here.
    if (site === undefined || site === "same-origin" || site === "none") return yes;
    return { allowed: false, message: "cross-site request refused", hint: "open the gateway's own page" };
  }
  const refused: OriginDecision = {
    allowed: false,
    message: `origin not allowed: ${JSON.stringify(origin.slice(0, 120))}`,
    hint: "openclaw config set gateway.controlUi.allowedOrigins '[\"<origin>\"]'",
  };
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return refused;
  const page = new URL(origin);
  const listed = settings.allowedOrigins.some(
    (entry) => URL.canParse(entry) && new URL(entry).origin === page.origin,
  );
  if (listed) return yes;
  const host = request.headers.host ?? "";
  // An https page names no port: the Host it was served under does not either.
  const target = URL.canParse(`${page.protocol}//${host}`) ? new URL(`${page.protocol}//${host}`) : null;
  if (target === null) return refused;
  if (target.host === page.host) return yes;
  const bothLoopback = isLoopbackName(page.hostname) && isLoopbackName(target.hostname);
  return bothLoopback && page.port === target.port ? yes : refused;
}
