import { networkInterfaces } from "node:os";
import { isIP } from "node:net";
import { UserError } from "../core/errors.ts";
import { canonicalIp, isLoopback } from "./auth/client-address.ts";
import type { BindMode, ServerSettings } from "./settings.ts";

export interface ResolvedBind {
  /** The address clients are told. */
  host: string;
  /** Every address to listen on; those marked optional may fail. */
  listen: Array<{ host: string; optional: boolean }>;
  loopback: boolean;
}

/** Whether this machine has 127.0.0.1, which containers with a broken network may lack. */
function hasLoopback(): boolean {
  return Object.values(networkInterfaces())
    .flat()
    .some((address) => address?.internal === true);
}

/**
 * The addresses of a bind mode (NET-001..006, CONF-16, CONF-23).
 * @throws UserError BIND_INVALID for `tailnet` without Tailscale, `custom` without a usable address, and Tailscale
 *   Serve or Funnel without a loopback address to reach the gateway on.
 */
export function resolveBind(
  mode: BindMode,
  options: {
    customBindHost?: string | undefined;
    tailscaleIp?: string | undefined;
    tailscaleMode?: "off" | "serve" | "funnel" | undefined;
    loopbackAvailable?: boolean;
  } = {},
): ResolvedBind {
  const loopback: ResolvedBind = {
    host: "127.0.0.1",
    listen: [
      { host: "127.0.0.1", optional: false },
      { host: "::1", optional: true },
    ],
    loopback: true,
  };
  const serves = (options.tailscaleMode ?? "off") !== "off";
  if (serves && !(options.loopbackAvailable ?? hasLoopback())) {
    throw new UserError(
      "BIND_INVALID",
      `gateway.tailscale.mode ${options.tailscaleMode} reaches the gateway on 127.0.0.1, which this machine does not have`,
      { hint: "openclaw config set gateway.tailscale.mode off" },
    );
  }
  const on = (host: string): ResolvedBind => {
    const ip = canonicalIp(host);
    const covers = host === "0.0.0.0" || host === "::";
    return {
      host,
      listen: [
        { host, optional: false },
        // Tailscale Serve proxies to 127.0.0.1 whatever else is bound.
        ...(serves && !covers && host !== "127.0.0.1" ? [{ host: "127.0.0.1", optional: false }] : []),
      ],
      loopback: ip !== null && isLoopback(ip),
    };
  };
  switch (mode) {
    case "loopback":
      return loopback;
    case "lan":
      return on("0.0.0.0");
    case "auto":
      return (options.loopbackAvailable ?? hasLoopback()) ? loopback : on("0.0.0.0");
    case "tailnet": {
      if (options.tailscaleIp !== undefined) return on(options.tailscaleIp);
      throw new UserError("BIND_INVALID", "bind tailnet needs a running Tailscale, and none was found", {
        hint: "start it (`tailscale up`), or: openclaw config set gateway.bind loopback",
      });
    }
    case "custom": {
      const host = options.customBindHost?.trim() ?? "";
      if (isIP(host) !== 0 || host === "localhost") return on(host === "localhost" ? "127.0.0.1" : host);
      throw new UserError("BIND_INVALID", `bind custom needs an IP address, not ${JSON.stringify(host)}`, {
        hint: "openclaw config set gateway.customBindHost <address>",
      });
    }
    default:
      // The schema refuses other values; this is the safe side should one get here (CONF-18).
      return loopback;
  }
}

/**
 * Refuses a bind beyond loopback without a usable secret (NET-007, SAFE-005), with both documented wordings in one
 * line (CONF-74).
 * @throws UserError BIND_WITHOUT_AUTH
 */
export function refuseOpenBind(
  resolved: ResolvedBind,
  settings: Pick<ServerSettings, "auth" | "bind" | "port" | "tailscaleMode">,
): void {
  const { auth, bind, port } = settings;
  const secret = auth.mode === "off" ? null : auth[auth.mode];
  const guarded = secret !== null && secret.reveal() !== "";
  const published = (settings.tailscaleMode ?? "off") !== "off";
  if (guarded || (resolved.loopback && !published && auth.mode === "off")) return;
  if (resolved.loopback && !published) {
    // Nobody could ever sign in: better said now than by every client (protocol.md 2, "Missing secret").
    throw new UserError(
      "AUTH_NOT_CONFIGURED",
      `gateway.auth.mode is ${auth.mode}, but gateway.auth.${auth.mode} is not set`,
      {
        hint: "openclaw setup",
      },
    );
  }
  if (published && resolved.loopback) {
    throw new UserError(
      "BIND_WITHOUT_AUTH",
      `refusing to publish the gateway through Tailscale ${settings.tailscaleMode} without auth (refusing to bind ${bind} without auth): set gateway.auth.token or gateway.auth.password`,
      { hint: "openclaw config set gateway.auth.mode token" },
    );
  }
  throw new UserError(
    "BIND_WITHOUT_AUTH",
    `refusing to bind gateway to ${resolved.host}:${port} without auth (refusing to bind ${bind} without auth): set gateway.auth.token or gateway.auth.password`,
    { hint: "openclaw config set gateway.auth.token $(openssl rand -hex 32)" },
  );
}
