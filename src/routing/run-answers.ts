import type { Clock } from "../core/clock.ts";
import { textOf } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEventBody } from "../core/run-events.ts";
import { isHeartbeat, usageFooter } from "../agent/index.ts";
import type { DeliveryTarget, InboxRow, Lease, Ledger, NewDelivery } from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { createBlockReplies } from "./block-replies.ts";
import { replyDeliveries, replyTargetOf, type ReplyStyle } from "./reply-deliveries.ts";
import type { AnswerPlace } from "./send-policy.ts";

/** What runs send to chats: blocks while they go on, the rest with their end, and nothing where a policy says so. */
export function createRunAnswers(deps: {
  ledger: Ledger;
  sessions: SessionStore;
  clock: Clock;
  logger: Logger;
  settings: () => {
    replyStyle?: (target: DeliveryTarget) => ReplyStyle;
    answerDeniedBy?: (place: AnswerPlace) => string | null;
  };
  onDeliveries(): void;
}) {
  const { ledger, sessions, logger } = deps;
  const blocks = createBlockReplies({
    ledger,
    clock: deps.clock,
    logger,
    styleOf: (target, lease) =>
      isHeartbeat(lease) || deniedBy(lease.sessionKey, target)
        ? undefined
        : deps.settings().replyStyle?.(target),
    said: ({ sessionKey, runId }) =>
      sessions
        .tail(sessionKey, 5000)
        .flatMap((entry) =>
          entry.runId === runId && entry.role === "assistant" && entry.usage ? [textOf(entry.content)] : [],
        ),
    onDeliveries: () => deps.onDeliveries(),
  });

  function deniedBy(sessionKey: string, { channel }: DeliveryTarget): string | null {
    const own = sessions.get(sessionKey)?.settings.sendPolicy;
    return deps.settings().answerDeniedBy?.({ sessionKey, channel, own }) ?? null;
  }

  /** Commands are answered whatever the policy says: it could not be changed otherwise. */
  function of(
    messages: readonly InboxRow[],
    outcome: RunOutcome,
    more?: Parameters<typeof replyDeliveries>[3],
  ): NewDelivery[] {
    // Nobody asked, so nobody is told that it failed; the heartbeat's own record says so.
    if (outcome.status !== "ok" && isHeartbeat({ messages: [...messages] })) return [];
    const target = replyTargetOf(messages);
    const rule = target && outcome.reason !== "command" ? deniedBy(outcome.sessionKey, target) : null;
    if (!target || rule === null) return replyDeliveries(messages, outcome, deps.settings().replyStyle, more);
    ledger
      .trace({
        subject: outcome.runId,
        stage: "deliver",
        rule: "session.sendPolicy",
        detail: `the answer was not sent to ${target.channel}:${target.to}: ${rule}`,
      })
      .catch((error: unknown) => logger.warn("a trace could not be stored", { error: messageOf(error) }));
    return [];
  }

  /** What `/usage` asked for below answers; the transcript does not have it. */
  const footerOf = (outcome: RunOutcome): string =>
    usageFooter(sessions.get(outcome.sessionKey)?.settings.responseUsage, outcome);

  return {
    onEvent: (lease: Lease, body: RunEventBody) => blocks.onEvent(lease, body),
    /** What an end that no run of this process reached sends. */
    of,
    /** What the end of a run sends; to be called where it is committed. */
    ofEnd: (lease: Lease, outcome: RunOutcome) =>
      of(lease.messages, outcome, { footer: footerOf(outcome), blocks: blocks.finish(outcome) }),
    forget: (runId: string) => blocks.forget(runId),
  };
}
