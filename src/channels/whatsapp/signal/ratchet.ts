import { timingSafeEqual } from "node:crypto";
import {
  calculateAgreement,
  calculateMAC,
  decrypt,
  deriveSecrets,
  encrypt,
  generateKeyPair,
  type KeyPair,
} from "./primitives.ts";
import type { Chain, Session } from "./record.ts";
import { readWhisper, versionByte, writeWhisper, type WhisperMessage } from "./wire.ts";

// X3DH and the double ratchet (signal.org/docs/specifications/x3dh, …/doubleratchet), version 3 of the messages.

const furthestAhead = 2000;
const mostReceiving = 40;
const macBytes = 8;
const noSalt = Buffer.alloc(32);
const info = (name: string): Buffer => Buffer.from(name, "utf8");
const keyOf = (key: Uint8Array): string => Buffer.from(key).toString("base64");
const step = (key: Uint8Array, what: number): Buffer => calculateMAC(key, Buffer.from([what]));

/** The first root key. Both sides give the same agreements in the same order. */
export function firstRootKey(agreements: readonly Uint8Array[]): Buffer {
  const [rootKey] = deriveSecrets(
    Buffer.concat([Buffer.alloc(32, 0xff), ...agreements]),
    noSalt,
    info("WhisperText"),
  );
  return rootKey;
}

/** Moves the root key on by an agreement, and begins a chain with what comes out beside it. */
export function beginChain(session: Session, remote: Uint8Array, own: KeyPair, chainType: 1 | 2): void {
  const ratchet = session.currentRatchet;
  const agreed = calculateAgreement(remote, own.privKey);
  const [rootKey, key] = deriveSecrets(agreed, ratchet.rootKey, info("WhisperRatchet"));
  ratchet.rootKey = Buffer.from(rootKey);
  session.chains.set(keyOf(chainType === 1 ? own.pubKey : remote), {
    chainKey: { counter: -1, key: Buffer.from(key) },
    chainType,
    messageKeys: new Map(),
  });
}

/** Makes the keys of all messages up to `counter`. */
function fill(chain: Chain, counter: number): void {
  if (counter - chain.chainKey.counter > furthestAhead)
    throw new Error("Over 2000 messages into the future!");
  while (chain.chainKey.counter < counter) {
    const { key } = chain.chainKey;
    if (!key) throw new Error("Chain closed");
    chain.messageKeys.set(chain.chainKey.counter + 1, step(key, 1));
    chain.chainKey = { counter: chain.chainKey.counter + 1, key: step(key, 2) };
  }
}

function takeKey(chain: Chain, counter: number): { cipher: Buffer; mac: Buffer; iv: Buffer } {
  fill(chain, counter);
  const seed = chain.messageKeys.get(counter);
  // The text is known: it tells a repeated message from one that cannot be read.
  if (!seed) throw new Error("Key used already or never filled");
  chain.messageKeys.delete(counter);
  const [cipher, mac, iv] = deriveSecrets(seed, noSalt, info("WhisperMessageKeys"));
  return { cipher, mac, iv: iv.subarray(0, 16) };
}

/** Their first message on a new key of theirs: a receiving chain for it, and a new sending chain of ours. */
function turn(session: Session, { ephemeralKey, previousCounter }: WhisperMessage): void {
  if (session.chains.has(keyOf(ephemeralKey))) return;
  const ratchet = session.currentRatchet;
  const before = session.chains.get(keyOf(ratchet.lastRemoteEphemeralKey));
  if (before) {
    // What was sent on the old key and overtaken can still come; more cannot.
    fill(before, previousCounter);
    before.chainKey.key = null;
  }
  beginChain(session, ephemeralKey, ratchet.ephemeralKeyPair, 2);
  const sending = keyOf(ratchet.ephemeralKeyPair.pubKey);
  const sent = session.chains.get(sending);
  if (sent) {
    ratchet.previousCounter = sent.chainKey.counter;
    session.chains.delete(sending);
  }
  ratchet.ephemeralKeyPair = generateKeyPair();
  beginChain(session, ephemeralKey, ratchet.ephemeralKeyPair, 1);
  ratchet.lastRemoteEphemeralKey = Buffer.from(ephemeralKey);
  const receiving = [...session.chains].filter(([, { chainType }]) => chainType === 2);
  for (const [key] of receiving.slice(0, Math.max(0, receiving.length - mostReceiving)))
    session.chains.delete(key);
}

function macOf(key: Uint8Array, sender: Uint8Array, receiver: Uint8Array, message: Uint8Array): Buffer {
  const all = Buffer.concat([sender, receiver, Buffer.from([versionByte]), message]);
  return calculateMAC(key, all).subarray(0, macBytes);
}

/** Encrypts the next message of the sending chain. */
export function sealNext(session: Session, plain: Uint8Array, ownIdentity: Uint8Array): Buffer {
  const { ephemeralKeyPair, previousCounter } = session.currentRatchet;
  const chain = session.chains.get(keyOf(ephemeralKeyPair.pubKey));
  if (chain?.chainType !== 1) throw new Error("No sending chain");
  const counter = chain.chainKey.counter + 1;
  const { cipher, mac, iv } = takeKey(chain, counter);
  const ciphertext = encrypt(cipher, plain, iv);
  const message = writeWhisper({
    ephemeralKey: ephemeralKeyPair.pubKey,
    counter,
    previousCounter,
    ciphertext,
  });
  const tag = macOf(mac, ownIdentity, session.indexInfo.remoteIdentityKey, message);
  return Buffer.concat([Buffer.from([versionByte]), message, tag]);
}

/** Decrypts a message. The session is changed also when it throws: work on a copy. */
export function openNext(session: Session, sealed: Uint8Array, ownIdentity: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed);
  const version = bytes[0] ?? 0;
  if ((version & 15) > 3 || version >>> 4 < 3 || bytes.length <= macBytes + 1)
    throw new Error("Incompatible version number on WhisperMessage");
  const message = bytes.subarray(1, -macBytes);
  const whisper = readWhisper(message);
  turn(session, whisper);
  const chain = session.chains.get(keyOf(whisper.ephemeralKey));
  if (chain?.chainType !== 2) throw new Error("Tried to decrypt on a sending chain");
  const { cipher, mac, iv } = takeKey(chain, whisper.counter);
  const expected = macOf(mac, session.indexInfo.remoteIdentityKey, ownIdentity, message);
  if (!timingSafeEqual(expected, bytes.subarray(-macBytes))) throw new Error("Bad MAC");
  const plain = decrypt(cipher, whisper.ciphertext, iv);
  // They have answered: they have the session.
  session.pendingPreKey = null;
  return plain;
}
