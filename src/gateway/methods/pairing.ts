import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import { method, type CallContext, type GatewayServices, type Method } from "../contract.ts";

const word = z.string().min(1).max(256);
const place = { channel: word.optional(), account: word.optional() };
const code = z.string().min(1).max(64);
const sendMs = 10_000;

/** `channels.pairing.*`: who asked to be let in on a channel, and the operator's answer (CHAN-009). */
export function createPairingMethods(services: GatewayServices): Method[] {
  const { pairing, channels } = services;

  function hasOwner(): boolean {
    return services.current().config.commands.ownerAllowFrom.length > 0 || pairing.list().hasOwner;
  }

  /** The code is used up already, so a message that cannot be sent takes nothing back. */
  async function tell(
    who: { channel: string; account: string; chatId: string; code: string },
    { logger }: CallContext,
  ): Promise<boolean> {
    const { channel, account, chatId: to } = who;
    const key = `pairing-approved:${channel}:${account}:${who.code}`;
    const text = "You were let in. Write to me again, I answer now.";
    try {
      await channels.send({ key, channel, account, to, text }, AbortSignal.timeout(sendMs));
      return true;
    } catch (error) {
      logger.warn("an approved sender could not be told", { channel, account, error: messageOf(error) });
      return false;
    }
  }

  return [
    method({
      name: "channels.pairing.list",
      authority: "pairing",
      params: () => z.strictObject(place),
      handler: (filter) => ({ ...pairing.list(filter), hasOwner: hasOwner() }),
    }),
    method({
      name: "channels.pairing.approve",
      authority: "pairing",
      // Whoever makes an owner gives away everything an operator may do.
      authorityFor: ({ owner }) => (owner ? "admin" : "pairing"),
      params: () =>
        z.strictObject({
          ...place,
          code,
          owner: z.boolean().optional(),
          notify: z.boolean().optional(),
        }),
      async handler({ code: given, owner = false, notify = false, ...filter }, context) {
        const approved = pairing.approve(given, { ...filter, owner, by: context.principal.id });
        const notified = notify ? await tell(approved, context) : null;
        const { channel, account, id, name } = approved;
        return {
          approved: { channel, account, id, name, owner: approved.owner },
          hasOwner: hasOwner(),
          ...(notified === null ? {} : { notified }),
        };
      },
    }),
    method({
      name: "channels.pairing.reject",
      authority: "pairing",
      params: () => z.strictObject({ ...place, code }),
      handler({ code: given, ...filter }, { principal }) {
        const { channel, account, id, name } = pairing.reject(given, { ...filter, by: principal.id });
        return { rejected: { channel, account, id, name } };
      },
    }),
    method({
      name: "channels.pairing.revoke",
      authority: "pairing",
      params: () => z.strictObject({ ...place, id: word }),
      handler: ({ id, ...filter }) => ({ revoked: pairing.revoke(id, filter) }),
    }),
  ];
}

/** Announces requests and decisions to operators that may answer them. @returns stops announcing. */
export function createPairingRelay(
  services: Pick<GatewayServices, "pairing" | "broadcaster" | "clock">,
): () => void {
  const { pairing, broadcaster, clock } = services;
  const options = { droppable: true, requires: "pairing" } as const;
  return pairing.subscribe((event) => {
    if (event.type === "requested") {
      const { chatId: _, ...request } = event.request;
      broadcaster.broadcast("channels.pairing.requested", request, options);
      return;
    }
    const { decision, sender } = event;
    broadcaster.broadcast("channels.pairing.resolved", { ...sender, decision, ts: clock.now() }, options);
  });
}
