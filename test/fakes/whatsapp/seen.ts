import { proto } from "baileys";
import { readWhatsapp } from "../../channels/readers.ts";
import type { Seen } from "../../channels/driver.ts";
import type { StoredKind } from "./media-host.ts";
import type { Platform } from "./contract.ts";

// What people see of what we sent, and the reactions of ours.

const textOf = (message: proto.IMessage): string =>
  message.conversation ??
  message.extendedTextMessage?.text ??
  message.imageMessage?.caption ??
  message.videoMessage?.caption ??
  message.documentMessage?.caption ??
  "";

export interface Shown extends Seen {
  secret: Uint8Array | null;
}

/** Builds up what is seen from what was delivered; files are opened as they come. */
export function createView(
  platform: Platform,
  names: { publicChat(jid: string): string; publicId(stanzaId: string, participant: string | null): string },
): {
  update(): Promise<void>;
  shown(): Shown[];
  reactions(): Array<{ messageId: string; emoji: string }>;
} {
  const shown: Shown[] = [];
  const reactions = new Map<string, string>();
  let done = 0;

  async function filesOf(message: proto.IMessage): Promise<Seen["media"]> {
    const found: Seen["media"] = [];
    const kinds = [
      ["imageMessage", "image"],
      ["videoMessage", "video"],
      ["audioMessage", "audio"],
      ["documentMessage", "document"],
    ] as const satisfies ReadonlyArray<readonly [string, StoredKind]>;
    for (const [part, kind] of kinds) {
      const file = message[part];
      if (!file) continue;
      found.push({
        kind: part === "audioMessage" && message.audioMessage?.ptt ? "voice" : kind,
        mimeType: file.mimetype ?? "",
        fileName: (part === "documentMessage" ? message.documentMessage?.fileName : null) ?? "",
        content: await platform.media.read(file, kind),
      });
    }
    return found;
  }

  async function take(entry: Platform["delivered"][number]): Promise<void> {
    const { message, stanzaId, to, at } = entry;
    const { reactionMessage: reaction, protocolMessage: protocol } = message;
    if (reaction) {
      const id = names.publicId(
        reaction.key?.id ?? "",
        reaction.key?.fromMe ? null : (reaction.key?.participant ?? to),
      );
      if (reaction.text) reactions.set(id, reaction.text);
      else reactions.delete(id);
      return;
    }
    if (protocol) {
      const target = shown.find((each) => each.messageId === protocol.key?.id);
      if (!target) return;
      if (protocol.type === proto.Message.ProtocolMessage.Type.REVOKE) {
        target.deleted = true;
        return;
      }
      const text = textOf(protocol.editedMessage ?? {});
      // Clients mark a message as edited only when its words change.
      if (text === target.raw) return;
      target.before.push(target.plain);
      Object.assign(target, { raw: text, ...readWhatsapp(text) });
      return;
    }
    const context =
      message.extendedTextMessage?.contextInfo ??
      message.imageMessage?.contextInfo ??
      message.documentMessage?.contextInfo ??
      message.audioMessage?.contextInfo;
    const poll = message.pollCreationMessage ?? message.pollCreationMessageV3;
    const raw = textOf(message);
    const read = readWhatsapp(raw);
    shown.push({
      messageId: stanzaId,
      chatId: names.publicChat(to),
      raw,
      plain: read.plain,
      spans: read.spans,
      rings: [...read.rings, ...(context?.mentionedJid ?? [])],
      ...(context?.stanzaId
        ? {
            replyTo: names.publicId(
              context.stanzaId,
              context.participant === platform.us.jid ? null : (context.participant ?? to),
            ),
          }
        : {}),
      before: [],
      deleted: false,
      media: await filesOf(message),
      buttons: [],
      ...(poll
        ? {
            poll: {
              question: poll.name ?? "",
              options: (poll.options ?? []).map((option) => option.optionName ?? ""),
              maxSelections: poll.selectableOptionsCount || (poll.options ?? []).length,
            },
          }
        : {}),
      at,
      secret: message.messageContextInfo?.messageSecret ?? null,
    });
  }

  return {
    async update() {
      while (done < platform.delivered.length) {
        const entry = platform.delivered[done++];
        if (entry) await take(entry);
      }
    },
    shown: () => shown,
    reactions: () => [...reactions].map(([messageId, emoji]) => ({ messageId, emoji })),
  };
}
