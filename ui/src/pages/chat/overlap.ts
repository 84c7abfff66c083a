import type { Outgoing } from "./chat-state.ts";
import { textOf } from "./items.ts";
import type { LiveRun } from "./live.ts";
import type { WireMessage } from "./wire.ts";

// A run writes what it has done into the history while it goes on. What the page shows of it live, and of the message it
// answers, is not shown a second time.

/** Whether the parts of a run that goes on tell this line of the history too. */
export function isToldLive(message: WireMessage, runs: readonly LiveRun[]): boolean {
  if (message.runId === undefined || message.role === "user" || message.role === "system") return false;
  return runs.some(({ runId, since }) => runId === message.runId && message.timestamp >= since);
}

/** Whether the history has a message that is still shown as being under way. */
export function isWritten(message: Outgoing, history: readonly WireMessage[]): boolean {
  if (message.state !== "taken") return false;
  // The run's own words are at the end of the history.
  for (let index = history.length - 1; index >= 0; index--) {
    const line = history[index];
    if (line?.role === "user" && line.runId !== undefined && line.runId === message.runId)
      if (textOf(line.content).includes(message.text)) return true;
  }
  return false;
}
