import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { proto } from "baileys";
import type { Said, SaidAttachment } from "../../channels/driver.ts";
import type { MediaHost } from "./media-host.ts";
import type { Phone } from "./people.ts";

// What people say, as WhatsApp's clients put it into messages.

const sha256 = (data: string): Buffer => createHash("sha256").update(data).digest();

export async function contentOf(
  said: Said,
  around: {
    media: MediaHost;
    us: Phone;
    group: boolean;
    quoted: { stanzaId: string; participant: string } | null;
  },
): Promise<proto.IMessage> {
  const { location, contact, poll } = said;
  const us = around.group ? around.us.lid : around.us.jid;
  const contextInfo: proto.IContextInfo = {
    ...(said.mention ? { mentionedJid: [us] } : {}),
    ...(around.quoted
      ? {
          stanzaId: around.quoted.stanzaId,
          participant: around.quoted.participant,
          quotedMessage: { conversation: "what was said before" },
        }
      : {}),
  };
  const hasContext = Object.keys(contextInfo).length > 0;
  const [file] = said.attachments ?? [];
  if (file) return await fileContent(file, said.text, contextInfo, around.media);
  if (location)
    return {
      locationMessage: {
        degreesLatitude: location.latitude,
        degreesLongitude: location.longitude,
        ...(location.name ? { name: location.name } : {}),
        ...(location.address ? { address: location.address } : {}),
      },
    };
  if (contact) {
    const phones = contact.phones.map((phone) => `TEL;type=CELL;waid=${phone.slice(1)}:${phone}`);
    const vcard = ["BEGIN:VCARD", "VERSION:3.0", `FN:${contact.name}`, ...phones, "END:VCARD"].join("\n");
    return { contactMessage: { displayName: contact.name, vcard } };
  }
  if (poll)
    return {
      messageContextInfo: { messageSecret: randomBytes(32) },
      pollCreationMessageV3: {
        name: poll.question,
        options: poll.options.map((optionName) => ({ optionName })),
        selectableOptionsCount: 1,
      },
    };
  const number = us.split("@")[0] ?? "";
  const text = said.mention ? `@${number} ${said.text ?? ""}` : (said.text ?? "");
  return hasContext ? { extendedTextMessage: { text, contextInfo } } : { conversation: text };
}

async function fileContent(
  file: SaidAttachment,
  caption: string | undefined,
  contextInfo: proto.IContextInfo,
  media: MediaHost,
): Promise<proto.IMessage> {
  const stored = file.kind === "voice" ? "audio" : file.kind === "sticker" ? "image" : file.kind;
  const { fileLength, ...sealed } = await media.put(file.content, stored);
  const stated = file.statedBytes ?? fileLength;
  const common = {
    ...sealed,
    ...(stated === "none" ? {} : { fileLength: stated }),
    mimetype: file.mimeType,
    contextInfo,
    ...(caption && stored !== "audio" ? { caption } : {}),
  };
  const seconds = file.durationMs === undefined ? {} : { seconds: Math.round(file.durationMs / 1000) };
  switch (file.kind) {
    case "image":
      return { imageMessage: common };
    case "video":
      return { videoMessage: { ...common, ...seconds } };
    case "audio":
    case "voice":
      return { audioMessage: { ...common, ...seconds, ptt: file.kind === "voice" } };
    case "sticker":
      return { stickerMessage: common };
    case "document":
      return {
        documentWithCaptionMessage: { message: { documentMessage: { ...common, fileName: file.fileName } } },
      };
  }
}

/** A vote as a phone seals it, with the names both sides have in that chat. */
export function sealVote(vote: {
  pollId: string;
  secret: Uint8Array;
  creator: string;
  voter: string;
  options: readonly string[];
}): proto.Message.IPollEncValue {
  const { pollId, creator, voter } = vote;
  const info = Buffer.concat([Buffer.from(pollId + creator + voter + "Poll Vote"), Buffer.from([1])]);
  const first = createHmac("sha256", Buffer.alloc(32)).update(vote.secret).digest();
  const key = createHmac("sha256", first).update(info).digest();
  const encIv = randomBytes(12);
  const aes = createCipheriv("aes-256-gcm", key, encIv);
  aes.setAAD(Buffer.from(`${pollId}\0${voter}`));
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: vote.options.map(sha256) }).finish();
  const encPayload = Buffer.concat([aes.update(plain), aes.final(), aes.getAuthTag()]);
  return { encPayload, encIv };
}
