import type { Logger } from "../core/logger.ts";
import type { ConfigStore, OpenClawConfig } from "../config/index.ts";
import { refuseOpenBind, resolveBind, type ServerSettings } from "../gateway/index.ts";
import type { Paths } from "../state/index.ts";
import { ensureToken } from "./first-start.ts";
import type { LiveConfig } from "./live-config.ts";
import { serverSettings } from "./settings.ts";
import type { Tailscale } from "./tailscale.ts";

/**
 * The server's settings, made once per configuration; refuses an open bind, or publishing without a secret, before a
 * token is made for a closed one.
 * @throws UserError BIND_INVALID, BIND_WITHOUT_AUTH, AUTH_NOT_CONFIGURED, TLS_FILE
 */
export async function bindSettings(options: {
  live: LiveConfig;
  store: ConfigStore;
  logger: Logger;
  paths: Paths;
  tailscale: Tailscale;
}): Promise<() => ServerSettings> {
  const { live, store, logger, paths, tailscale } = options;
  const tailnetIp =
    live.config().gateway.bind === "tailnet" ? ((await tailscale.self())?.ip ?? undefined) : undefined;
  let made: { config: OpenClawConfig; settings: ServerSettings } | null = null;
  const settings = () => {
    const config = live.config();
    if (made?.config !== config) made = { config, settings: serverSettings(config, paths, tailnetIp) };
    return made.settings;
  };
  const { bind, auth, tailscaleMode = "off" } = settings();
  const resolved = resolveBind(bind, settings());
  if (!resolved.loopback || auth.mode !== "token") refuseOpenBind(resolved, settings());
  if (tailscaleMode !== "off" && !resolved.loopback) {
    logger.info("Tailscale reaches the gateway through loopback; a wider bind is not needed for it", {
      bind,
      hint: "openclaw config set gateway.bind loopback",
    });
  }
  ensureToken(store, logger);
  live.refresh();
  return settings;
}
