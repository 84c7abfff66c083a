import { calculateAgreement, generateKeyPair, verifySignature, type KeyPair } from "./primitives.ts";
import { beginChain, firstRootKey, openNext, sealNext } from "./ratchet.ts";
import { SessionRecord, type Session } from "./record.ts";
import { readPreKey, versionByte, writePreKey, type PreKeyMessage } from "./wire.ts";

// The Signal protocol between two devices, under the names the WhatsApp library calls it by: in the bundle it takes the
// place of the package `libsignal`, whose licence (GPL-3.0) an MIT package cannot ship (docs/decisions/0010).
export { SessionRecord };

/** Where keys and sessions are; the caller sees to it that nothing else changes them meanwhile. */
export interface SignalStorage {
  loadSession(address: string): Promise<SessionRecord | null | undefined>;
  storeSession(address: string, record: SessionRecord): Promise<void>;
  isTrustedIdentity(name: string, identityKey: Uint8Array, direction: number): boolean | Promise<boolean>;
  loadPreKey(id: number): Promise<KeyPair | undefined>;
  removePreKey(id: number): unknown;
  loadSignedPreKey(id: number): KeyPair | Promise<KeyPair>;
  getOurRegistrationId(): number | Promise<number>;
  getOurIdentity(): KeyPair | Promise<KeyPair>;
}

export interface DeviceBundle {
  registrationId: number;
  identityKey: Uint8Array;
  signedPreKey: { keyId: number; publicKey: Uint8Array; signature: Uint8Array };
  preKey?: { keyId: number; publicKey: Uint8Array } | undefined;
}

export class ProtocolAddress {
  readonly id: string;
  readonly deviceId: number;
  constructor(id: string, deviceId: number) {
    this.id = id;
    this.deviceId = deviceId;
  }
  toString(): string {
    return `${this.id}.${this.deviceId}`;
  }
}

function newSession(about: {
  registrationId: number;
  rootKey: Buffer;
  own: KeyPair;
  remoteKey: Uint8Array;
  baseKey: Uint8Array;
  baseKeyType: 1 | 2;
  remoteIdentityKey: Uint8Array;
}): Session {
  const now = Date.now();
  return {
    registrationId: about.registrationId,
    currentRatchet: {
      ephemeralKeyPair: about.own,
      lastRemoteEphemeralKey: Buffer.from(about.remoteKey),
      previousCounter: 0,
      rootKey: Buffer.from(about.rootKey),
    },
    indexInfo: {
      baseKey: Buffer.from(about.baseKey),
      baseKeyType: about.baseKeyType,
      closed: -1,
      used: now,
      created: now,
      remoteIdentityKey: Buffer.from(about.remoteIdentityKey),
    },
    chains: new Map(),
    pendingPreKey: null,
  };
}

export class SessionBuilder {
  readonly #storage: SignalStorage;
  readonly #address: ProtocolAddress;
  constructor(storage: SignalStorage, address: ProtocolAddress) {
    this.#storage = storage;
    this.#address = address;
  }

  /** Begins a session with a device whose keys the server gave. @throws Error when its signed key is not its own */
  async initOutgoing(device: DeviceBundle): Promise<void> {
    const { identityKey, signedPreKey, preKey } = device;
    if (!(await this.#storage.isTrustedIdentity(this.#address.id, identityKey, 1)))
      throw new Error("Untrusted identity key");
    verifySignature(identityKey, signedPreKey.publicKey, signedPreKey.signature);
    const identity = await this.#storage.getOurIdentity();
    const base = generateKeyPair();
    const rootKey = firstRootKey([
      calculateAgreement(signedPreKey.publicKey, identity.privKey),
      calculateAgreement(identityKey, base.privKey),
      calculateAgreement(signedPreKey.publicKey, base.privKey),
      ...(preKey ? [calculateAgreement(preKey.publicKey, base.privKey)] : []),
    ]);
    const session = newSession({
      registrationId: device.registrationId,
      rootKey,
      own: generateKeyPair(),
      remoteKey: signedPreKey.publicKey,
      baseKey: base.pubKey,
      baseKeyType: 1,
      remoteIdentityKey: identityKey,
    });
    beginChain(session, signedPreKey.publicKey, session.currentRatchet.ephemeralKeyPair, 1);
    session.pendingPreKey = {
      signedKeyId: signedPreKey.keyId,
      baseKey: base.pubKey,
      ...(preKey ? { preKeyId: preKey.keyId } : {}),
    };
    const address = this.#address.toString();
    const record = (await this.#storage.loadSession(address)) ?? new SessionRecord();
    record.open(session);
    await this.#storage.storeSession(address, record);
  }
}

export class SessionCipher {
  readonly #storage: SignalStorage;
  readonly #address: ProtocolAddress;
  constructor(storage: SignalStorage, address: ProtocolAddress) {
    this.#storage = storage;
    this.#address = address;
  }

  /** `type` 3 begins a session, 1 goes on with one. @throws Error without an open session */
  async encrypt(data: Uint8Array): Promise<{ type: 1 | 3; body: Buffer; registrationId: number }> {
    const address = this.#address.toString();
    const record = await this.#storage.loadSession(address);
    const session = record?.getOpenSession();
    if (!record || !session) throw new Error("No sessions");
    const identity = await this.#storage.getOurIdentity();
    if (!(await this.#storage.isTrustedIdentity(this.#address.id, session.indexInfo.remoteIdentityKey, 1)))
      throw new Error("Untrusted identity key");
    const message = sealNext(session, data, identity.pubKey);
    await this.#storage.storeSession(address, record);
    const { registrationId, pendingPreKey: pending } = session;
    if (!pending) return { type: 1, body: message, registrationId };
    const first = writePreKey({
      registrationId: await this.#storage.getOurRegistrationId(),
      preKeyId: pending.preKeyId ?? null,
      signedPreKeyId: pending.signedKeyId,
      baseKey: pending.baseKey,
      identityKey: identity.pubKey,
      message,
    });
    return { type: 3, body: Buffer.concat([Buffer.from([versionByte]), first]), registrationId };
  }

  /** @throws Error `Bad MAC`, `Key used already or never filled`, `No session record`, … */
  async decryptWhisperMessage(sealed: Uint8Array): Promise<Buffer> {
    const address = this.#address.toString();
    const record = await this.#storage.loadSession(address);
    if (!record) throw new Error("No session record");
    const identity = await this.#storage.getOurIdentity();
    let failure: unknown = new Error("No matching sessions found for message");
    for (const session of record.newestFirst()) {
      // A failed try must leave no trace: each is made on a copy.
      const trial = SessionRecord.deserialize(record.serialize());
      const copy = trial.byBaseKey(session.indexInfo.baseKey);
      if (!copy) continue;
      try {
        const plain = openNext(copy, sealed, identity.pubKey);
        copy.indexInfo.used = Date.now();
        await this.#storage.storeSession(address, trial);
        return plain;
      } catch (error) {
        // A repeated message says more than that other sessions do not know it.
        if (!isRepeat(failure)) failure = error;
      }
    }
    throw failure;
  }

  /** Opens a message that may begin a session. @throws Error as {@link decryptWhisperMessage}; `Invalid PreKey ID` */
  async decryptPreKeyWhisperMessage(sealed: Uint8Array): Promise<Buffer> {
    const version = sealed[0] ?? 0;
    if ((version & 15) > 3 || version >>> 4 < 3)
      throw new Error("Incompatible version number on PreKeyWhisperMessage");
    const address = this.#address.toString();
    const message = readPreKey(sealed.subarray(1));
    const known = (await this.#storage.loadSession(address)) ?? new SessionRecord();
    const record = SessionRecord.deserialize(known.serialize());
    const identity = await this.#storage.getOurIdentity();
    const isNew = !record.byBaseKey(message.baseKey);
    if (isNew) record.open(await this.#answer(message, identity));
    const session = record.byBaseKey(message.baseKey);
    if (!session) throw new Error("No session record");
    const plain = openNext(session, message.message, identity.pubKey);
    session.indexInfo.used = Date.now();
    await this.#storage.storeSession(address, record);
    if (isNew && message.preKeyId !== null) await this.#storage.removePreKey(message.preKeyId);
    return plain;
  }

  /** The session somebody has begun with us. */
  async #answer(message: PreKeyMessage, identity: KeyPair): Promise<Session> {
    const { identityKey, baseKey, preKeyId } = message;
    if (!(await this.#storage.isTrustedIdentity(this.#address.id, identityKey, 2)))
      throw new Error("Untrusted identity key");
    const preKey = preKeyId === null ? undefined : await this.#storage.loadPreKey(preKeyId);
    if (preKeyId !== null && !preKey) throw new Error("Invalid PreKey ID");
    const signed = await this.#storage.loadSignedPreKey(message.signedPreKeyId);
    const rootKey = firstRootKey([
      calculateAgreement(identityKey, signed.privKey),
      calculateAgreement(baseKey, identity.privKey),
      calculateAgreement(baseKey, signed.privKey),
      ...(preKey ? [calculateAgreement(baseKey, preKey.privKey)] : []),
    ]);
    return newSession({
      registrationId: message.registrationId,
      rootKey,
      own: withPublic(signed),
      remoteKey: baseKey,
      baseKey,
      baseKeyType: 2,
      remoteIdentityKey: identityKey,
    });
  }
}

/** Stored keys may lack the type byte of their public half. */
function withPublic({ privKey, pubKey }: KeyPair): KeyPair {
  const typed = pubKey.length === 32 ? Buffer.concat([Buffer.from([5]), pubKey]) : Buffer.from(pubKey);
  return { privKey: Buffer.from(privKey), pubKey: typed };
}

function isRepeat(error: unknown): boolean {
  return error instanceof Error && error.message === "Key used already or never filled";
}
