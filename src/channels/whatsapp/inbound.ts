import type { InboundAttachment, InboundEvent, QuotedMessage } from "../contract.ts";
import { bareJid, isAudience, isGroup, isHidden, isProgram, messageIdOf, publicId } from "./ids.ts";
import { normalizeMessageContent, proto } from "./library.ts";
import type { FileKind, StoredFile } from "./media.ts";

/** A decrypted message and the envelope it came in. */
export interface Received {
  stanzaId: string;
  chatJid: string;
  /** Who wrote it: in a direct chat the other side, or ourselves. */
  authorJid: string;
  /** The author's other id (number of a hidden id, or the reverse), when the envelope or an earlier one told it. */
  authorAlt: string | null;
  fromMe: boolean;
  sentAt: number;
  pushName: string | null;
  content: proto.IMessage;
}

/** What reading a message needs to know beyond the message. */
export interface Surroundings {
  channel: string;
  account: string;
  /** Our own JIDs, number and hidden id, without device. */
  ownJids: readonly string[];
  /** Number behind a hidden id, where it is known. */
  knownNumber(hiddenJid: string): string | null;
  /** Name of a group, where it is known. */
  titleOf(chatJid: string): string | null;
  /** A poll of ours by its stanza id. */
  votesOf(pollId: string, update: proto.Message.IPollUpdateMessage, received: Received): string[] | null;
  /** Emoji this person last put on that message: taking it back does not name it. */
  lastReaction(targetId: string, author: string, emoji: string): string | null;
  open(
    file: StoredFile,
    kind: FileKind,
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
}

const { Type: ProtocolType } = proto.Message.ProtocolMessage;

/**
 * What a decrypted WhatsApp message says, or null when it is nothing a person did in a chat: keys, settings, status posts,
 * history, messages of ours outside the chat with ourselves.
 */
export function readMessage(received: Received, around: Surroundings): InboundEvent | null {
  const { chatJid, fromMe } = received;
  if (isAudience(chatJid)) return null;
  const content = normalizeMessageContent(received.content);
  if (!content) return null;
  const ownChat = around.ownJids.includes(bareJid(chatJid) ?? "");
  // What the person types on their phone in other chats is between them and those people.
  if (fromMe && !ownChat) return null;

  const author = personOf(received.authorJid, received.authorAlt, around);
  const other = [bareJid(received.authorJid), bareJid(received.authorAlt)].filter(
    (id): id is string => id !== null && publicId(id) !== author,
  );
  const title = around.titleOf(chatJid);
  const base = {
    channel: around.channel,
    account: around.account,
    messageId: messageIdOf(received.stanzaId, author),
    chat: isGroup(chatJid)
      ? { kind: "group" as const, id: publicId(chatJid), ...(title === null ? {} : { title }) }
      : { kind: "direct" as const, id: author },
    sender: {
      id: author,
      ...(received.pushName ? { name: received.pushName } : {}),
      ...(isProgram(received.authorJid) ? { bot: true } : {}),
      ...(fromMe ? { self: true } : {}),
      ...(other.length > 0 ? { otherIds: other } : {}),
    },
    sentAt: received.sentAt,
  };

  const protocol = content.protocolMessage;
  if (protocol) {
    const stanzaId = protocol.key?.id;
    if (!stanzaId) return null;
    // Whose message it was: an admin can take back another's, an edit is always one's own.
    const target = protocol.key?.participant ? personOf(protocol.key.participant, null, around) : author;
    if (protocol.type === ProtocolType.REVOKE)
      return { ...base, kind: "delete", targetId: messageIdOf(stanzaId, target) };
    if (protocol.type !== ProtocolType.MESSAGE_EDIT) return null;
    const text = textOf(normalizeMessageContent(protocol.editedMessage ?? undefined) ?? {});
    return { ...base, kind: "edit", targetId: messageIdOf(stanzaId, author), text };
  }

  const reaction = content.reactionMessage;
  if (reaction) {
    if (!reaction.key?.id) return null;
    const targetId = messageIdOf(reaction.key.id, authorOfKey(reaction.key, author, chatJid, around));
    const emoji = reaction.text ?? "";
    const before = around.lastReaction(targetId, author, emoji);
    return { ...base, kind: "reaction", targetId, emoji: emoji || (before ?? ""), removed: emoji === "" };
  }

  const update = content.pollUpdateMessage;
  if (update) {
    const pollId = update.pollCreationMessageKey?.id;
    const options = pollId ? around.votesOf(pollId, update, received) : null;
    return pollId && options ? { ...base, kind: "vote", targetId: pollId, options } : null;
  }

  const context = contextOf(content);
  const quoted = context ? quotedOf(context, around) : null;
  const attachments = attachmentsOf(content, around);
  const location = content.locationMessage ?? content.liveLocationMessage;
  const contacts = contactsOf(content);
  const poll =
    content.pollCreationMessage ??
    content.pollCreationMessageV2 ??
    content.pollCreationMessageV3 ??
    content.pollCreationMessageV5;
  const text = textOf(content);
  if (!text && attachments.length === 0 && !location && contacts.length === 0 && !poll) return null;
  return {
    ...base,
    kind: "message",
    text,
    mentioned: (context?.mentionedJid ?? []).some((jid) => around.ownJids.includes(bareJid(jid) ?? "")),
    ...(quoted ? { replyTo: quoted } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(location
      ? {
          location: {
            latitude: location.degreesLatitude ?? 0,
            longitude: location.degreesLongitude ?? 0,
            ...(content.locationMessage?.name ? { name: content.locationMessage.name } : {}),
            ...(content.locationMessage?.address ? { address: content.locationMessage.address } : {}),
          },
        }
      : {}),
    ...(contacts.length > 0 ? { contacts } : {}),
    ...(poll
      ? {
          poll: {
            question: poll.name ?? "",
            options: (poll.options ?? []).map((option) => option.optionName ?? ""),
          },
        }
      : {}),
  };
}

/** The number where it is known: it is what lists and people name somebody by. */
function personOf(jid: string, alt: string | null, around: Pick<Surroundings, "knownNumber">): string {
  if (!isHidden(jid)) return publicId(jid);
  if (alt && !isHidden(alt)) return publicId(alt);
  return publicId(around.knownNumber(jid) ?? jid);
}

/** Author of a message somebody points at, null when it is ours. A key is written from the pointing person's view. */
function authorOfKey(
  key: proto.IMessageKey,
  pointing: string,
  chatJid: string,
  around: Surroundings,
): string | null {
  if (key.fromMe) return pointing;
  const jid = isGroup(chatJid) ? key.participant : null;
  if (!jid) return null;
  return around.ownJids.includes(bareJid(jid) ?? "") ? null : personOf(jid, null, around);
}

function quotedOf(context: proto.IContextInfo, around: Surroundings): QuotedMessage | null {
  if (!context.stanzaId) return null;
  const ours = around.ownJids.includes(bareJid(context.participant) ?? "");
  const sender = context.participant ? personOf(context.participant, null, around) : null;
  const text = textOf(normalizeMessageContent(context.quotedMessage ?? undefined) ?? {});
  return {
    messageId: messageIdOf(context.stanzaId, ours ? null : sender),
    ...(text ? { text } : {}),
    ...(sender ? { senderId: sender } : {}),
    ...(ours ? { ours: true } : {}),
  };
}

/** Where quotes and mentions of a message stand: in its one content part. */
function contextOf(content: proto.IMessage): proto.IContextInfo | null {
  for (const part of Object.values(content) as unknown[]) {
    if (part && typeof part === "object" && "contextInfo" in part && part.contextInfo)
      return part.contextInfo;
  }
  return null;
}

function textOf(content: proto.IMessage): string {
  return (
    content.conversation ||
    content.extendedTextMessage?.text ||
    content.imageMessage?.caption ||
    content.videoMessage?.caption ||
    content.documentMessage?.caption ||
    content.locationMessage?.comment ||
    content.buttonsResponseMessage?.selectedDisplayText ||
    content.listResponseMessage?.title ||
    content.templateButtonReplyMessage?.selectedDisplayText ||
    ""
  );
}

function attachmentsOf(content: proto.IMessage, around: Surroundings): InboundAttachment[] {
  const found: InboundAttachment[] = [];
  const add = (
    kind: InboundAttachment["kind"],
    stored: FileKind,
    file: StoredFile & { mimetype?: string | null; fileLength?: unknown },
    more: { fileName?: string | null | undefined; seconds?: number | null | undefined } = {},
  ): void => {
    const bytes = Number(file.fileLength ?? Number.NaN);
    found.push({
      kind,
      ...(file.mimetype ? { mimeType: file.mimetype } : {}),
      ...(more.fileName ? { fileName: more.fileName } : {}),
      ...(Number.isFinite(bytes) && bytes > 0 ? { bytes } : {}),
      ...(more.seconds ? { durationMs: more.seconds * 1000 } : {}),
      open: (options) => around.open(file, stored, options),
    });
  };
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = content;
  if (imageMessage) add("image", "image", imageMessage);
  if (videoMessage) add("video", "video", videoMessage, { seconds: videoMessage.seconds });
  if (ptvMessage) add("video", "video", ptvMessage, { seconds: ptvMessage.seconds });
  if (audioMessage)
    add(audioMessage.ptt ? "voice" : "audio", "audio", audioMessage, { seconds: audioMessage.seconds });
  if (documentMessage)
    add("document", "document", documentMessage, {
      fileName: documentMessage.fileName ?? documentMessage.title,
    });
  if (stickerMessage) add("sticker", "image", stickerMessage);
  return found;
}

function contactsOf(content: proto.IMessage): Array<{ name: string; phones: string[] }> {
  const cards = content.contactMessage
    ? [content.contactMessage]
    : (content.contactsArrayMessage?.contacts ?? []);
  return cards.map((card) => ({
    name: card.displayName ?? /^FN[^:]*:(.*)$/im.exec(card.vcard ?? "")?.[1]?.trim() ?? "",
    phones: [...(card.vcard ?? "").matchAll(/^(?:item\d+\.)?TEL[^:]*:(.+)$/gim)].map((match) =>
      (match[1] ?? "").trim(),
    ),
  }));
}
