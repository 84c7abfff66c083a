import { openSessionsReadOnly } from "../sessions/index.ts";
import type { Paths } from "../state/paths.ts";
import type { LocalState } from "./contract.ts";

/** Stored conversations and the trace of messages, read from the files alone. Works beside a running gateway. */
export async function openLocalState(options: { paths: Paths }): Promise<LocalState> {
  const stored = await openSessionsReadOnly({ paths: options.paths });
  if (stored === null) return emptyState(options.paths);
  return {
    sessions: stored,
    why: stored.why,
    close: () => Promise.resolve(stored.close()),
  };
}

/** A state directory in which nothing was ever said. */
function emptyState(paths: Paths): LocalState {
  return {
    sessions: {
      list: () => [],
      get: () => null,
      transcriptPath: (key) => `${paths.agentsDir}/${key}`,
      tail: () => [],
      everything: async function* () {},
    },
    why: () => ({ messages: [], run: null, steps: [], deliveries: [], trace: [] }),
    close: () => Promise.resolve(),
  };
}
