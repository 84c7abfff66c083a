import { createServer } from "node:net";
import { codeOf, messageOf } from "../core/errors.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { refuseOpenBind, resolveBind } from "../gateway/index.ts";
import { tlsOptions } from "../gateway/tls.ts";
import type { Paths } from "../state/index.ts";
import { serverSettings } from "./settings.ts";
import { guardStart } from "./start-guard.ts";

/**
 * Why a gateway would not come up with this configuration, as far as it can be told while the old one runs; null when
 * nothing speaks against it. `listening` is the address that is taken by this gateway itself.
 */
export async function preflight(options: {
  config: OpenClawConfig;
  paths: Paths;
  listening: { host: string; port: number };
  allowUnconfigured: boolean;
}): Promise<string | null> {
  const { config, paths, listening } = options;
  try {
    guardStart({
      mode: config.gateway.mode,
      configExists: true,
      allowUnconfigured: options.allowUnconfigured,
      secretFromEnvironment: false,
    });
    const settings = serverSettings(config, paths);
    if (settings.tls) tlsOptions(settings.tls);
    // The address of a tailnet is not known here; the start itself asks for it.
    if (settings.bind === "tailnet") return null;
    const bind = resolveBind(settings.bind, settings);
    if (!bind.loopback || settings.auth.mode !== "token") refuseOpenBind(bind, settings);
    if (settings.port === listening.port) return null;
    for (const { host, optional } of bind.listen) {
      const taken = optional ? null : await portTaken(host, settings.port);
      if (taken !== null) return taken;
    }
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Tries to listen, and stops at once. */
function portTaken(host: string, port: number): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error) => {
      const code = codeOf(error);
      resolve(`the gateway cannot listen on ${host}:${port}: ${code ?? messageOf(error)}`);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
