import type { Principal } from "../core/authority.ts";
import { noUsage } from "../core/conversation.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { AsideCommands } from "../agent/index.ts";
import type { DeliveryTarget, InboundMessage, InboxRow, Ledger } from "../ledger/contract.ts";
import { replyDeliveries, type ReplyStyle } from "./reply-deliveries.ts";

export interface AsideAnswer {
  row: InboxRow;
  outcome: RunOutcome;
  /** False for a message that was answered before. */
  isNew: boolean;
}

/**
 * Carries out a command that does not wait for its turn; null when the message is none. The effect comes first, then the
 * answer, then the row that remembers the message: after a crash in between the platform sends the message again, the
 * command finds its effect already there, and the answer has the same key.
 */
export async function answerAside(
  message: InboundMessage,
  principal: Principal,
  deps: {
    asides: AsideCommands | undefined;
    ledger: Pick<Ledger, "message" | "refuse" | "enqueueDelivery" | "outcome">;
    style: ((target: DeliveryTarget) => ReplyStyle) | undefined;
  },
): Promise<AsideAnswer | null> {
  const { asides, ledger, style } = deps;
  // People in chats; whoever calls a method has methods for all this.
  const isChat = message.door.startsWith("channel:") || message.door === "chat.send";
  if (!asides || !isChat || message.media.length > 0 || !asides.takes(message.text, principal)) return null;
  if (ledger.message(message.dedupeKey)) return null;
  const { sessionKey, agentId, runId } = message;
  const text = await asides.carryOut(message.text, { sessionKey, agentId, principal });
  const answer: RunOutcome = {
    runId,
    status: "ok",
    reason: "command",
    payloads: [{ text, mediaUrl: null }],
    usage: noUsage,
    sessionId: "",
    sessionKey,
    startedAt: 0,
    endedAt: 0,
  };
  const plain = style && ((target: DeliveryTarget) => ({ ...style(target), preview: false }));
  await Promise.all(replyDeliveries([message], answer, plain).map((each) => ledger.enqueueDelivery(each)));
  const { row, duplicate } = await ledger.refuse(message, "command", text);
  return { row, outcome: ledger.outcome(row.runId) ?? answer, isNew: !duplicate };
}
