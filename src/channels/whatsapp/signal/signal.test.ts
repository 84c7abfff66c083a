import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as ours from "./index.ts";
import {
  calculateAgreement,
  calculateSignature,
  generateKeyPair,
  verifySignature,
  type KeyPair,
} from "./primitives.ts";

// Compared with the reference implementation, which is on this machine for tests only.
const require = createRequire(import.meta.url);
const theirs = require("libsignal") as typeof ours;
const theirCurve = require("libsignal/src/curve.js") as {
  calculateAgreement(publicKey: Uint8Array, privateKey: Uint8Array): Buffer;
  calculateSignature(privateKey: Uint8Array, message: Uint8Array): Uint8Array;
  verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
};
const either = (own: boolean): typeof ours => (own ? ours : theirs);

// It prints sessions, keys and all.
const prints = ["info", "warn", "error"] as const;
beforeAll(() => prints.forEach((name) => vi.spyOn(console, name).mockImplementation(() => {})));
afterAll(() => vi.restoreAllMocks());

/** A device: its keys, and its sessions as they would lie on disk. */
function device(registrationId: number) {
  const identity = generateKeyPair();
  const signed = generateKeyPair();
  const preKeys = new Map<number, KeyPair>([[7, generateKeyPair()]]);
  const files = new Map<string, string>();
  const storage = (own: boolean): ours.SignalStorage => ({
    loadSession: (address) => {
      const file = files.get(address);
      return Promise.resolve(
        file === undefined ? null : either(own).SessionRecord.deserialize(JSON.parse(file)),
      );
    },
    storeSession: (address, record) => {
      files.set(address, JSON.stringify(record.serialize()));
      return Promise.resolve();
    },
    isTrustedIdentity: () => true,
    loadPreKey: (id) => Promise.resolve(preKeys.get(id)),
    removePreKey: (id) => preKeys.delete(id),
    loadSignedPreKey: () => signed,
    getOurRegistrationId: () => registrationId,
    getOurIdentity: () => identity,
  });
  const bundle = (withPreKey: boolean): ours.DeviceBundle => ({
    registrationId,
    identityKey: identity.pubKey,
    signedPreKey: {
      keyId: 1,
      publicKey: signed.pubKey,
      signature: calculateSignature(identity.privKey, signed.pubKey),
    },
    preKey: withPreKey ? { keyId: 7, publicKey: preKeys.get(7)?.pubKey ?? Buffer.alloc(0) } : undefined,
  });
  return { storage, bundle, files, preKeys };
}
type Device = ReturnType<typeof device>;

async function seal(from: Device, own: boolean, text: string): Promise<{ type: number; body: Buffer }> {
  const { SessionCipher, ProtocolAddress } = either(own);
  const { type, body } = await new SessionCipher(from.storage(own), new ProtocolAddress("peer", 0)).encrypt(
    Buffer.from(text),
  );
  return { type, body: Buffer.from(body) };
}

async function open(at: Device, own: boolean, message: { type: number; body: Buffer }): Promise<string> {
  const { SessionCipher, ProtocolAddress } = either(own);
  const cipher = new SessionCipher(at.storage(own), new ProtocolAddress("peer", 0));
  const plain =
    message.type === 3
      ? await cipher.decryptPreKeyWhisperMessage(message.body)
      : await cipher.decryptWhisperMessage(message.body);
  return Buffer.from(plain).toString("utf8");
}

function meet(from: Device, own: boolean, bundle: ours.DeviceBundle): Promise<void> {
  const { SessionBuilder, ProtocolAddress } = either(own);
  return new SessionBuilder(from.storage(own), new ProtocolAddress("peer", 0)).initOutgoing(bundle);
}

interface Turn {
  fromAlice: boolean;
  /** Our implementation, or the reference's on the same files. */
  sealOwn: boolean;
  openOwn: boolean;
  fate: "arrives" | "late" | "lost" | "twice" | "anew";
}

async function talk(own: boolean, preKey: boolean, turns: Turn[]): Promise<void> {
  const alice = device(11);
  const bob = device(22);
  await meet(alice, own, bob.bundle(preKey));
  const [openOwn] = turns.map((each) => each.openOwn);
  expect(await open(bob, openOwn ?? own, await seal(alice, own, "first"))).toBe("first");
  expect(bob.preKeys.has(7)).toBe(!preKey);
  const late: Array<() => Promise<void>> = [];
  for (const [index, turn] of turns.entries()) {
    const { sealOwn, fate } = turn;
    const [from, to] = turn.fromAlice ? [alice, bob] : [bob, alice];
    if (fate === "anew") {
      await meet(from, sealOwn, to.bundle(false));
      continue;
    }
    const text = `message ${index}`;
    const message = await seal(from, sealOwn, text);
    const arrive = async (): Promise<void> => expect(await open(to, turn.openOwn, message)).toBe(text);
    if (fate === "late") late.push(arrive);
    if (fate !== "arrives" && fate !== "twice") continue;
    await arrive();
    if (fate === "twice")
      await expect(open(to, true, message)).rejects.toThrow("Key used already or never filled");
  }
  for (const arrive of late) await arrive();
}

describe("the Signal protocol", () => {
  const fates = ["arrives", "arrives", "arrives", "late", "lost", "twice"] as const;
  const turns = (allowed: readonly Turn["fate"][], own: fc.Arbitrary<boolean>) =>
    fc.array(
      fc.record({ fromAlice: fc.boolean(), sealOwn: own, openOwn: own, fate: fc.constantFrom(...allowed) }),
      { maxLength: 20 },
    );

  it("is the reference's on the wire and on disk, however messages are lost, swapped and repeated", async () => {
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.boolean(), turns(fates, fc.boolean()), talk), {
      numRuns: 40,
    });
  });

  it("goes on when either side begins anew, whatever is still on its way", async () => {
    const own = fc.constant(true);
    await fc.assert(fc.asyncProperty(own, fc.boolean(), turns([...fates, "anew"], own), talk), {
      numRuns: 40,
    });
  });

  it("refuses what was changed on the way, and still reads what was not", async () => {
    const alice = device(1);
    const bob = device(2);
    await meet(alice, true, bob.bundle(true));
    await open(bob, true, await seal(alice, true, "first"));
    await open(alice, true, await seal(bob, true, "second"));
    const message = await seal(alice, true, "third");
    for (let at = 0; at < message.body.length; at++) {
      const body = Buffer.from(message.body);
      body[at] = (body[at] ?? 0) ^ 4;
      const before = bob.files.get("peer.0");
      await expect(open(bob, true, { ...message, body })).rejects.toThrow();
      expect(bob.files.get("peer.0")).toBe(before);
    }
    await expect(open(bob, true, { ...message, body: message.body.subarray(0, 5) })).rejects.toThrow();
    expect(await open(bob, true, message)).toBe("third");
  });

  it("believes no signed key of somebody else", async () => {
    const alice = device(1);
    const bundle = device(2).bundle(false);
    const forged = {
      ...bundle,
      signedPreKey: { ...bundle.signedPreKey, publicKey: generateKeyPair().pubKey },
    };
    await expect(meet(alice, true, forged)).rejects.toThrow("Invalid signature");
    expect(alice.files.size).toBe(0);
  });

  it("skips no more than two thousand messages", async () => {
    const alice = device(1);
    const bob = device(2);
    await meet(alice, true, bob.bundle(false));
    await open(bob, true, await seal(alice, true, "first"));
    await open(alice, true, await seal(bob, true, "second"));
    expect(await open(bob, true, await seal(alice, true, "third"))).toBe("third");
    for (let count = 0; count < 2001; count++) await seal(alice, true, "lost");
    const far = await seal(alice, true, "far");
    await expect(open(bob, true, far)).rejects.toThrow("Over 2000 messages into the future!");
  });

  it("agrees and signs as the reference does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (message) => {
        const [one, two] = [generateKeyPair(), generateKeyPair()];
        const shared = calculateAgreement(two.pubKey, one.privKey);
        expect(shared).toEqual(calculateAgreement(one.pubKey, two.privKey));
        expect(shared).toEqual(Buffer.from(theirCurve.calculateAgreement(two.pubKey, one.privKey)));
        const signature = calculateSignature(one.privKey, message);
        expect(theirCurve.verifySignature(one.pubKey, Buffer.from(message), signature)).not.toBe(false);
        const back = theirCurve.calculateSignature(one.privKey, Buffer.from(message));
        expect(verifySignature(one.pubKey, message, back)).toBe(true);
        expect(() => verifySignature(two.pubKey, message, back)).toThrow("Invalid signature");
      }),
      { numRuns: 10 },
    );
    expect(() => calculateAgreement(Buffer.alloc(33), generateKeyPair().privKey)).toThrow();
    expect(() =>
      calculateAgreement(Buffer.concat([Buffer.from([5]), Buffer.alloc(32)]), generateKeyPair().privKey),
    ).toThrow();
  });
});
