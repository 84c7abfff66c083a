import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ConfigStore } from "../config/index.ts";
import type { ReloadState } from "../gateway/contract.ts";

/** A revision of the configuration that has still to show that the gateway works with it. */
export interface Trial {
  hash: string;
  /** The last revision that has shown it; what a failure brings back. */
  previous: string;
  /** Channel accounts (`channels/<channel>/<account>`) that were connected before. */
  healthy: ReadonlySet<string>;
  /** Epoch milliseconds. */
  until: number;
  windowMs: number;
}

/** The trial of this process and how the last one ended. Outlives restarts inside the process. */
export interface Trials {
  current(): Trial | null;
  reverted(): ReloadState["reverted"];
  /** Revision that showed that it works; "" before any did. */
  proven(): string;
  /** A revision that runs now. Without a trial it counts as proven; a trial begins to count from here. */
  runs(hash: string): void;
  begin(hash: string, options: { healthy: readonly string[]; windowMs: number }): void;
  pass(): void;
  /**
   * Brings the revision before back; false when there is none or the file is another one by now.
   * `hash` is the revision that failed: the one on trial, or one refused before it was taken up.
   */
  fail(options: { store: ConfigStore; logger: Logger; hash: string; to: string; reason: string }): boolean;
}

export function createTrials(clock: Clock): Trials {
  let trial: Trial | null = null;
  let reverted: ReloadState["reverted"] = null;
  let proven = "";
  return {
    current: () => trial,
    reverted: () => reverted,
    proven: () => proven,
    runs(hash) {
      if (trial) trial = { ...trial, hash, until: clock.now() + trial.windowMs };
      else proven = hash;
    },
    begin(hash, { healthy, windowMs }) {
      if (hash === proven || proven === "" || windowMs === 0) {
        trial = null;
        proven = hash;
        return;
      }
      const before = trial?.healthy ?? [];
      trial = {
        hash,
        previous: proven,
        healthy: new Set([...before, ...healthy]),
        until: clock.now() + windowMs,
        windowMs,
      };
    },
    pass() {
      if (trial) proven = trial.hash;
      trial = null;
    },
    fail({ store, logger, hash, to, reason }) {
      if (trial?.hash === hash) trial = null;
      try {
        store.revert(to, {
          author: "gateway",
          reason: `took back ${hash.slice(0, 12)}: ${reason}`,
          baseHash: hash,
        });
      } catch (error) {
        logger.error("a configuration that does not work could not be taken back", {
          hash: hash.slice(0, 12),
          reason,
          error: messageOf(error),
          hint: "openclaw config history",
        });
        return false;
      }
      reverted = { hash, to, at: clock.now(), reason };
      logger.error("the configuration does not work; the version before is back", {
        hash: hash.slice(0, 12),
        back: to.slice(0, 12),
        reason,
        hint: `openclaw config diff ${hash.slice(0, 12)}`,
      });
      return true;
    },
  };
}
