import { heartbeatToken, worthTelling } from "../../agent/index.ts";
import { outcomeReasons, type RunOutcome } from "../../core/outcome.ts";
import type { DeliveryTarget } from "../../ledger/contract.ts";
import { heartbeatReasons, type HeartbeatEvent, type HeartbeatReason } from "./contract.ts";

const previewChars = 200;

/** A beat that asked nothing of the model. */
export function skippedEvent(
  beat: { agentId: string; runId: string; ts: number },
  reason: HeartbeatReason,
  detail: string = heartbeatReasons[reason],
): HeartbeatEvent {
  return { ...beat, status: "skipped", reason, detail };
}

/** A beat that could not be begun. */
export const failedEvent = (
  beat: { agentId: string; runId: string; ts: number },
  why: string,
): HeartbeatEvent => ({ ...beat, ...failure(why) });

/**
 * What came of a beat's run. `said` is the model's last message as it was, `deliveredTo` where an answer went; `outcome`
 * is null when the run did not end within the longest time there is.
 */
export function eventOf(
  beat: { agentId: string; runId: string; startedAt: number },
  run: { outcome: RunOutcome | null; said: string; deliveredTo: DeliveryTarget | null; now: number },
): HeartbeatEvent {
  const { outcome, said, deliveredTo } = run;
  const ts = outcome?.endedAt ?? run.now;
  const base = {
    ts,
    agentId: beat.agentId,
    runId: beat.runId,
    durationMs: Math.max(0, ts - beat.startedAt),
  };
  if (outcome === null) return { ...base, ...failure("it did not end") };
  switch (outcome.status) {
    case "error":
    case "timeout":
      return { ...base, ...failure(outcome.error?.message ?? outcomeReasons[outcome.reason]) };
    case "aborted":
      return { ...base, status: "skipped", reason: "stopped", detail: heartbeatReasons.stopped };
    case "ok":
      break;
  }
  if (outcome.payloads.length === 0) {
    const hasToken = said.includes(heartbeatToken);
    const rest = hasToken ? (worthTelling(said, 0) ?? "") : "";
    return {
      ...base,
      status: hasToken ? "ok-token" : "ok-empty",
      silent: true,
      indicatorType: "ok",
      ...(rest === "" ? {} : { preview: short(rest) }),
    };
  }
  const told = {
    ...base,
    status: "sent",
    preview: short(outcome.payloads.map(({ text }) => text).join("\n\n")),
    hasMedia: outcome.payloads.some(({ mediaUrl, mediaUrls }) => mediaUrl !== null || mediaUrls?.length),
    indicatorType: "alert",
  } as const;
  return deliveredTo === null
    ? { ...told, silent: true, reason: "no-target", detail: heartbeatReasons["no-target"] }
    : { ...told, channel: deliveredTo.channel, accountId: deliveredTo.account, to: deliveredTo.to };
}

const failure = (why: string) =>
  ({
    status: "failed",
    reason: "failed",
    detail: short(why),
    indicatorType: "error",
  }) as const;

const short = (text: string): string =>
  text.length > previewChars ? `${text.slice(0, previewChars - 1).toWellFormed()}…` : text;
