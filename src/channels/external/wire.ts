import { z } from "zod";
import type { ChannelTrouble, InboundEvent, LoginStep, Outbound, SendResult } from "../contract.ts";
import type { JsonObject } from "../../core/json.ts";

// What crosses the pipe. Everything the adapter says is checked: it is somebody else's program.

const id = z.string().min(1).max(512);
const base = {
  messageId: id,
  chat: z.object({
    kind: z.enum(["direct", "group"]),
    id,
    title: z.string().max(512).optional(),
    threadId: id.optional(),
    parentId: id.optional(),
  }),
  sender: z.object({
    id,
    name: z.string().max(512).optional(),
    bot: z.boolean().optional(),
    self: z.boolean().optional(),
    roleIds: z.array(id).max(500).optional(),
  }),
  sentAt: z.number(),
};
const text = z.string().max(1_000_000);
const attachment = z.object({
  /** By which the adapter knows it again in `open`. */
  token: z.string().min(1).max(4096),
  kind: z.enum(["image", "audio", "voice", "video", "document", "sticker"]),
  mimeType: z.string().max(256).optional(),
  fileName: z.string().max(512).optional(),
  bytes: z.number().int().nonnegative().optional(),
  durationMs: z.number().nonnegative().optional(),
});
const eventSchema = z.discriminatedUnion("kind", [
  z.object({
    ...base,
    kind: z.literal("message"),
    text,
    mentioned: z.boolean().default(false),
    replyTo: z
      .object({ messageId: id, text: text.optional(), senderId: id.optional(), ours: z.boolean().optional() })
      .optional(),
    attachments: z.array(attachment).max(50).optional(),
    location: z
      .object({
        latitude: z.number(),
        longitude: z.number(),
        name: z.string().optional(),
        address: z.string().optional(),
      })
      .optional(),
    contacts: z.array(z.object({ name: z.string(), phones: z.array(z.string()) })).optional(),
    poll: z.object({ question: z.string(), options: z.array(z.string()) }).optional(),
    command: z.boolean().optional(),
  }),
  z.object({ ...base, kind: z.literal("edit"), targetId: id, text: text.optional() }),
  z.object({ ...base, kind: z.literal("delete"), targetId: id }),
  z.object({
    ...base,
    kind: z.literal("reaction"),
    targetId: id,
    emoji: z.string().max(64),
    removed: z.boolean(),
  }),
  z.object({
    ...base,
    kind: z.literal("action"),
    targetId: id,
    value: z.string().max(256),
    /** By which the adapter knows the press again in `answer`. */
    answerToken: z.string().min(1).max(4096).optional(),
  }),
  z.object({ ...base, kind: z.literal("vote"), targetId: id, options: z.array(z.string()) }),
]);

/** Fetches an attachment by its token. */
export type OpenAttachment = (
  token: string,
  options: { maxBytes: number; signal: AbortSignal },
) => Promise<Uint8Array>;

/** An event of the adapter as the host knows it; channel and account are what we started, whatever it says. Throws when it is malformed. */
export function eventOf(
  value: unknown,
  place: { channel: string; account: string },
  { open, answer }: { open: OpenAttachment; answer: (token: string, text: string) => Promise<void> },
): InboundEvent {
  const event = eventSchema.parse(value);
  if (event.kind === "action") {
    const { answerToken, ...action } = event;
    if (answerToken === undefined) return { ...action, ...place };
    return { ...action, ...place, answer: (text) => answer(answerToken, text) };
  }
  if (event.kind !== "message") return { ...event, ...place };
  const attachments = event.attachments?.map(({ token, ...about }) => ({
    ...about,
    open: (options: Parameters<OpenAttachment>[1]) => open(token, options),
  }));
  return { ...event, ...place, attachments };
}

const troubleSchema = z.object({
  code: z.string().regex(/^[A-Z][A-Z0-9_]{2,40}$/),
  message: z.string().max(1000),
  hint: z.string().max(500).optional(),
  fatal: z.boolean().optional(),
  retryAt: z.number().optional(),
});
export const troubleOf = (value: unknown): ChannelTrouble => troubleSchema.parse(value);

const resultSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sent"), receipt: z.looseObject({ messageId: z.string().min(1) }) }),
  z.object({
    kind: z.literal("retry"),
    error: z.string(),
    afterMs: z.number().nonnegative().optional(),
    everywhere: z.boolean().optional(),
  }),
  z.object({ kind: z.literal("dead"), error: z.string() }),
  z.object({ kind: z.literal("unknown"), error: z.string() }),
]);

/** What became of a send; an answer that cannot be understood leaves open whether it arrived. */
export function sendResultOf(value: unknown): SendResult {
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) return { kind: "unknown", error: "the adapter's answer cannot be understood" };
  const { data } = parsed;
  return data.kind === "sent" ? { kind: "sent", receipt: data.receipt as JsonObject } : data;
}

/** An outbound message as JSON, files as base64. */
export async function outboundJson(message: Outbound): Promise<JsonObject> {
  if (message.kind !== "message" || !message.media) return message as unknown as JsonObject;
  const media = await Promise.all(
    message.media.map(async (file) => {
      const { kind, mimeType, fileName, bytes } = file;
      return { kind, mimeType, fileName, bytes, data: Buffer.from(await file.read()).toString("base64") };
    }),
  );
  return { ...message, media } as unknown as JsonObject;
}

const loginStep = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("qr"), data: z.string().min(1).max(4096), expiresAt: z.number() }),
  z.object({ kind: z.literal("code"), code: z.string().min(1).max(64) }),
  z.object({ kind: z.literal("note"), text: z.string().max(2000) }),
]);
export const loginStepOf = (value: unknown): LoginStep => loginStep.parse(value);
