import type { BinaryNode, proto } from "baileys";
import type { Delivered, Linked } from "./contract.ts";
import { child, children, node } from "./nodes.ts";
import type { Phone } from "./people.ts";

/** People's phones as they get what we send: each opens its copy, and what none can read is asked for again. */
export function createInbox(deps: {
  alice: Phone;
  bob: Phone;
  us: Phone;
  now(): number;
  seconds(): string;
  toDevice(device: Linked, stanza: BinaryNode): void;
  onDelivered(): Promise<void>;
}): { delivered: Delivered[]; repeated: string[]; take(device: Linked, stanza: BinaryNode): Promise<void> } {
  const { alice, bob, us } = deps;
  const seconds = (): string => deps.seconds();
  const delivered: Delivered[] = [];
  const repeated: string[] = [];
  /** How often a phone asked for a message again. */
  const asked = new Map<string, number>();

  /** A phone that cannot read a message says so, and gets it again in a new session: the protocol heals itself so. */
  function askAgain(device: Linked, phone: Phone, stanza: BinaryNode): void {
    const { id = "", to = "" } = stanza.attrs;
    const count = (asked.get(id) ?? 0) + 1;
    asked.set(id, count);
    if (count > 3) throw new Error(`${phone.name} could not read the message ${id} three times`);
    const registration = Buffer.alloc(4);
    registration.writeUInt32BE(phone.bundle.registrationId);
    deps.toDevice(
      device,
      node("receipt", { id, from: to, type: "retry", t: seconds() }, [
        node("retry", { count: String(count), id, t: seconds(), v: "1" }),
        node("registration", {}, registration),
      ]),
    );
  }

  async function take(device: Linked, stanza: BinaryNode): Promise<void> {
    const { id = "", to = "" } = stanza.attrs;
    const shared = child(stanza, "enc");
    const chat = to.endsWith("@g.us");
    let got: proto.IMessage | null = null;
    const copies = children(child(stanza, "participants"), "to");
    for (const phone of [alice, bob, us]) {
      const isTo = (jid: string | undefined): boolean => jid === phone.jid || jid === phone.lid;
      const own = child(
        copies.find(({ attrs }) => isTo(attrs["jid"])),
        "enc",
      );
      // Sent again to one who asked for it: addressed to that phone alone.
      const direct = !chat && isTo(to.replace(/:\d+@/, "@")) ? shared : undefined;
      const addressed = chat ? phone !== us : isTo(to.replace(/:\d+@/, "@"));
      try {
        const sealed = own ?? direct;
        const opened = sealed ? await phone.open(sealed, device, to) : null;
        const message =
          chat && shared && (opened ?? phone === alice) ? await phone.open(shared, device, to) : opened;
        if (message && addressed) got ??= message.deviceSentMessage?.message ?? message;
      } catch (error) {
        if (chat || !addressed) throw error;
        askAgain(device, phone, stanza);
      }
    }
    if (!got) {
      if (asked.has(id)) return;
      throw new Error(`nobody could read the message ${id} to ${to}`);
    }
    const where = chat ? to : to.replace(/:\d+@/, "@");
    if (delivered.some((each) => each.stanzaId === id && each.to === where)) {
      // A phone knows the message by chat, sender and id, and shows one of each.
      repeated.push(id);
      return;
    }
    delivered.push({ from: device, stanzaId: id, to: where, message: got, at: deps.now() });
    await deps.onDelivered();
  }

  return { delivered, repeated, take };
}
