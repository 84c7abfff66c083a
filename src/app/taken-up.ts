import type { Logger } from "../core/logger.ts";
import type { LastEnd } from "../gateway/contract.ts";
import type { Recovered } from "../ledger/contract.ts";

/** Says what the end before this start left over. A crash is a warning; work put down at a stop is not. */
export function takenUp(before: Pick<LastEnd, "kind" | "at">, recovered: Recovered, logger: Logger): LastEnd {
  const { parkedRuns, interruptedRuns, healedTranscripts, ambiguousDeliveries } = recovered;
  const isLeft = Object.values(recovered).some((count) => count > 0);
  if (isLeft && before.at === null) logger.warn("recovered from an unclean end", { ...recovered });
  else if (isLeft) logger.info("goes on with what the last end left", { ...recovered });
  return {
    ...before,
    runs: parkedRuns + interruptedRuns,
    transcripts: healedTranscripts,
    deliveries: ambiguousDeliveries,
  };
}
