import { createHash } from "node:crypto";
import { authorize, type Principal } from "../../core/authority.ts";
import type { Clock } from "../../core/clock.ts";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { DeliveryRow, DeliveryTarget, Ledger } from "../../ledger/contract.ts";
import type { ApprovalRecord, ApprovalService } from "../contract.ts";
import { closingOf, questionOf, readPress, settledText } from "./announcement.ts";

export interface ApprovalPlaces {
  /** Ask where the answer of the run goes. */
  inChat: boolean;
  /** Ask there as well. */
  targets: readonly DeliveryTarget[];
}

export interface ApprovalAnnouncer {
  /** Announces what waits, and tells in the chats what was decided or ran out while nothing ran. */
  start(): Promise<void>;
  stop(): void;
  /**
   * Somebody whom the gate let in pressed a button; what they are told, or null when it is no button of an approval.
   * Pressing twice, or too late, changes nothing.
   */
  press(value: string, by: Presser): Promise<string | null>;
}

export interface Presser {
  principal: Principal;
  name: string | undefined;
  /** The message with the button, by the platform's id, and its chat. */
  at: { channel: string; account: string; to: string; messageId: string };
}

const dayMs = 24 * 3600 * 1000;
/** How long a question may stand (approvals.ts), and then a day. */
const lookBackMs = 8 * dayMs;

/**
 * Carries questions of running tools into chats and the answers back. Question and closing words are deliveries of the
 * outbox, so both survive a crash; who may answer is decided by the same table as `exec.approval.resolve`.
 */
export function createApprovalAnnouncer(deps: {
  approvals: ApprovalService;
  ledger: Pick<Ledger, "replyTarget" | "enqueueDelivery" | "deliveries" | "decideDelivery">;
  places: () => ApprovalPlaces;
  /** What the platform of a place can do. */
  placeOf(target: DeliveryTarget): { buttons: boolean; maxChars: number };
  /** Called when something is to be sent. */
  wake(): void;
  clock: Clock;
  logger: Logger;
}): ApprovalAnnouncer {
  const { approvals, ledger, clock, logger } = deps;
  const timers = new Map<string, () => void>();
  /** Where approvals were answered by a button, until their messages are closed. */
  const pressed = new Map<string, Presser["at"]>();
  let unsubscribe = () => {};
  let chain = Promise.resolve();

  /** One after the other: closing words must not overtake their question. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    chain = chain
      .then(work)
      .catch((error: unknown) =>
        logger.error("an approval could not be told in chat", { error: messageOf(error) }),
      );
    return chain;
  }

  const runOf = ({ request }: ApprovalRecord): string => request.runId ?? request.id;
  const prefixOf = ({ request }: ApprovalRecord): string => `approval:${request.id}:`;

  function targetsOf(record: ApprovalRecord): DeliveryTarget[] {
    const { inChat, targets } = deps.places();
    const runId = record.request.runId ?? null;
    const chat = inChat && runId !== null ? ledger.replyTarget(runId) : null;
    const all = [...(chat ? [chat] : []), ...targets].map(
      ({ channel, account, to, threadId }): DeliveryTarget => ({
        channel,
        account,
        to,
        ...(threadId === undefined ? {} : { threadId }),
      }),
    );
    return [...new Map(all.map((target) => [JSON.stringify(target), target])).values()];
  }

  async function announce(record: ApprovalRecord): Promise<void> {
    for (const target of targetsOf(record)) {
      const { text, buttons } = questionOf(record, { ...deps.placeOf(target), now: clock.now() });
      const place = createHash("sha256").update(JSON.stringify(target)).digest("hex").slice(0, 12);
      await ledger.enqueueDelivery({
        key: `${prefixOf(record)}${place}`,
        runId: runOf(record),
        target,
        text,
        ...(buttons.length === 0 ? {} : { content: { kind: "message", buttons } }),
      });
    }
    deps.wake();
    const { id, expiresAtMs } = record.request;
    timers.get(id)?.();
    timers.set(
      id,
      clock.after(Math.max(0, expiresAtMs - clock.now()), () => void inTurn(() => expire(id))),
    );
  }

  async function expire(id: string): Promise<void> {
    const record = approvals.get(id);
    if (record) await close(record);
  }

  function questionsOf(record: ApprovalRecord): DeliveryRow[] {
    const own = ledger
      .deliveries({ runId: runOf(record), limit: 1000 })
      .filter(({ key }) => key.startsWith(prefixOf(record)));
    const closed = new Set(own.filter(({ key }) => key.endsWith(":end")).map(({ key }) => key.slice(0, -4)));
    return own.filter(({ key }) => !key.endsWith(":end") && !closed.has(key));
  }

  async function close(record: ApprovalRecord): Promise<void> {
    timers.get(record.request.id)?.();
    timers.delete(record.request.id);
    for (const question of questionsOf(record)) {
      if (question.state === "dead") continue;
      // Nobody has seen it: then nobody needs to hear how it ended.
      const isUnseen =
        question.state === "pending" &&
        (await ledger.decideDelivery(question.key, "drop", clock.now())) !== null;
      if (isUnseen) continue;
      const { key, runId, target } = question;
      const at = pressed.get(record.request.id);
      // The process died before it learnt the id of the message it sent; the press has told it.
      const isFound =
        question.state === "unknown" &&
        at?.channel === target.channel &&
        at.account === target.account &&
        at.to === target.to;
      await ledger.enqueueDelivery({
        key: `${key}:end`,
        runId,
        target,
        text: closingOf(record, deps.placeOf(target).maxChars),
        content: isFound
          ? { kind: "edit", messageId: at.messageId, buttons: [] }
          : { kind: "message", replaces: key, buttons: [], silent: true },
      });
    }
    pressed.delete(record.request.id);
    deps.wake();
  }

  return {
    async start() {
      unsubscribe = approvals.subscribe(
        ({ type, record }) => void inTurn(() => (type === "requested" ? announce(record) : close(record))),
      );
      const now = clock.now();
      for (const record of approvals.recent(now - lookBackMs)) {
        const isOpen = record.decision === null && record.request.expiresAtMs > now;
        await inTurn(() => (isOpen ? announce(record) : close(record)));
      }
    },
    stop() {
      unsubscribe();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
    async press(value, { principal, name, at }) {
      const wish = readPress(value);
      if (!wish) return null;
      const decision = authorize(principal, "approvals");
      if (!decision.allowed) return "Only the owner may decide this.";
      const by = name === undefined ? principal.id : `${name} (${principal.id})`;
      try {
        if (!pressed.has(wish.id) && approvals.get(wish.id)?.decision === null) pressed.set(wish.id, at);
        await approvals.resolve(wish.id, wish.decision, by);
        return wish.decision === "deny" ? "Denied." : "Allowed.";
      } catch (error) {
        const record = approvals.get(wish.id);
        if (codeOf(error) === "APPROVAL_SETTLED" && record) return settledText(record);
        if (codeOf(error) === "APPROVAL_UNKNOWN") return "This question is not known any more.";
        throw error;
      }
    },
  };
}
