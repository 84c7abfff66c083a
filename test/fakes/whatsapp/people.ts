import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  encodeWAMessage,
  generateSignalPubKey,
  initAuthCreds,
  proto,
  unpadRandomMax16,
  type SignalDataSet,
  type SignalKeyStore,
  type BinaryNode,
} from "baileys";
import { bytes, node, type Bundle } from "./nodes.ts";

/** A person's phone: one device with a Signal identity of its own. */
export interface Phone {
  name: string;
  /** `<digits>@s.whatsapp.net`, or the hidden id alone for somebody without a number. */
  jid: string;
  lid: string;
  bundle: Bundle;
  /** Encrypts for one linked device; every call moves the ratchet on. */
  seal(device: Device, message: proto.IMessage): Promise<BinaryNode[]>;
  /** Encrypts for a group, for one linked device. */
  sealForGroup(group: string, device: Device, message: proto.IMessage): Promise<BinaryNode[]>;
  /** Opens what a linked device sent; `group` where it went to one. */
  open(enc: BinaryNode, device: Device, group?: string): Promise<proto.Message>;
  /** Makes the next message begin a new session, as after a phone was told that one could not be read. */
  forget(device: Device): Promise<void>;
}

/** A linked device: the client under test. */
export interface Device {
  jid: string;
  bundle: Bundle;
}

const quiet = {
  level: "silent",
  child: () => quiet,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

function memoryKeys(): SignalKeyStore {
  const all = new Map<string, unknown>();
  return {
    get: (type, ids) => {
      const found: Record<string, never> = {};
      for (const id of ids) {
        const value = all.get(`${type} ${id}`);
        if (value !== undefined && value !== null) found[id] = value as never;
      }
      return found;
    },
    set: (data: SignalDataSet) => {
      for (const [type, entries] of Object.entries(data))
        for (const [id, value] of Object.entries(entries)) all.set(`${type} ${id}`, value);
    },
  };
}

/** Makes a phone. */
export function makePhone(name: string, jid: string, lid: string): Phone {
  const creds = initAuthCreds();
  const keys = addTransactionCapability(memoryKeys(), quiet, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
  const signal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, quiet, () =>
    Promise.resolve([]),
  );
  const known = new Set<string>();

  async function meet(device: Device): Promise<void> {
    if (known.has(device.jid)) return;
    const { registrationId, identity, signedPreKey } = device.bundle;
    await signal.injectE2ESession({
      jid: device.jid,
      session: {
        registrationId,
        identityKey: generateSignalPubKey(identity),
        signedPreKey: {
          keyId: signedPreKey.keyId,
          publicKey: generateSignalPubKey(signedPreKey.public),
          signature: signedPreKey.signature,
        },
      },
    });
    known.add(device.jid);
  }

  async function direct(device: Device, message: proto.IMessage): Promise<BinaryNode> {
    await meet(device);
    const { type, ciphertext } = await signal.encryptMessage({
      jid: device.jid,
      data: encodeWAMessage(message),
    });
    return node("enc", { v: "2", type }, ciphertext);
  }

  return {
    name,
    jid,
    lid,
    bundle: {
      registrationId: creds.registrationId,
      identity: creds.signedIdentityKey.public,
      signedPreKey: {
        keyId: creds.signedPreKey.keyId,
        public: creds.signedPreKey.keyPair.public,
        signature: creds.signedPreKey.signature,
      },
    },
    seal: async (device, message) => [await direct(device, message)],
    async sealForGroup(group, device, message) {
      const { ciphertext, senderKeyDistributionMessage } = await signal.encryptGroupMessage({
        group,
        meId: lid,
        data: encodeWAMessage(message),
      });
      const share = {
        senderKeyDistributionMessage: {
          groupId: group,
          axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage,
        },
      };
      return [await direct(device, share), node("enc", { v: "2", type: "skmsg" }, ciphertext)];
    },
    async open(enc, device, group) {
      const { type } = enc.attrs;
      const content = bytes(enc);
      const plain =
        type === "skmsg"
          ? await signal.decryptGroupMessage({ group: group ?? "", authorJid: device.jid, msg: content })
          : await signal.decryptMessage({
              jid: device.jid,
              type: type === "pkmsg" ? "pkmsg" : "msg",
              ciphertext: content,
            });
      known.add(device.jid);
      const message = proto.Message.decode(unpadRandomMax16(plain));
      const share = message.senderKeyDistributionMessage;
      if (share) await signal.processSenderKeyDistributionMessage({ authorJid: device.jid, item: share });
      return message;
    },
    async forget(device) {
      await signal.deleteSession([device.jid]);
      known.delete(device.jid);
    },
  };
}
