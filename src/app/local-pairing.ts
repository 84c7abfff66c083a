import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { createPairingDesk, type PairingDesk } from "../routing/pairing.ts";
import type { Paths } from "../state/paths.ts";

/** The pairing files of a state directory that no gateway runs on. */
export function openPairing({ paths }: { paths: Paths }): PairingDesk {
  return createPairingDesk({ channelsDir: paths.channelsDir, clock: systemClock, logger: silentLogger });
}
