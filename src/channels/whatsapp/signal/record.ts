import type { KeyPair } from "./primitives.ts";

// Sessions with one device of somebody, as they are stored: the format of existing logins (base64 inside JSON).

export interface Chain {
  chainKey: { counter: number; key: Buffer | null };
  /** 1 we send with it, 2 we receive with it. */
  chainType: 1 | 2;
  /** Of messages that were overtaken, by counter. */
  messageKeys: Map<number, Buffer>;
}

export interface Session {
  registrationId: number;
  currentRatchet: {
    ephemeralKeyPair: KeyPair;
    lastRemoteEphemeralKey: Buffer;
    previousCounter: number;
    rootKey: Buffer;
  };
  indexInfo: {
    baseKey: Buffer;
    /** 1 ours, 2 theirs. */
    baseKeyType: 1 | 2;
    /** -1 while open. */
    closed: number;
    used: number;
    created: number;
    remoteIdentityKey: Buffer;
  };
  chains: Map<string, Chain>;
  pendingPreKey: { signedKeyId: number; baseKey: Buffer; preKeyId?: number } | null;
}

const mostSessions = 40;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : "", "base64");

interface StoredSession {
  registrationId: number;
  currentRatchet: {
    ephemeralKeyPair: { pubKey: string; privKey: string };
    lastRemoteEphemeralKey: string;
    previousCounter: number;
    rootKey: string;
  };
  indexInfo: {
    baseKey: string;
    baseKeyType: 1 | 2;
    closed: number;
    used: number;
    created: number;
    remoteIdentityKey: string;
  };
  _chains: Record<
    string,
    { chainKey: { counter: number; key?: string }; chainType: 1 | 2; messageKeys: Record<string, string> }
  >;
  pendingPreKey?: { signedKeyId: number; baseKey: string; preKeyId?: number };
}

function store(session: Session): StoredSession {
  const { currentRatchet: ratchet, indexInfo: info, pendingPreKey: pending } = session;
  return {
    registrationId: session.registrationId,
    currentRatchet: {
      ephemeralKeyPair: {
        pubKey: text(ratchet.ephemeralKeyPair.pubKey),
        privKey: text(ratchet.ephemeralKeyPair.privKey),
      },
      lastRemoteEphemeralKey: text(ratchet.lastRemoteEphemeralKey),
      previousCounter: ratchet.previousCounter,
      rootKey: text(ratchet.rootKey),
    },
    indexInfo: { ...info, baseKey: text(info.baseKey), remoteIdentityKey: text(info.remoteIdentityKey) },
    _chains: Object.fromEntries(
      [...session.chains].map(([key, { chainKey, chainType, messageKeys }]) => [
        key,
        {
          chainKey: { counter: chainKey.counter, ...(chainKey.key ? { key: text(chainKey.key) } : {}) },
          chainType,
          messageKeys: Object.fromEntries([...messageKeys].map(([at, value]) => [at, text(value)])),
        },
      ]),
    ),
    ...(pending ? { pendingPreKey: { ...pending, baseKey: text(pending.baseKey) } } : {}),
  };
}

function load(stored: StoredSession): Session {
  const { currentRatchet: ratchet, indexInfo: info, pendingPreKey: pending } = stored;
  return {
    registrationId: stored.registrationId,
    currentRatchet: {
      ephemeralKeyPair: {
        pubKey: bytes(ratchet.ephemeralKeyPair.pubKey),
        privKey: bytes(ratchet.ephemeralKeyPair.privKey),
      },
      lastRemoteEphemeralKey: bytes(ratchet.lastRemoteEphemeralKey),
      previousCounter: ratchet.previousCounter,
      rootKey: bytes(ratchet.rootKey),
    },
    indexInfo: { ...info, baseKey: bytes(info.baseKey), remoteIdentityKey: bytes(info.remoteIdentityKey) },
    chains: new Map(
      Object.entries(stored._chains).map(([key, { chainKey, chainType, messageKeys }]) => [
        key,
        {
          chainKey: {
            counter: chainKey.counter,
            key: chainKey.key === undefined ? null : bytes(chainKey.key),
          },
          chainType,
          messageKeys: new Map(
            Object.entries(messageKeys).map(([at, value]) => [Number(at), bytes(value)] as const),
          ),
        },
      ]),
    ),
    pendingPreKey: pending ? { ...pending, baseKey: bytes(pending.baseKey) } : null,
  };
}

/** All sessions with one device: at most one is open, the others can still be read with. */
export class SessionRecord {
  readonly sessions = new Map<string, Session>();

  static deserialize(stored: unknown): SessionRecord {
    const record = new SessionRecord();
    const { _sessions = {} } = (stored ?? {}) as { _sessions?: Record<string, StoredSession> };
    for (const [key, session] of Object.entries(_sessions)) record.sessions.set(key, load(session));
    return record;
  }

  serialize(): object {
    const sessions = [...this.sessions].map(([key, session]) => [key, store(session)] as const);
    return { _sessions: Object.fromEntries(sessions), version: "v1" };
  }

  getOpenSession(): Session | undefined {
    return this.newestFirst().find(({ indexInfo }) => indexInfo.closed === -1);
  }

  haveOpenSession(): boolean {
    return this.getOpenSession() !== undefined;
  }

  byBaseKey(baseKey: Uint8Array): Session | undefined {
    return this.sessions.get(text(baseKey));
  }

  newestFirst(): Session[] {
    return [...this.sessions.values()].sort((a, b) => b.indexInfo.used - a.indexInfo.used);
  }

  /** Puts a new session in the place of the open one, and forgets the oldest beyond a limit. */
  open(session: Session): void {
    for (const { indexInfo } of this.sessions.values())
      if (indexInfo.closed === -1) indexInfo.closed = Date.now();
    this.sessions.set(text(session.indexInfo.baseKey), session);
    const closed = [...this.sessions]
      .filter(([, { indexInfo }]) => indexInfo.closed !== -1)
      .sort(([, a], [, b]) => a.indexInfo.closed - b.indexInfo.closed);
    for (const [key] of closed.slice(0, Math.max(0, this.sessions.size - mostSessions)))
      this.sessions.delete(key);
  }
}
