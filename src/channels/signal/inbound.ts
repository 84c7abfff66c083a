import type {
  ChatRef,
  InboundAttachment,
  InboundEvent,
  InboundMessageEvent,
  QuotedMessage,
  SenderRef,
} from "../contract.ts";
import { count, type Fields, fields, listOf, text } from "../shared/index.ts";
import { messageIdOf } from "./ids.ts";

/** What reading an envelope needs to know; all of it is fixed while it is read. */
export interface InboundFacts {
  account: string;
  /** Own number, and own UUID where it is known. */
  self: { number: string; uuid: string };
  now: number;
  /** Content of a file by its id; at most `maxBytes` of it. */
  download(
    file: { id: string; chat: ChatRef },
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
}

/** Somebody, as an envelope, a quote or a reaction names them. */
interface Person {
  id: string;
  number: string;
  name: string;
  self: boolean;
}

const placeholder = "\ufffc";

/** The events of one envelope; none for receipts, typing and what else is no concern of ours. Pure. */
export function eventsOf(envelope: Fields, facts: InboundFacts): InboundEvent[] {
  const person = personOf(envelope, "source", facts);
  const edit = fields(envelope["editMessage"]);
  const edited = fields(edit["dataMessage"]);
  if (count(edited["timestamp"]) !== undefined)
    return editEvents({ target: count(edit["targetSentTimestamp"]), message: edited, person, to: "", facts });
  const data = fields(envelope["dataMessage"]);
  if (count(data["timestamp"]) !== undefined) return dataEvents({ message: data, person, to: "", facts });
  const sent = fields(fields(envelope["syncMessage"])["sentMessage"]);
  if (Object.keys(sent).length === 0) return [];
  // What our own people wrote on another device of the account.
  const me = { ...person, id: facts.self.number, self: true };
  const to = text(sent["destinationUuid"]) || text(sent["destinationNumber"]) || text(sent["destination"]);
  const sentEdit = fields(sent["editMessage"]);
  const sentEdited = fields(sentEdit["dataMessage"]);
  if (count(sentEdited["timestamp"]) !== undefined)
    return editEvents({
      target: count(sentEdit["targetSentTimestamp"]),
      message: sentEdited,
      person: me,
      to,
      facts,
    });
  return dataEvents({
    message: sent,
    person: me,
    to: to === facts.self.uuid ? facts.self.number : to,
    facts,
  });
}

interface Told {
  message: Fields;
  person: Person;
  /** Whom our own account wrote to; "" for what others wrote. */
  to: string;
  facts: InboundFacts;
}

function personOf(from: Fields, prefix: "source" | "author" | "targetAuthor", facts: InboundFacts): Person {
  const number = text(from[`${prefix}Number`]);
  const uuid = text(from[`${prefix}Uuid`]);
  const self = (number !== "" && number === facts.self.number) || (uuid !== "" && uuid === facts.self.uuid);
  return {
    id: self ? facts.self.number : uuid || number || text(from[prefix]),
    number,
    name: text(from[`${prefix}Name`]),
    self,
  };
}

function base({ message, person, to, facts }: Told) {
  const sender: SenderRef = {
    id: person.id,
    ...(person.name === "" ? {} : { name: person.name }),
    ...(person.self ? { self: true } : {}),
    ...(person.number === "" || person.number === person.id ? {} : { otherIds: [person.number] }),
  };
  return {
    channel: "signal",
    account: facts.account,
    chat: chatOf(message, to || person.id, person.name),
    sender,
    sentAt: count(message["timestamp"]) ?? facts.now,
  };
}

function chatOf(message: Fields, direct: string, name: string): ChatRef {
  const group = fields(message["groupInfo"]);
  const id = text(group["groupId"]);
  const title = id === "" ? name : text(group["groupName"]);
  return { kind: id === "" ? "direct" : "group", id: id || direct, ...(title === "" ? {} : { title }) };
}

function dataEvents(told: Told): InboundEvent[] {
  const { message, person, facts } = told;
  const timestamp = count(message["timestamp"]) ?? 0;
  const id = messageIdOf(timestamp, person.id);
  const reaction = fields(message["reaction"]);
  const reacted = count(reaction["targetSentTimestamp"]);
  if (reacted !== undefined)
    return [
      {
        kind: "reaction",
        ...base(told),
        messageId: id,
        targetId: messageIdOf(reacted, personOf(reaction, "targetAuthor", facts).id),
        emoji: text(reaction["emoji"]),
        removed: reaction["isRemove"] === true,
      },
    ];
  const deleted = count(fields(message["remoteDelete"])["timestamp"]);
  if (deleted !== undefined)
    return [{ kind: "delete", ...base(told), messageId: id, targetId: messageIdOf(deleted, person.id) }];
  const event = messageEvent(told, id);
  return event ? [event] : [];
}

function messageEvent(told: Told, messageId: string): InboundMessageEvent | null {
  const { message, facts } = told;
  const common = base(told);
  const attachments = attachmentsOf(message, common.chat, facts);
  const contacts = listOf(message["contacts"]).flatMap((card) => contactOf(card) ?? []);
  const poll = fields(message["pollCreate"]);
  const question = text(poll["question"]);
  const words = wordsOf(message) || (Object.keys(fields(message["sticker"])).length > 0 ? "(a sticker)" : "");
  if (words === "" && attachments.length === 0 && contacts.length === 0 && question === "") return null;
  const replyTo = quotedOf(message, facts);
  return {
    kind: "message",
    ...common,
    messageId,
    text: words,
    mentioned: listOf(message["mentions"]).some(
      (each) =>
        text(each["number"]) === facts.self.number ||
        (text(each["uuid"]) === facts.self.uuid && facts.self.uuid !== ""),
    ),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(contacts.length === 0 ? {} : { contacts }),
    ...(question === "" ? {} : { poll: { question, options: optionsOf(poll["options"]) } }),
  };
}

/** The text, with names where Signal put a placeholder for a mention. */
function wordsOf(message: Fields): string {
  const raw = text(message["message"]);
  const mentions = listOf(message["mentions"])
    .map((each) => ({ ...each, start: count(each["start"]) ?? 0, length: count(each["length"]) ?? 1 }))
    .sort((one, other) => other.start - one.start);
  let words = raw;
  for (const mention of mentions) {
    const { start, length } = mention;
    if (words.slice(start, start + length) !== placeholder.repeat(length)) continue;
    const fieldsOf = mention as Fields;
    const name = text(fieldsOf["name"]) || text(fieldsOf["number"]) || text(fieldsOf["uuid"]);
    words = `${words.slice(0, start)}@${name}${words.slice(start + length)}`;
  }
  return words;
}

function optionsOf(options: unknown): string[] {
  return Array.isArray(options) ? options.filter((each): each is string => typeof each === "string") : [];
}

function quotedOf(message: Fields, facts: InboundFacts): QuotedMessage | undefined {
  const quote = fields(message["quote"]);
  const timestamp = count(quote["id"]);
  if (timestamp === undefined) return undefined;
  const author = personOf(quote, "author", facts);
  const words = text(quote["text"]);
  return {
    messageId: messageIdOf(timestamp, author.id),
    ...(words === "" ? {} : { text: words }),
    ...(author.id === "" ? {} : { senderId: author.id }),
    ...(author.self ? { ours: true } : {}),
  };
}

function attachmentsOf(message: Fields, chat: ChatRef, facts: InboundFacts): InboundAttachment[] {
  return listOf(message["attachments"]).flatMap((file) => {
    const id = text(file["id"]);
    if (id === "") return [];
    const mimeType = text(file["contentType"]);
    const fileName = text(file["filename"]);
    const bytes = count(file["size"]);
    return {
      kind: kindOf(mimeType, fileName),
      ...(mimeType === "" ? {} : { mimeType }),
      ...(fileName === "" ? {} : { fileName }),
      ...(bytes === undefined ? {} : { bytes }),
      open: (options) => facts.download({ id, chat }, options),
    };
  });
}

function kindOf(mimeType: string, fileName: string): InboundAttachment["kind"] {
  const kind = mimeType.split("/", 1)[0];
  // Signal's apps give a recorded note no name; a song that is sent has one.
  if (kind === "audio") return fileName === "" ? "voice" : "audio";
  return kind === "image" || kind === "video" ? kind : "document";
}

function contactOf(card: Fields): { name: string; phones: string[] } | null {
  const name = fields(card["name"]);
  const whole = ["given", "middle", "family"].flatMap((part) => text(name[part]) || []).join(" ");
  const phones = listOf(card["phone"]).flatMap((phone) => text(phone["value"]) || []);
  const label = text(name["nickname"]) || whole || text(name["display"]) || text(card["organization"]);
  return label === "" && phones.length === 0 ? null : { name: whole || label, phones };
}

function editEvents(told: Told & { target: number | undefined }): InboundEvent[] {
  const { message, person, target } = told;
  if (target === undefined) return [];
  return [
    {
      kind: "edit",
      ...base(told),
      messageId: messageIdOf(count(message["timestamp"]) ?? 0, person.id),
      targetId: messageIdOf(target, person.id),
      text: wordsOf(message),
    },
  ];
}
