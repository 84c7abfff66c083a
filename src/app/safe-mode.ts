import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ConfigStore, OpenClawConfig } from "../config/index.ts";
import type { SafeMode } from "../gateway/contract.ts";
import type { RestoreHold } from "../state/index.ts";
import type { Starts } from "./starts.ts";

/** Whether this start is one in safe mode: asked for, on a restored state, or after too many that came to nothing. */
export function decideSafeMode(options: {
  asked: boolean;
  hold: RestoreHold | null;
  starts: Starts;
  config: OpenClawConfig;
  clock: Clock;
}): SafeMode | null {
  const { asked, hold, starts, config, clock } = options;
  const since = clock.now();
  if (asked) return { by: "flag", reason: "started with --safe", since };
  if (hold) {
    const reason = `restored from a backup of ${hold.backupOf}; channels, cron and hooks are off until that is confirmed`;
    return { by: "restore", reason, since };
  }
  const { starts: limit, withinMs } = config.gateway.restartBrake;
  if (limit === 0) return null;
  const failed = starts.failed(withinMs);
  if (failed < limit) return null;
  const seconds = Math.round(withinMs / 1000);
  return {
    by: "brake",
    reason: `${failed} starts within ${seconds} s failed or broke off at once; channels, cron and hooks are off`,
    since,
  };
}

/**
 * What a gateway that brakes runs on: the last revision that worked, where the file holds another one; null when it
 * can take the file as it is.
 */
export function provenConfig(
  store: ConfigStore,
  starts: Starts,
  logger: Logger,
): { hash: string; config: OpenClawConfig } | null {
  const hash = starts.proven();
  if (hash === null || store.read().hash === hash) return null;
  try {
    const config = store.judge(store.revision(hash).raw).effective;
    return config && { hash, config };
  } catch (error) {
    logger.warn("the last configuration that worked cannot be read", { error: messageOf(error) });
    return null;
  }
}
