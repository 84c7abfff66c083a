import { AsyncLocalStorage } from "node:async_hooks";
import {
  areJidsSameUser,
  decodeMessageNode,
  DEFAULT_CONNECTION_CONFIG,
  proto,
  unpadRandomMax16,
  type BinaryNode,
  type SignalKeyStoreWithTransaction,
  type UserFacingSocketConfig,
  type WAMessage,
} from "./library.ts";
import type { Received } from "./inbound.ts";

type MakeRepository = NonNullable<UserFacingSocketConfig["makeSignalRepository"]>;
type Repository = ReturnType<MakeRepository>;

export interface Intake {
  /** Given to the library in place of its own. */
  makeSignalRepository: MakeRepository;
  /** Tells which stanza a ciphertext came in; to be called with every stanza before the library sees it. */
  notice(node: BinaryNode): void;
}

/**
 * Puts our commit between decrypting a message and forgetting its key. The library acknowledges a message before it
 * tells anybody of it, and what was decrypted once can never be decrypted again: a crash in between would lose the
 * message. So `take` is awaited inside the transaction that moves the ratchet on, before any acknowledgement: when it
 * rejects, the ratchet stays, nothing is acknowledged, and WhatsApp delivers the same ciphertext again.
 */
export function createIntake(options: {
  /** Our JIDs with device, as the library has them now. */
  own: () => { id: string; lid: string };
  take: (received: Received, repository: Repository) => Promise<void>;
  /** Called when `take` failed, before the library hears of it: the connection must end at once. */
  onFailure: (error: unknown) => void;
}): Intake {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>();
  // The library finds its transaction by async context; what we call must not end up inside it.
  const outside = AsyncLocalStorage.snapshot();

  async function commit(ciphertext: Uint8Array, plain: Uint8Array, repository: Repository): Promise<void> {
    const node = stanzas.get(ciphertext);
    if (!node || node.attrs["category"] === "peer") return;
    const received = decode(node, plain, options.own());
    if (!received) return;
    try {
      await outside(() => options.take(received, repository));
    } catch (error) {
      outside(() => options.onFailure(error));
      throw error;
    }
  }

  return {
    notice(node) {
      if (node.tag !== "message" || !Array.isArray(node.content)) return;
      for (const child of node.content)
        if (child.tag === "enc" && child.content instanceof Uint8Array) stanzas.set(child.content, node);
    },
    makeSignalRepository(auth, logger, pnToLid) {
      const keys = auth.keys as SignalKeyStoreWithTransaction;
      serialise(keys);
      const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLid);
      return {
        ...repository,
        lidMapping: repository.lidMapping,
        decryptMessage: (message) =>
          keys.transaction(async () => {
            const plain = await repository.decryptMessage(message);
            await commit(message.ciphertext, plain, repository);
            return plain;
          }, message.jid),
        decryptGroupMessage: (message) =>
          keys.transaction(async () => {
            const plain = await repository.decryptGroupMessage(message);
            await commit(message.msg, plain, repository);
            return plain;
          }, message.group),
      };
    },
  };
}

/**
 * One transaction at a time. The library locks a decryption by its sender and an encryption by ourselves, so both could
 * read the same session and the later commit would take the other's step back; the peer then cannot read us.
 */
function serialise(keys: SignalKeyStoreWithTransaction): void {
  const transaction = keys.transaction.bind(keys);
  keys.transaction = (work) => transaction(work, "everything");
}

function decode(node: BinaryNode, padded: Uint8Array, own: { id: string; lid: string }): Received | null {
  const { fullMessage, author } = decodeMessageNode(node, own.id, own.lid);
  const decoded = proto.Message.decode(unpadRandomMax16(padded));
  const message = decoded.deviceSentMessage?.message ?? decoded;
  const fromMe = fullMessage.key.fromMe === true || areJidsSameUser(author, own.id);
  return receivedFrom({ ...fullMessage, key: { ...fullMessage.key, fromMe }, message }, author);
}

/** A message the phone was asked to send again, whole: those it sends of ours do not concern us. */
export function receivedFromPhone(message: WAMessage): Received | null {
  const { key } = message;
  if (key.fromMe) return null;
  return receivedFrom(message, key.participant ?? key.remoteJid ?? "");
}

function receivedFrom(
  { key, message, messageTimestamp, pushName }: WAMessage,
  author: string,
): Received | null {
  if (!key.id || !key.remoteJid || !message) return null;
  const fromMe = key.fromMe === true;
  return {
    stanzaId: key.id,
    chatJid: key.remoteJid,
    authorJid: author,
    authorAlt: key.participantAlt ?? (fromMe ? null : key.remoteJidAlt) ?? null,
    fromMe,
    // May be one of the library's 64-bit numbers, whose only plain form is text.
    sentAt: Number(String(messageTimestamp ?? 0)) * 1000,
    pushName: pushName ?? null,
    content: message,
  };
}
