import { OpenClawError } from "../../core/errors.ts";
import { thinkingLevels, type ThinkingLevel } from "../../core/conversation.ts";
import type { JsonObject } from "../../core/json.ts";
import { outcomeReasons, type RunOutcome } from "../../core/outcome.ts";
import type { DeliveryTarget } from "../../ledger/contract.ts";
import type { ChannelHost, Submitted } from "../../routing/contract.ts";
import { invalidRequest } from "./settings.ts";

/** Existing clients send these spellings too. */
const thinkingAliases: Record<string, ThinkingLevel> = {
  on: "low",
  min: "minimal",
  mid: "medium",
  med: "medium",
  max: "xhigh",
  highest: "xhigh",
  none: "off",
};

/** @throws INVALID_REQUEST naming the levels there are. */
export function thinkingOf(text: string | undefined): { thinking?: ThinkingLevel } {
  if (text === undefined || text.trim() === "") return {};
  const wanted = text.trim().toLowerCase();
  const level = thinkingLevels.find((each) => each === wanted) ?? thinkingAliases[wanted];
  if (level === undefined) {
    throw invalidRequest(
      `unknown thinking level ${JSON.stringify(text.slice(0, 40))}: use ${thinkingLevels.join(", ")}`,
    );
  }
  return { thinking: level };
}

/** Longest time a caller may ask a run to take: 24 hours, as the existing system. */
const maxTimeoutMs = 24 * 60 * 60 * 1000;

export function timeoutOf(timeoutMs: number | undefined): { timeoutMs?: number } {
  if (timeoutMs === undefined || timeoutMs <= 0) return {};
  return { timeoutMs: Math.min(timeoutMs, maxTimeoutMs) };
}

/** Throws when a new message was turned away before it could wait for a run. */
export function throwIfRefused(submitted: Submitted): void {
  const outcome = submitted.outcome;
  if (submitted.status !== "started" || outcome === null || !outcome.reason.startsWith("refused")) return;
  throw new OpenClawError("UNAVAILABLE", outcome.error?.message ?? outcomeReasons[outcome.reason], {
    retryable: outcome.reason === "refused_limit",
    hint: `openclaw why ${submitted.runId}`,
  });
}

/** One sentence about a run that did not end well, with its remedy. */
export function failureText(outcome: RunOutcome): string {
  const message = outcome.error?.message ?? outcomeReasons[outcome.reason];
  return outcome.error?.hint === undefined ? message : `${message} (${outcome.error.hint})`;
}

/**
 * Where `deliver: true` sends the reply: what the caller names, else where the session last heard from.
 * @throws INVALID_REQUEST when neither says.
 */
export function deliveryTarget(
  channels: ChannelHost,
  wanted: { channel?: string; to?: string; account?: string; threadId?: string },
  route: JsonObject | null,
): DeliveryTarget {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const named = wanted.channel === "last" ? undefined : text(wanted.channel);
  const channel = named ?? text(route?.["channel"]);
  const sameChannel = channel !== undefined && channel === text(route?.["channel"]);
  const to = text(wanted.to) ?? (sameChannel ? text(route?.["to"]) : undefined);
  if (channel === undefined || !channels.ids().includes(channel)) {
    throw invalidRequest(
      channel === undefined
        ? "deliver needs a channel: this session was never written to from one"
        : `unknown channel ${JSON.stringify(channel.slice(0, 40))}`,
      "openclaw channels status",
    );
  }
  if (to === undefined) throw invalidRequest(`deliver needs "to": whom to write to on ${channel}`);
  const threadId = text(wanted.threadId);
  return {
    channel,
    account: text(wanted.account) ?? (sameChannel ? text(route?.["accountId"]) : undefined) ?? "default",
    to,
    ...(threadId === undefined ? {} : { threadId }),
  };
}
