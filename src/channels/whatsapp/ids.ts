import { createHash, createHmac } from "node:crypto";
import { UserError } from "../../core/errors.ts";

// How WhatsApp names people, chats and messages, and how they are named outside this folder. Pure.

const personServers: ReadonlySet<string> = new Set(["s.whatsapp.net", "c.us", "hosted"]);
const hiddenServers: ReadonlySet<string> = new Set(["lid", "hosted.lid"]);

export interface Jid {
  user: string;
  server: string;
}

/** Parts of a JID without its device; null for anything else. */
function parseJid(jid: string | null | undefined): Jid | null {
  const match = /^([\w.+-]{1,128}?)(?::\d{1,5})?@([a-z.]{1,32})$/.exec(jid ?? "");
  const [, user, server] = match ?? [];
  // `123_1:2@…` carries an agent after the underscore; it names the same account.
  return user && server ? { user: user.split("_")[0] ?? user, server } : null;
}

/** The JID of the account itself, without device: what messages are addressed to. */
export function bareJid(jid: string | null | undefined): string | null {
  const parsed = parseJid(jid);
  if (!parsed) return null;
  const server = personServers.has(parsed.server)
    ? "s.whatsapp.net"
    : hiddenServers.has(parsed.server)
      ? "lid"
      : parsed.server;
  return `${parsed.user}@${server}`;
}

/**
 * The one id a person, group or program has outside this folder: the phone number as `+<digits>`, else the JID without
 * device (`<digits>@lid` of a person whose number is hidden, `<digits>-<digits>@g.us` of a group).
 */
export function publicId(jid: string): string {
  const bare = bareJid(jid);
  if (!bare) return jid;
  const parsed = parseJid(bare);
  return parsed?.server === "s.whatsapp.net" && /^\d+$/.test(parsed.user) ? `+${parsed.user}` : bare;
}

/** Whether a JID names a person by a hidden id (LID). */
export function isHidden(jid: string | null | undefined): boolean {
  return hiddenServers.has(parseJid(jid)?.server ?? "");
}

export function isGroup(jid: string | null | undefined): boolean {
  return parseJid(jid)?.server === "g.us";
}

/** Status posts, broadcast lists and channels: nobody talks to the assistant there. */
export function isAudience(jid: string): boolean {
  return /@(broadcast|newsletter)$/.test(jid);
}

/** Programs: the platform's own assistants and hosted bots. */
export function isProgram(jid: string | null | undefined): boolean {
  const parsed = parseJid(jid);
  return (
    parsed?.server === "bot" ||
    (parsed !== null &&
      personServers.has(parsed.server) &&
      /^(1313555\d{4}|131655500\d{2})$/.test(parsed.user))
  );
}

/**
 * Where to send: `+4915112345678`, the same with spaces or dashes, or a JID of a person or group.
 * @throws UserError TARGET_INVALID
 */
export function targetJid(to: string): string {
  const text = to.trim().replace(/^whatsapp:/i, "");
  if (text.includes("@")) {
    const bare = bareJid(text.toLowerCase());
    const parsed = parseJid(bare);
    if (
      bare &&
      parsed &&
      (parsed.server === "s.whatsapp.net" || parsed.server === "lid" || parsed.server === "g.us")
    )
      return bare;
  } else {
    const digits = text.replace(/^\+|[\s().-]/g, "");
    if (/^\d{5,20}$/.test(digits)) return `${digits}@s.whatsapp.net`;
  }
  throw new UserError("TARGET_INVALID", `"${to}" is no WhatsApp number, group or chat`, {
    hint: "use +<country><number>, or a group id from: openclaw directory list --channel whatsapp",
  });
}

/**
 * Outside, a message of others is `<stanza id>/<public id of its author>`, one of ours the bare stanza id: stanza ids are
 * chosen by the sender's program, so alone they neither tell who wrote nor are they unique.
 */
export function messageIdOf(stanzaId: string, author: string | null): string {
  return author === null ? stanzaId : `${stanzaId}/${author}`;
}

/** What {@link messageIdOf} joined; `author` is null for ours. */
export function splitMessageId(messageId: string): { stanzaId: string; author: string | null } {
  const at = messageId.indexOf("/");
  return at < 0
    ? { stanzaId: messageId, author: null }
    : { stanzaId: messageId.slice(0, at), author: messageId.slice(at + 1) };
}

/**
 * Stanza id of a delivery: the same for every try, so that a repeated send is the same message to everybody's phone.
 * `index` tells the files of one delivery apart.
 */
export function stanzaIdOf(key: string, index = 0): string {
  const digest = createHash("sha256")
    .update(index === 0 ? key : `${key}#${index}`)
    .digest("hex");
  return `3EB0${digest.slice(0, 18).toUpperCase()}`;
}

/** The secret of a poll: the same for every try, known to nobody without the login's own key. */
export function pollSecretOf(key: string, loginKey: Uint8Array): Buffer {
  return createHmac("sha256", loginKey).update(`poll:${key}`).digest();
}
