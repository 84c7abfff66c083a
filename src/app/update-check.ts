import { join } from "node:path";
import type { OpenClawConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Paths } from "../state/index.ts";
import { lastCheck, newerThan, openRegistry, registryAddress, rememberCheck } from "../update/index.ts";
import type { Installation } from "./contract.ts";

/** A start has better things to do first. */
const afterMs = 60_000;
const dayMs = 24 * 3600 * 1000;

/**
 * `update.checkOnStart`: a minute after the start, and once a day at most, npm is asked for the newest version of
 * `update.channel`; `status`, `doctor` and the page tell it from then on. The name of the package and of the channel is
 * all that is sent. A checkout asks nobody: it is not updated from there.
 * @returns stops waiting and asking
 */
export function startUpdateCheck(options: {
  installation: Installation | null;
  version: string;
  config: () => OpenClawConfig;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  logger: Logger;
}): { stop(): void } {
  const { installation, version, config, paths, env, clock, logger } = options;
  const stopping = new AbortController();
  const look = async () => {
    const { checkOnStart, channel } = config().update;
    const last = lastCheck(paths.stateDir);
    const tag = channel === "stable" ? "latest" : channel;
    if (!checkOnStart || (last !== null && last.channel === tag && clock.now() - last.at < dayMs)) return;
    try {
      const registry = openRegistry({
        env,
        clock,
        signal: stopping.signal,
        cacheDir: join(paths.cacheDir, "update"),
        registry: registryAddress(env),
      });
      const { version: latest } = await registry.look(tag);
      rememberCheck(paths.stateDir, { latest, channel: tag, at: clock.now() });
      if (newerThan(version, paths.stateDir) !== null)
        logger.info("a newer version is out", { latest, hint: installation?.byHand ?? "openclaw update" });
    } catch (error) {
      // No network, no npm: nothing is wrong with this gateway.
      if (!stopping.signal.aborted)
        logger.debug("the newest version could not be asked for", { error: messageOf(error) });
    }
  };
  const isPublished = installation !== null && installation.kind !== "checkout";
  const cancel = isPublished ? clock.after(afterMs, () => void look()) : () => undefined;
  return {
    stop() {
      cancel();
      stopping.abort(new Error("the gateway stops"));
    },
  };
}
