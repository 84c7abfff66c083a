import type {
  InboundActionEvent,
  InboundEvent,
  InboundMessageEvent,
  InboundVerdict,
} from "../channels/contract.ts";
import type { Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { DeliveryTarget, InboxRow, Ledger } from "../ledger/contract.ts";
import type { ChannelAccount } from "./account.ts";
import type { AccountSettings } from "./accounts.ts";
import type { RunService } from "./contract.ts";
import { fetchAttachments, type InboundMediaStore } from "./inbound-media.ts";
import { describeMessage } from "./inbound-text.ts";
import type { ReactionNotes } from "./reaction-notes.ts";

/** Whom and what the gate let in; a refusal is recorded by the gate itself. */
export interface InboundGate {
  /** Rejects only when a refusal could not be stored: then the event is not to be acknowledged. */
  check(
    settings: AccountSettings,
    event: InboundEvent,
  ): Promise<{ admitted: false; verdict: Extract<InboundVerdict, { accepted: false }> } | Admitted>;
}

interface Admitted {
  admitted: true;
  /** What may be used of the event: without words of people who are not heard here. */
  event: InboundEvent;
  principal: Principal;
  door: string;
  /** One per agent that answers; never empty. */
  routes: ReadonlyArray<{ agentId: string; sessionKey: string; key: string }>;
  deliverTo: DeliveryTarget;
  /** How the sender is shown to the model. */
  sender: string;
}

export interface InboundDeps {
  ledger: Ledger;
  clock: Clock;
  logger: Logger;
  gate: InboundGate;
  media: InboundMediaStore;
  mediaMaxBytes: () => number;
  /**
   * A button was pressed by somebody the gate let in; resolves with what to tell them, or null when no such button is
   * known (any more). Whether they may do what it says is decided there.
   */
  onAction(event: InboundActionEvent, principal: Principal): Promise<string | null>;
  /** Where reactions and votes are kept for the next run. */
  reactions?: Pick<ReactionNotes, "note">;
  /** A message was committed, not before. */
  onAccepted(account: ChannelAccount, event: InboundMessageEvent): void;
}

export type Receive = (
  account: ChannelAccount,
  event: InboundEvent,
  runs: RunService,
) => Promise<InboundVerdict>;

/** Every kind of event from the platform: gate first, then commit, then (by resolving) acknowledge. */
export function createInbound(deps: InboundDeps): Receive {
  const { ledger } = deps;

  async function receiveMessage(
    account: ChannelAccount,
    event: InboundMessageEvent,
    admitted: Admitted,
    runs: RunService,
  ): Promise<InboundVerdict> {
    // Nothing is fetched a second time for what is known; what there was no room for may come again.
    const isKnown = admitted.routes.every(({ key }) => {
      const row = ledger.message(`${admitted.door}:${key}`);
      return row !== null && row.outcome !== "refused_limit";
    });
    if (isKnown) return { accepted: true, duplicate: true };
    const { media, notes } = await fetchAttachments(event, account, deps);
    const submitted = await Promise.all(
      admitted.routes.map(({ key, sessionKey }) =>
        runs.submit({
          door: admitted.door,
          key,
          sessionKey,
          principal: admitted.principal,
          text: describeMessage(event, notes),
          sender: admitted.sender,
          media,
          deliverTo: { ...admitted.deliverTo, answers: event.messageId },
        }),
      ),
    );
    if (submitted.every(({ outcome }) => outcome?.reason === "refused_limit"))
      return { accepted: false, reason: "too many messages are waiting in this conversation" };
    const isNew = submitted.some(({ status }) => status === "started");
    if (isNew) deps.onAccepted(account, event);
    return { accepted: true, duplicate: !isNew };
  }

  /** A message that still waits is changed or withdrawn; one a run has taken stays as the run saw it. */
  async function amend(event: AmendEvent, { door, principal, routes }: Admitted): Promise<InboundVerdict> {
    const base = `${door}:${event.channel}:${event.account}:${event.targetId}`;
    const targets = routes.flatMap(({ agentId }, index) => {
      const row = ledger.message(index === 0 ? base : `${base}#${agentId}`);
      return row ? [row] : [];
    });
    if (targets.length === 0)
      return { accepted: false, reason: `message ${event.targetId} is not known here` };
    for (const target of targets) {
      // Moderators may delete what others wrote; nobody but its author changes what the assistant is told.
      if (event.kind === "edit" && target.principal.id !== principal.id)
        return { accepted: false, reason: "only its author may edit a message" };
      if (await amendOne(event, target)) continue;
      await ledger.trace({
        subject: target.dedupeKey,
        stage: event.kind,
        rule: "inbox.too_late",
        detail: `the ${event.kind} came after a run had taken the message`,
      });
    }
    return { accepted: true, duplicate: false };
  }

  async function amendOne(event: AmendEvent, target: InboxRow): Promise<boolean> {
    if (target.state !== "queued") return false;
    if (event.kind === "edit" && event.text !== undefined && event.text !== "")
      return (await ledger.amendQueued(target.dedupeKey, event.text)) !== null;
    if (event.kind === "edit") return true;
    const filter = { sessionKey: target.sessionKey, runId: target.runId };
    const ended = await ledger.settleQueued(filter, "aborted", "its author deleted it before a run took it");
    return ended.length > 0;
  }

  async function act(event: InboundActionEvent, { principal }: Admitted): Promise<InboundVerdict> {
    const answer = await deps.onAction(event, principal);
    await note(event, {
      rule: answer === null ? "action.unknown" : "action.taken",
      detail: `${principal.id} pressed ${JSON.stringify(event.value.slice(0, 80))}`,
    });
    await event
      .answer?.(answer ?? "This button has no effect any more.")
      .catch((error: unknown) =>
        deps.logger.debug("the presser could not be told", { error: messageOf(error) }),
      );
    return { accepted: true, duplicate: false };
  }

  /** What asks for no answer is remembered for `openclaw why`. */
  async function note(
    event: Extract<InboundEvent, { kind: "action" | "reaction" | "vote" }>,
    { rule, detail }: { rule: string; detail: string },
  ): Promise<void> {
    const subject = `channel:${event.channel}:${event.channel}:${event.account}:${event.targetId}`;
    await ledger.trace({ subject, stage: event.kind, rule, detail });
  }

  return async function receive(account, told, runs) {
    // Settings are taken anew: rules of admission change while the account runs.
    const result = await deps.gate.check(account.settings(), told);
    if (!result.admitted) return result.verdict;
    const { event } = result;
    const who = result.principal.id;
    if (event.kind === "reaction" || event.kind === "vote")
      await deps.reactions?.note(
        result.routes.map(({ sessionKey }) => sessionKey),
        event,
        account.settings().config["reactionNotifications"],
      );
    switch (event.kind) {
      case "message":
        return receiveMessage(account, event, result, runs);
      case "edit":
      case "delete":
        return amend(event, result);
      case "action":
        return act(event, result);
      case "reaction": {
        const what = event.removed ? "took back" : "reacted with";
        await note(event, { rule: "channel.reaction", detail: `${who} ${what} ${event.emoji.slice(0, 80)}` });
        return { accepted: true, duplicate: false };
      }
      case "vote":
        await note(event, { rule: "channel.vote", detail: `${who} voted ${event.options.join(", ")}` });
        return { accepted: true, duplicate: false };
    }
  };
}

type AmendEvent = Extract<InboundEvent, { targetId: string }> & { kind: "edit" | "delete"; text?: string };
