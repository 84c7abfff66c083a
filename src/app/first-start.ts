import { randomBytes } from "node:crypto";
import type { Logger } from "../core/logger.ts";
import type { ConfigStore } from "../config/index.ts";
import { prepareStateDir, type Paths } from "../state/index.ts";

/**
 * What `--setup` does before the first start: a state directory and a configuration for a local gateway. Leaves
 * everything that is there as it is. True when there was no configuration: somebody is new here.
 */
export function prepareFirstStart(paths: Paths, store: ConfigStore): boolean {
  prepareStateDir(paths);
  const { config, exists } = store.read();
  if (config.gateway.mode === undefined) {
    store.set("gateway.mode", "local", { author: "openclaw", reason: "first start" });
  }
  return !exists;
}

/** A gateway that checks tokens has one, also on loopback (CONF-20): made and kept when nobody set it. */
export function ensureToken(store: ConfigStore, logger: Logger): void {
  const { auth } = store.read().config.gateway;
  if (auth.mode !== "token" || auth.token) return;
  const token = randomBytes(32).toString("hex");
  store.set("gateway.auth.token", token, { author: "openclaw", reason: "generated at first start" });
  logger.info("generated a gateway token; see it with `openclaw config get gateway.auth.token`");
}
