import type { Outgoing } from "./chat-state.ts";
import { hasNewer, type HistoryWindow } from "./history.ts";
import type { WireMessage } from "./wire.ts";

/**
 * What of the history still counts while messages are under way that take the place of earlier ones: what comes before
 * those. A message that is in the history already has done so.
 */
export function withoutReplaced(
  messages: WireMessage[],
  window: HistoryWindow,
  outgoing: readonly Outgoing[],
): WireMessage[] {
  let left = messages;
  for (const { replaces } of outgoing) {
    if (replaces === null || messages.some((message) => message.replaces === replaces)) continue;
    const at = left.findIndex(({ id }) => id === replaces);
    if (at >= 0) left = left.slice(0, at);
    // Further back than what is shown of the end.
    else if (!hasNewer(window) && left === messages) left = [];
  }
  return left;
}
