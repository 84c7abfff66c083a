import { scopes, storePrincipal, type Principal } from "../core/authority.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { InboundEvent, InboundVerdict, SenderRef } from "../channels/contract.ts";
import type { DeliveryTarget, Ledger } from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import type { AccountSettings } from "./accounts.ts";
import { admit, type Refusal } from "./admit.ts";
import { remedies } from "./admit-remedy.ts";
import { createRefusalBudget } from "./admit-budget.ts";
import type { GroupHistory } from "./group-history.ts";
import { pairingText, type PairingDesk } from "./pairing.ts";
import { rememberPlace } from "./route-place.ts";
import { replyTarget, routesOf, type Route } from "./route.ts";

export type GateResult =
  | { admitted: false; verdict: Extract<InboundVerdict, { accepted: false }> }
  | {
      admitted: true;
      /** What may be used of the event: without words of people who are not heard here. */
      event: InboundEvent;
      principal: Principal;
      door: string;
      /** One per agent that answers; never empty. */
      routes: readonly Route[];
      deliverTo: DeliveryTarget;
      /** How the sender is shown to the model. */
      sender: string;
    };

/** Everything that happens between an inbound event and the decision about it. */
export interface Gate {
  /** Rejects only when a refusal could not be stored: then the event is not to be acknowledged. */
  check(settings: AccountSettings, event: InboundEvent): Promise<GateResult>;
}

export interface GateDeps {
  pairing: PairingDesk;
  history: GroupHistory;
  ledger: Pick<Ledger, "refuse">;
  /** Conversations know the place they happen in. */
  sessions: Pick<SessionStore, "get" | "ensure" | "patch">;
  clock: Clock;
  logger: Logger;
  /** Sends a text once per key, through the outbox. */
  tell(message: { key: string; target: DeliveryTarget; text: string }): Promise<void>;
}

const refusedTextChars = 500;

/** The one place where a sender becomes a principal, and where every refusal is recorded with its rule. */
export function createGate(deps: GateDeps): Gate {
  const { pairing, history, ledger, sessions, clock, logger } = deps;
  const budget = createRefusalBudget(clock);

  async function refuse(
    settings: AccountSettings,
    event: InboundEvent,
    refusal: Refusal & { route: Route | undefined },
  ): Promise<GateResult> {
    const verdict = { accepted: false as const, reason: refusal.detail };
    const { route } = refusal;
    if (event.sender.self || !route) return { admitted: false, verdict };
    // First: whoever writes all day gets neither rows nor work.
    const charge = budget.charge(`${settings.channel}:${settings.account}`, event.sender.id);
    if (!charge.allowed) return { admitted: false, verdict };
    const remedy = refusal.mayPair ? await offerPairing(settings, event) : refusal.remedy;
    const others = charge.unrecorded === 0 ? "" : ` (and ${charge.unrecorded} more since the last row)`;
    const door = `channel:${settings.channel}`;
    await ledger.refuse(
      {
        dedupeKey: `${door}:${route.key}`,
        runId: route.key,
        door,
        sessionKey: route.sessionKey,
        sessionKeyAsSent: route.sessionKey,
        agentId: route.agentId,
        principal: storePrincipal(principalOf(settings, event, false)),
        origin: { door, trust: "untrusted", sender: event.sender.id },
        text: describe(event),
        media: [],
        mode: "followup",
        deliverTo: null,
        options: {},
      },
      refusal.kind === "sender" ? "refused_sender" : "refused_policy",
      `${refusal.rule}: ${refusal.detail}${others}${remedy === null ? "" : `; to admit: ${remedy}`}`,
    );
    return { admitted: false, verdict };
  }

  /** The command that lets this stranger in; the stranger is told the code, once. */
  async function offerPairing(settings: AccountSettings, event: InboundEvent): Promise<string> {
    const { channel, account, policy } = settings;
    const to = remedies(channel, policy);
    if (event.kind !== "message") return to.allowDirect(event.sender.id);
    try {
      const request = pairing.request(
        { channel, account },
        { id: event.sender.id, chatId: event.chat.id, name: event.sender.name?.slice(0, 80) ?? null },
      );
      if (!request) return `openclaw pairing list (three others wait already)`;
      const target = replyTarget(event);
      await deps.tell({
        key: `pairing:${channel}:${account}:${request.code}`,
        target,
        text: pairingText(request),
      });
      return to.approve(request.code);
    } catch (error) {
      logger.error("a pairing request could not be kept", { channel, account, error: messageOf(error) });
      return to.allowDirect(event.sender.id);
    }
  }

  return {
    async check(settings, event) {
      const { channel, account, policy, routing } = settings;
      const paired = pairing.senders(channel, account);
      const admission = admit(event, policy, paired);
      const routes = routesOf(event, {
        owner: admission.admitted && admission.owner,
        groupAgent: routing.groupAgent(event),
        rules: routing.rules,
        session: routing.session,
      });
      const keys = routes.map(({ sessionKey }) => sessionKey);
      if (!admission.admitted) {
        // In one commit with the refusal.
        const [result] = await Promise.all([
          refuse(settings, event, { ...admission, route: routes[0] }),
          admission.kind === "mention" ? history.note(keys, event, routing.historyLimit) : null,
        ]);
        return result;
      }
      await history.follow(keys, event);
      if (event.kind === "message")
        for (const route of routes) await rememberPlace(sessions, { route, event, settings });
      return {
        admitted: true,
        event: withoutUnheardQuote(event, (sender) => admit({ ...event, sender }, policy, paired).admitted),
        principal: principalOf(settings, event, admission.owner),
        door: `channel:${channel}`,
        routes,
        deliverTo: replyTarget(event),
        sender: event.sender.name ?? event.sender.id,
      };
    },
  };
}

/** In a group a member's quote must not carry the words of somebody who is refused there (threats.md 4.6). */
function withoutUnheardQuote(event: InboundEvent, isHeard: (sender: SenderRef) => boolean): InboundEvent {
  if (event.kind !== "message" || event.chat.kind !== "group" || !event.replyTo || event.replyTo.ours)
    return event;
  const { text: _, ...quoted } = event.replyTo;
  const isOwn = quoted.senderId === event.sender.id;
  const heard = isOwn || (quoted.senderId !== undefined && isHeard({ id: quoted.senderId }));
  return heard ? event : { ...event, replyTo: quoted };
}

/** The owner may do in a chat what an operator may; approvers answer questions; everybody else only talks. */
function principalOf(
  { channel, account, policy }: AccountSettings,
  { sender }: InboundEvent,
  owner: boolean,
): Principal {
  const ids = [sender.id, ...(sender.otherIds ?? [])];
  const approves = ids.some((id) => id !== "*" && policy.approvers?.includes(id));
  return Object.freeze({
    kind: "sender" as const,
    id: `${channel}:${account}:${sender.id}`,
    role: "operator" as const,
    scopes: new Set(owner ? scopes : approves ? (["operator.approvals"] as const) : []),
    owner,
  });
}

/** What the row of a refused event shows. A stranger must not fill the disk. */
function describe(event: InboundEvent): string {
  const text =
    event.kind === "message" || event.kind === "edit"
      ? (event.text ?? "")
      : event.kind === "reaction"
        ? event.emoji
        : event.kind === "action"
          ? event.value
          : event.kind === "vote"
            ? event.options.join(", ")
            : "";
  const bounded = text.slice(0, refusedTextChars).toWellFormed();
  return event.kind === "message" ? bounded : `[${event.kind}] ${bounded}`;
}
