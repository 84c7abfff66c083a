import { z } from "zod";
import { codeOf, UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import type { GuardedFetch } from "../../guard/index.ts";
import type { InboundAttachment, InboundEvent } from "../contract.ts";

// What programs post to us. Fields are only ever added, and unknown ones are ignored, so that old and new understand
// each other.

const id = z.string().min(1).max(256);
const label = z.string().max(256);
const words = z.string().max(100_000);
const mostInlineChars = 1_400_000;

const attachmentSchema = z
  .object({
    kind: z.enum(["image", "audio", "voice", "video", "document", "sticker"]).default("document"),
    mimeType: label.optional(),
    fileName: label.optional(),
    bytes: z.number().int().nonnegative().optional(),
    durationMs: z.number().nonnegative().optional(),
    url: z.url({ protocol: /^https?$/ }).optional(),
    base64: z.base64().max(mostInlineChars).optional(),
  })
  .refine((file) => (file.url === undefined) !== (file.base64 === undefined), {
    error: "needs either url or base64",
  });

const common = {
  id,
  sender: z.object({ id, name: label.optional(), bot: z.boolean().optional(), self: z.boolean().optional() }),
  chat: z.object({ kind: z.enum(["direct", "group"]), id, title: label.optional() }).optional(),
  threadId: id.optional(),
  ts: z.number().int().nonnegative().optional(),
};

const inboundSchema = z.discriminatedUnion("type", [
  z.object({
    ...common,
    type: z.literal("message"),
    text: words.optional(),
    mentioned: z.boolean().optional(),
    command: z.boolean().optional(),
    replyTo: z
      .object({
        messageId: id,
        text: words.optional(),
        senderId: id.optional(),
        ours: z.boolean().optional(),
      })
      .optional(),
    attachments: z.array(attachmentSchema).max(20).optional(),
    location: z
      .object({
        latitude: z.number().min(-90).max(90),
        longitude: z.number().min(-180).max(180),
        name: label.optional(),
        address: label.optional(),
      })
      .optional(),
    contacts: z
      .array(z.object({ name: label, phones: z.array(label).max(20) }))
      .max(20)
      .optional(),
  }),
  z.object({ ...common, type: z.literal("edit"), targetId: id, text: words }),
  z.object({ ...common, type: z.literal("delete"), targetId: id }),
  z.object({
    ...common,
    type: z.literal("reaction"),
    targetId: id,
    emoji: z.string().min(1).max(64),
    removed: z.boolean().default(false),
  }),
  z.object({ ...common, type: z.literal("action"), targetId: id, value: z.string().min(1).max(2000) }),
  z.object({ ...common, type: z.literal("vote"), targetId: id, options: z.array(label).max(100) }),
]);

export interface InboundFacts {
  account: string;
  now: number;
  /** For files that are given by address. */
  fetch: GuardedFetch;
}

const fileTimeoutMs = 60_000;

/** The event in a body, or what is wrong with it. */
export function readInbound(body: Uint8Array, facts: InboundFacts): InboundEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return "the body is not JSON";
  }
  // The first users' messages have no type.
  const parsed = inboundSchema.safeParse(isObject(value) ? { type: "message", ...value } : value);
  if (!parsed.success)
    return parsed.error.issues
      .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
      .join("; ");
  const told = parsed.data;
  if (told.type === "message" && [told.text, told.attachments, told.location, told.contacts].every(isAbsent))
    return "text: nothing was said";
  const { sender, chat, threadId } = told;
  const base = {
    channel: "webhook",
    account: facts.account,
    messageId: told.id,
    chat: {
      ...(chat === undefined ? { kind: "direct" as const, id: sender.id } : { title: "", ...defined(chat) }),
      ...(threadId === undefined ? {} : { threadId }),
    },
    sender: { name: sender.id, ...defined(sender) },
    sentAt: told.ts ?? facts.now,
  };
  switch (told.type) {
    case "message": {
      const { text = "", mentioned = false, command, replyTo, attachments, location, contacts } = told;
      return {
        kind: "message",
        ...base,
        text,
        mentioned,
        ...(command === true ? { command } : {}),
        ...(replyTo === undefined ? {} : { replyTo: defined(replyTo) }),
        ...(attachments === undefined
          ? {}
          : { attachments: attachments.map((file) => attachmentOf(file, facts.fetch)) }),
        ...(location === undefined ? {} : { location: defined(location) }),
        ...(contacts === undefined ? {} : { contacts }),
      };
    }
    case "edit":
      return { kind: "edit", ...base, targetId: told.targetId, text: told.text };
    case "delete":
      return { kind: "delete", ...base, targetId: told.targetId };
    case "reaction":
      return { kind: "reaction", ...base, targetId: told.targetId, emoji: told.emoji, removed: told.removed };
    case "action":
      return { kind: "action", ...base, targetId: told.targetId, value: told.value };
    case "vote":
      return { kind: "vote", ...base, targetId: told.targetId, options: told.options };
  }
}

function attachmentOf(file: z.infer<typeof attachmentSchema>, fetch: GuardedFetch): InboundAttachment {
  const { url, base64, ...facts } = file;
  const inline = base64 === undefined ? null : Buffer.from(base64, "base64");
  const bytes = inline?.length ?? facts.bytes;
  return {
    ...defined(facts),
    ...(bytes === undefined ? {} : { bytes }),
    async open({ maxBytes, signal }) {
      if (bytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
      if (inline) return inline;
      try {
        const response = await fetch(url ?? "", {
          signal,
          limits: { maxBytes, headersTimeoutMs: fileTimeoutMs, totalTimeoutMs: 5 * fileTimeoutMs },
        });
        if (response.ok) return await response.bytes();
        await response.body?.cancel();
        throw new UserError("MEDIA_GONE", `the file's address answered ${response.status}`);
      } catch (error) {
        if (codeOf(error) === "DIAL_LIMIT") throw tooLarge(maxBytes);
        throw error;
      }
    },
  };
}

function tooLarge(maxBytes: number): UserError {
  return new UserError("MEDIA_TOO_LARGE", `the file is larger than ${maxBytes} bytes`);
}

const isAbsent = (value: unknown): boolean => value === undefined;

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
/** Without the fields that are not there. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}
