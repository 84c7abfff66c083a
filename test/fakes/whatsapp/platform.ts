import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { BinaryNode } from "baileys";
import type { Clock } from "../../../src/core/clock.ts";
import type { Linked, Platform, PlatformFaults, Posted, Queued } from "./contract.ts";
import { answerDirectory, type Group } from "./directory.ts";
import { createInbox } from "./inbox.ts";
import { createMediaHost } from "./media-host.ts";
import { child, children, node, type Bundle } from "./nodes.ts";
import { linkByCode, pairSuccess, readQr } from "./pairing.ts";
import { makePhone, type Phone } from "./people.ts";
import { serveWire, type Wire } from "./wire.ts";

const server = "s.whatsapp.net";

export async function startPlatform(options: {
  clock: Clock;
  port?: number;
  /** After a message was delivered, before it is acknowledged. */
  onDelivered?: () => Promise<void>;
}): Promise<Platform> {
  const { clock } = options;
  const alice = makePhone("Alice", `4917700000001@${server}`, "100000000000001@lid");
  const bob = makePhone("Bob", `4917700000002@${server}`, "100000000000002@lid");
  const robot = makePhone("Robot", "867051314767696@bot", "867051314767696@bot");
  const us = makePhone("Assistant", `4915112345678@${server}`, "100000000000000@lid");
  const group: Group = {
    jid: "120363000000000001@g.us",
    subject: "Family",
    members: [us, alice, bob, robot],
  };
  const directory = {
    phones: [us, alice, bob, robot],
    groups: [group],
    devicesOf: (phone: Phone) =>
      phone === us ? devices.filter((each) => !each.removed).map((each) => each.number) : [],
  };
  const media = createMediaHost();
  const devices: Linked[] = [];
  const typing = new Set<string>();
  const read: string[] = [];
  const heard: BinaryNode[] = [];
  const problems: unknown[] = [];
  const wires = new Map<
    Wire,
    { device: Linked | null; frozen: boolean; link: ReturnType<typeof linkByCode> | null }
  >();
  const sockets = new Set<Socket>();
  let cut = false;
  /** A code that was typed before the client had told the server that it waits for one. */
  let typedEarly: string | null = null;
  let working = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const faults: PlatformFaults = {
    rateLimited: 0,
    failing: 0,
    loseAnswers: 0,
    loseRequests: 0,
    duplicates: 0,
    slowMs: 0,
    skewMs: 0,
    refuse: null,
    cut(on) {
      cut = on;
      if (on) for (const socket of sockets) socket.destroy();
    },
    freeze() {
      for (const state of wires.values()) state.frozen = true;
    },
    end(error) {
      for (const wire of wires.keys()) {
        send(wire, error);
        setImmediate(() => wire.destroy());
      }
    },
  };

  /** Signal sessions must be used one message after the other. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    working += 1;
    const done = turn.then(task);
    turn = done.catch(() => undefined).finally(() => (working -= 1));
    return done;
  }

  function send(wire: Wire, stanza: BinaryNode): void {
    const go = (): void => {
      if (wires.get(wire)?.frozen === false) wire.send(stanza);
    };
    if (faults.slowMs > 0) clock.after(faults.slowMs, go);
    else go();
  }

  const seconds = (): string => String(Math.floor((clock.now() + faults.skewMs) / 1000));

  const inbox = createInbox({
    alice,
    bob,
    us,
    now: () => clock.now(),
    seconds,
    toDevice: (device, stanza) => device.wire && send(device.wire, stanza),
    onDelivered: async () => options.onDelivered?.(),
  });

  function attributesOf(posted: Posted, author: Phone): Record<string, string> {
    const common = { id: posted.id, type: posted.type ?? "text", t: seconds(), notify: author.name };
    if (posted.group)
      return {
        ...common,
        from: posted.group.jid,
        participant: author.lid,
        ...(author.lid.endsWith("@lid") ? { participant_pn: author.jid, addressing_mode: "lid" } : {}),
      };
    if (author === us) return { ...common, from: us.jid, recipient: posted.to ?? us.jid };
    // Some chats are addressed by number and some by hidden id, as it is out there.
    return author === bob
      ? { ...common, from: bob.lid, sender_pn: bob.jid, addressing_mode: "lid" }
      : { ...common, from: author.jid, sender_lid: author.lid };
  }

  function post(posted: Posted): Promise<void> {
    return inTurn(async () => {
      for (const device of devices.filter((each) => !each.removed)) {
        const { author } = posted;
        const message =
          author === us && !posted.group
            ? { deviceSentMessage: { destinationJid: posted.to ?? us.jid, message: posted.message } }
            : posted.message;
        const seal = async (): Promise<BinaryNode> => {
          const content = posted.group
            ? await author.sealForGroup(posted.group.jid, device, message)
            : await author.seal(device, message);
          return node("message", attributesOf(posted, author), content);
        };
        const queued: Queued = {
          stanza: await seal(),
          async again() {
            await author.forget(device);
            return await seal();
          },
        };
        device.queue.push(queued);
        if (device.active && device.wire) send(device.wire, queued.stanza);
        if (faults.duplicates > 0) {
          faults.duplicates -= 1;
          const copy = { ...queued, stanza: await seal() };
          device.queue.push(copy);
          if (device.active && device.wire) send(device.wire, copy.stanza);
        }
      }
    });
  }

  function deliverAll(device: Linked): void {
    const { wire } = device;
    if (!wire) return;
    device.active = true;
    for (const { stanza } of device.queue)
      send(wire, { ...stanza, attrs: { ...stanza.attrs, offline: "0" } });
    send(wire, node("ib", { from: server }, [node("offline", { count: String(device.queue.length) })]));
  }

  /** `id` was received, or refused for good: WhatsApp forgets it. */
  function settle(device: Linked, id: string | undefined): void {
    device.queue = device.queue.filter(({ stanza }) => stanza.attrs["id"] !== id);
  }

  async function onMessage(wire: Wire, device: Linked, stanza: BinaryNode): Promise<void> {
    const { id = "", to = "" } = stanza.attrs;
    const ack = (more: Record<string, string> = {}): void =>
      send(wire, node("ack", { class: "message", id, from: to, t: seconds(), ...more }));
    if (faults.loseRequests > 0) {
      faults.loseRequests -= 1;
      return wire.destroy();
    }
    if (faults.rateLimited > 0) {
      faults.rateLimited -= 1;
      return ack({ error: "429" });
    }
    if (faults.failing > 0) {
      faults.failing -= 1;
      return ack({ error: "503" });
    }
    await inTurn(() => inbox.take(device, stanza));
    if (faults.loseAnswers > 0) {
      faults.loseAnswers -= 1;
      return wire.destroy();
    }
    ack();
  }

  async function onNode(wire: Wire, stanza: BinaryNode): Promise<void> {
    const state = wires.get(wire);
    if (!state || state.frozen) return;
    heard.push(stanza);
    const { device } = state;
    const { id = "", from, to, type, xmlns } = stanza.attrs;
    const result = (content: BinaryNode[] = []): void =>
      send(wire, node("iq", { from: to ?? from ?? server, type: "result", id }, content));
    if (stanza.tag === "message" && device) return await onMessage(wire, device, stanza);
    if (stanza.tag === "receipt" && device) {
      send(wire, node("ack", { class: "receipt", id, from: to ?? server, ...(type ? { type } : {}) }));
      if (type === "read") return void read.push(id);
      if (type !== "retry") return settle(device, id);
      const asked = device.queue.find((queued) => queued.stanza.attrs["id"] === id);
      settle(device, id);
      if (!asked) return;
      const stanzaAgain = await inTurn(() => asked.again());
      device.queue.push({ ...asked, stanza: stanzaAgain });
      return send(wire, stanzaAgain);
    }
    if (stanza.tag === "ack" && device && stanza.attrs["class"] === "message") {
      // Only a message that was not asked for again is forgotten by a refusal.
      if (stanza.attrs["error"] !== "500") settle(device, id);
      return;
    }
    if (stanza.tag === "chatstate") {
      if (children(stanza)[0]?.tag === "composing") typing.add(to ?? "");
      else typing.delete(to ?? "");
      return;
    }
    if (stanza.tag !== "iq") return;
    if (id === "pair1") {
      send(wire, node("stream:error", { code: "515" }));
      return void setImmediate(() => wire.destroy());
    }
    if (type === "result") return;
    const known = answerDirectory(stanza, directory);
    if (known) return result(known);
    if (xmlns === "encrypt" && child(stanza, "count")) return result([node("count", { value: "100" })]);
    if (xmlns === "encrypt" && child(stanza, "digest")) return result([node("digest")]);
    if (xmlns === "w:m")
      return result([
        node("media_conn", { auth: "fake-auth", ttl: "3600", auth_ttl: "3600", max_buckets: "12" }, [
          node("host", { hostname: "mmg.whatsapp.net", maxContentLengthBytes: "104857600" }),
        ]),
      ]);
    const link = child(stanza, "link_code_companion_reg");
    if (link?.attrs["stage"] === "companion_hello") {
      state.link = linkByCode(link);
      const early = typedEarly;
      typedEarly = null;
      if (early !== null)
        setImmediate(() => void state.link?.typed(early).then((stanza) => send(wire, stanza)));
      return result([
        node("link_code_companion_reg", {}, [node("link_code_pairing_ref", {}, Buffer.from("fake-ref"))]),
      ]);
    }
    if (link?.attrs["stage"] === "companion_finish" && state.link) {
      result();
      const { identityKey, advSecret } = state.link.finish(stanza);
      return pair(wire, identityKey, advSecret);
    }
    if (child(stanza, "remove-companion-device") && device) {
      device.removed = true;
      result();
      send(wire, node("stream:error", { code: "401" }, [node("conflict", { type: "device_removed" })]));
      return void setImmediate(() => wire.destroy());
    }
    result();
    if (xmlns === "passive" && device) deliverAll(device);
  }

  function pair(wire: Wire, identityKey: Buffer, advSecret: Buffer): void {
    const { devicePairingData: data } = wire.payload;
    const device = link({
      bundle: {
        registrationId: Buffer.from(data?.eRegid ?? []).readUIntBE(0, data?.eRegid?.length ?? 1),
        identity: identityKey,
        signedPreKey: {
          keyId: Buffer.from(data?.eSkeyId ?? []).readUIntBE(0, data?.eSkeyId?.length ?? 1),
          public: Buffer.from(data?.eSkeyVal ?? []),
          signature: Buffer.from(data?.eSkeySig ?? []),
        },
      },
    });
    send(wire, pairSuccess(identityKey, advSecret, { jid: device.jid, lid: lidOf(device), name: us.name }));
  }

  const lidOf = (device: Linked): string => us.lid.replace("@", `:${device.number}@`);

  function link({ bundle }: { bundle: Bundle }): Linked {
    const number = devices.length + 1;
    const device: Linked = {
      jid: us.jid.replace("@", `:${number}@`),
      bundle,
      number,
      wire: null,
      active: false,
      queue: [],
      removed: false,
    };
    devices.push(device);
    return device;
  }

  function hello(wire: Wire): void {
    const state = { device: null as Linked | null, frozen: false, link: null };
    wires.set(wire, state);
    const refuse = (reason: number): void => {
      send(wire, node("failure", { reason: String(reason), location: "fake" }));
      setImmediate(() => wire.destroy());
    };
    if (faults.refuse !== null) return refuse(faults.refuse);
    if (wire.payload.devicePairingData) {
      const refs = [1, 2, 3].map((each) => node("ref", {}, Buffer.from(`ref${each}`)));
      return send(
        wire,
        node("iq", { from: server, type: "set", id: "pairing", xmlns: "md" }, [
          node("pair-device", {}, refs),
        ]),
      );
    }
    const device = devices.find((each) => each.number === wire.payload.device);
    if (!device || device.removed) return refuse(401);
    const before = device.wire;
    state.device = device;
    device.wire = wire;
    device.active = false;
    if (before && !before.gone) {
      send(before, node("stream:error", {}, [node("conflict", { type: "replaced" })]));
      setImmediate(() => before.destroy());
    }
    send(wire, node("success", { t: seconds(), props: "1", location: "fake", lid: lidOf(device) }));
  }

  const http: Server = createServer((request, response) => media.handle(request, response));
  http.on("connection", (socket: Socket) => {
    if (cut) return void socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  serveWire(http, {
    hello,
    node: onNode,
    closed(wire) {
      const device = wires.get(wire)?.device;
      wires.delete(wire);
      if (device?.wire !== wire) return;
      device.wire = null;
      device.active = false;
    },
    failed: (error) => problems.push(error),
  });
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, "127.0.0.1", resolve));

  const pairing = (): Wire => {
    const wire = [...wires.keys()].find((each) => each.payload.devicePairingData);
    if (!wire) throw new Error("nobody asks to be linked");
    return wire;
  };

  return {
    port: (http.address() as AddressInfo).port,
    us,
    people: { alice, bob, robot },
    group,
    media,
    devices,
    delivered: inbox.delivered,
    repeated: inbox.repeated,
    typing,
    read,
    link,
    scan(qr) {
      const { identityKey, advSecret } = readQr(qr);
      pair(pairing(), identityKey, advSecret);
    },
    async type(code) {
      const wire = pairing();
      const half = wires.get(wire)?.link;
      if (half) send(wire, await half.typed(code));
      else typedEarly = code;
    },
    post,
    faults,
    heard,
    problems,
    busy: () => working > 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

/** An id as phones make them. */
export const newId = (): string => `AC${randomBytes(9).toString("hex").toUpperCase()}`;
