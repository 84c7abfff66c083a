import type { RunOutcome } from "../core/outcome.ts";
import type { InboxRow, NewDelivery } from "../ledger/contract.ts";

/**
 * What the end of a run sends outward: one delivery per payload to the place of the newest message that wants one.
 * Keys are made from run and part, so a run that is completed again after a crash makes the same deliveries.
 */
export function replyDeliveries(
  messages: readonly InboxRow[],
  outcome: RunOutcome,
  prefix = "",
): NewDelivery[] {
  const target = [...messages].reverse().find((message) => message.deliverTo !== null)?.deliverTo;
  if (!target) return [];
  const texts = outcome.payloads.map((payload) => ({
    text: prefix !== "" && payload.text.trim() !== "" ? `${prefix} ${payload.text}` : payload.text,
    mediaUrls: payload.mediaUrls ?? [],
  }));
  // A person who wrote from outside learns of a failure; one who stopped the run knows already.
  if (outcome.status === "error" || outcome.status === "timeout") {
    texts.push({ text: outcome.error?.message ?? "The run failed.", mediaUrls: [] });
  }
  return texts
    .filter((part) => part.text.trim() !== "" || part.mediaUrls.length > 0)
    .map((part, index) => ({
      key: `${outcome.runId}:${index}`,
      runId: outcome.runId,
      target,
      text: part.text,
      ...(part.mediaUrls.length > 0 ? { mediaUrls: part.mediaUrls } : {}),
    }));
}
