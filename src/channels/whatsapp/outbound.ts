import type { Outbound, OutboundMedia, OutboundMessage, OutboundPoll } from "../contract.ts";
import { renderMarkdown } from "../text/index.ts";
import { isGroup, pollSecretOf, splitMessageId, stanzaIdOf, targetJid } from "./ids.ts";
import { proto } from "./library.ts";
import type { FileKind } from "./media.ts";

/** One message as it is given to WhatsApp. */
export interface Stanza {
  jid: string;
  stanzaId: string;
  message: proto.IMessage;
  attributes: Record<string, string>;
  nodes: Array<{ tag: string; attrs: Record<string, string> }>;
}

/** What writing a message needs to know beyond the message. */
export interface Writer {
  ownJid: string;
  now(): number;
  /** Key of the login, from which secrets of polls are derived. */
  loginKey: Uint8Array;
  /** JID of a person as messages of this chat name them. */
  jidOf(person: string): string;
  /** What a message said, as far as it is remembered: shown inside the quote. */
  textOf(messageId: string): string;
  /** Puts a file where WhatsApp's clients find it. */
  upload(media: OutboundMedia, kind: FileKind): Promise<Record<string, unknown>>;
}

const longestCaption = 1024;
const noExtras: Pick<Stanza, "attributes" | "nodes"> = { attributes: {}, nodes: [] };
const { Type: ProtocolType } = proto.Message.ProtocolMessage;

/**
 * What to send for an outbound, in order: several messages when it carries several files. Every stanza id follows from
 * its key, so a second try is the same message to every phone.
 * @throws UserError TARGET_INVALID; whatever `upload` throws
 */
export async function writeStanzas(outbound: Outbound, writer: Writer): Promise<Stanza[]> {
  const jid = targetJid(outbound.to);
  const stanzaId = stanzaIdOf(outbound.key);
  switch (outbound.kind) {
    case "message":
      return await messages(outbound, jid, writer);
    case "poll":
      return [{ jid, stanzaId, ...poll(outbound, writer) }];
    case "react": {
      const reactionMessage = {
        key: keyOf(outbound.messageId, jid, writer),
        text: outbound.remove === true ? "" : outbound.emoji,
        senderTimestampMs: writer.now(),
      };
      return [{ jid, stanzaId, ...noExtras, message: { reactionMessage } }];
    }
    case "edit": {
      const protocolMessage = {
        key: keyOf(outbound.messageId, jid, writer),
        type: ProtocolType.MESSAGE_EDIT,
        editedMessage: { extendedTextMessage: { text: render(outbound.text) } },
        timestampMs: writer.now(),
      };
      return [{ jid, stanzaId, message: { protocolMessage }, attributes: { edit: "1" }, nodes: [] }];
    }
    case "delete": {
      const key = keyOf(outbound.messageId, jid, writer);
      // Another's message can be taken back only by an admin of the group; WhatsApp wants to be told.
      const edit = isGroup(jid) && !key.fromMe ? "8" : "7";
      const protocolMessage = { key, type: ProtocolType.REVOKE };
      return [{ jid, stanzaId, message: { protocolMessage }, attributes: { edit }, nodes: [] }];
    }
  }
}

async function messages(outbound: OutboundMessage, jid: string, writer: Writer): Promise<Stanza[]> {
  const contextInfo = outbound.replyTo === undefined ? undefined : quote(outbound.replyTo, jid, writer);
  const text = render(outbound.text);
  const media = outbound.media ?? [];
  const contents: proto.IMessage[] = [];
  // Voice notes and audio have no caption, and long ones are cut off: such words go ahead of the files.
  const [first] = media;
  const captionable =
    first !== undefined && first.kind !== "audio" && first.kind !== "voice" && text.length <= longestCaption;
  if (text !== "" && !captionable) contents.push({ extendedTextMessage: { text } });
  for (const [index, file] of media.entries())
    contents.push(await fileMessage(file, index === 0 && captionable ? text : "", writer));
  if (contextInfo && contents[0]) {
    const [part] = Object.values(contents[0]) as Array<{ contextInfo?: proto.IContextInfo }>;
    if (part) part.contextInfo = contextInfo;
  }
  return contents.map((message, index) => ({
    jid,
    stanzaId: stanzaIdOf(outbound.key, index),
    message,
    ...noExtras,
  }));
}

async function fileMessage(file: OutboundMedia, caption: string, writer: Writer): Promise<proto.IMessage> {
  const kind: FileKind = file.kind === "voice" ? "audio" : file.kind;
  const stored = await writer.upload(file, kind);
  const common = { ...stored, mimetype: file.mimeType, ...(caption === "" ? {} : { caption }) };
  switch (file.kind) {
    case "image":
      return { imageMessage: common };
    case "video":
      return { videoMessage: common };
    case "audio":
      return { audioMessage: common };
    case "voice":
      return { audioMessage: { ...common, ptt: true } };
    case "document":
      return { documentMessage: { ...common, fileName: file.fileName, title: file.fileName } };
  }
}

function poll(outbound: OutboundPoll, writer: Writer): Omit<Stanza, "jid" | "stanzaId"> {
  const single = outbound.maxSelections === 1;
  const creation = {
    name: outbound.question,
    options: outbound.options.map((optionName) => ({ optionName })),
    // Zero means any number there.
    selectableOptionsCount: outbound.maxSelections >= outbound.options.length ? 0 : outbound.maxSelections,
  };
  return {
    message: {
      messageContextInfo: { messageSecret: pollSecretOf(outbound.key, writer.loginKey) },
      ...(single
        ? { pollCreationMessageV3: { ...creation, selectableOptionsCount: 1 } }
        : { pollCreationMessage: creation }),
    },
    attributes: {},
    nodes: [{ tag: "meta", attrs: { polltype: "creation" } }],
  };
}

function quote(messageId: string, jid: string, writer: Writer): proto.IContextInfo {
  const { stanzaId, author } = splitMessageId(messageId);
  return {
    stanzaId,
    participant: author === null ? writer.ownJid : writer.jidOf(author),
    // The quoting side supplies what the quote shows; phones find the original by its id.
    quotedMessage: { conversation: writer.textOf(messageId) },
    ...(isGroup(jid) ? { remoteJid: jid } : {}),
  };
}

function keyOf(messageId: string, jid: string, writer: Writer): proto.IMessageKey {
  const { stanzaId, author } = splitMessageId(messageId);
  return {
    id: stanzaId,
    remoteJid: jid,
    fromMe: author === null,
    ...(author !== null && isGroup(jid) ? { participant: writer.jidOf(author) } : {}),
  };
}

function render(markdown: string): string {
  return renderMarkdown(markdown, "whatsapp");
}
