import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { Tool, ToolContext } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { binaryType, formatBytes } from "../../tool-kit/file-type.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";
import type { MessageAction, MessagePlace, MessageServices } from "./contract.ts";

export type { MessageAction, MessagePlace, MessageServices } from "./contract.ts";

const maxFileBytes = 16 * 1024 * 1024;

const input = z.strictObject({
  action: z.enum(["send", "poll", "react", "edit", "delete", "read", "thread"]).default("send"),
  channel: z.string().min(1).max(64).optional().describe("Channel, e.g. telegram; default: this chat's"),
  to: z.string().min(1).max(256).optional().describe("Chat or user id, or a name; default: this chat"),
  account: z.string().min(1).max(64).optional().describe("Account of the channel when there are several"),
  threadId: z.string().min(1).max(256).optional().describe("Topic or thread within the chat"),
  text: z.string().max(32_000).optional().describe("send, edit: the text, as markdown"),
  media: z
    .array(z.string().min(1).max(2048))
    .max(10)
    .optional()
    .describe("send: files of the workspace, or http(s) addresses"),
  replyTo: z.string().max(256).optional().describe("send: id of the message that is quoted"),
  messageId: z.string().max(256).optional().describe("react, edit, delete, thread: id of the message"),
  emoji: z.string().max(64).optional().describe("react: the emoji"),
  remove: z.boolean().optional().describe("react: take it back"),
  question: z.string().max(300).optional().describe("poll"),
  options: z.array(z.string().min(1).max(100)).min(2).max(12).optional().describe("poll: the answers"),
  maxSelections: z.int().min(1).max(12).optional().describe("poll: answers one may choose, default 1"),
  name: z.string().max(100).optional().describe("thread: its name"),
  before: z.string().max(256).optional().describe("read: only messages before this one"),
  limit: z.int().min(1).max(100).optional().describe("read: how many, default 20"),
});
type Input = z.infer<typeof input>;

/** Writes to chats and reads them, within `tools.message.*`. What is sent goes through the outbox. */
export function messageTool(
  services: Pick<ToolServices, "rootFor" | "denied"> & { message: MessageServices },
): Tool {
  const { message } = services;
  return defineTool<Input>({
    name: "message",
    description:
      "Send, poll, react, edit, delete, read, or start a thread in a chat of a channel. Without channel and to, the chat you were asked in. Not needed to answer the current conversation.",
    groups: ["group:messaging"],
    effect: "network",
    input,
    async run(wish, context) {
      const here = message.here(context.runId);
      const wanted = wantedPlace(wish, here);
      const place = await message.aim(wanted);
      permit(place, here, message.policy());
      const action = await actionOf(wish, (media) => addressOf(media, services, context));
      const { runId, callId, signal } = context;
      return textOutput(await message.perform(action, { place, key: `message:${runId}:${callId}`, signal }));
    },
  });
}

function wantedPlace(wish: Input, here: MessagePlace | null) {
  const { channel, account, to, threadId } = wish;
  if (to === undefined && (!here || (channel !== undefined && channel !== here.channel)))
    throw new UserError("MESSAGE_TARGET", "to is missing: the id or name of the chat");
  const isHere = here !== null && (channel === undefined || channel === here.channel);
  const base = isHere ? { channel: here.channel, account: here.account } : {};
  const thread = to === undefined ? (threadId ?? here?.threadId) : threadId;
  return {
    ...base,
    ...(channel === undefined ? {} : { channel }),
    ...(account === undefined ? {} : { account }),
    to: to ?? here?.to ?? "",
    ...(thread === undefined ? {} : { threadId: thread }),
  };
}

/** A chat that was told something must not be able to make the agent tell it to another one. */
function permit(
  place: MessagePlace,
  here: MessagePlace | null,
  policy: ReturnType<MessageServices["policy"]>,
): void {
  if (policy.channels && !policy.channels.includes(place.channel))
    throw new UserError("MESSAGE_CHANNEL", `the message tool may not use channel "${place.channel}"`, {
      hint: `tools.message.channels allows: ${policy.channels.join(", ") || "none"}`,
    });
  const isHere =
    here === null ||
    (place.channel === here.channel && place.account === here.account && place.to === here.to);
  if (!isHere && !policy.crossContext)
    throw new UserError(
      "MESSAGE_CROSS_CONTEXT",
      `a run that was asked in ${here.channel} ${here.to} may not use another chat (${place.channel} ${place.to})`,
      { hint: "the operator can allow it: openclaw config set tools.message.crossContext true" },
    );
}

async function actionOf(wish: Input, address: (media: string) => Promise<string>): Promise<MessageAction> {
  const need = <K extends "messageId" | "emoji" | "question" | "options" | "name" | "text">(key: K) => {
    const value = wish[key];
    if (value !== undefined && value.length > 0) return value;
    throw new UserError("MESSAGE_INPUT", `${wish.action} needs ${key}`);
  };
  switch (wish.action) {
    case "send": {
      const { text = "", media = [], replyTo } = wish;
      if (text.trim() === "" && media.length === 0) need("text");
      const mediaUrls = await Promise.all(media.map(address));
      return { kind: "send", text, mediaUrls, ...(replyTo ? { replyTo } : {}) };
    }
    case "poll": {
      const options = need("options");
      const maxSelections = Math.min(wish.maxSelections ?? 1, options.length);
      return { kind: "poll", question: need("question"), options, maxSelections };
    }
    case "react": {
      const reaction = { messageId: need("messageId"), emoji: need("emoji") };
      return { kind: "react", ...reaction, ...(wish.remove ? { remove: true } : {}) };
    }
    case "edit":
      return { kind: "edit", messageId: need("messageId"), text: need("text") };
    case "delete":
      return { kind: "delete", messageId: need("messageId") };
    case "read":
      return { kind: "read", limit: wish.limit ?? 20, ...(wish.before ? { before: wish.before } : {}) };
    case "thread":
      return { kind: "thread", name: need("name"), ...(wish.messageId ? { messageId: wish.messageId } : {}) };
  }
}

/** A file of the workspace as an address that holds it; http(s) addresses as they are. */
async function addressOf(
  media: string,
  services: Pick<ToolServices, "rootFor" | "denied">,
  context: ToolContext,
): Promise<string> {
  if (/^https?:\/\//i.test(media)) return media;
  if (/^[a-z][a-z0-9+.-]*:/i.test(media))
    throw new UserError(
      "MEDIA_ADDRESS",
      `${JSON.stringify(media.slice(0, 80))} is neither a file nor http(s)`,
    );
  const root = await workspaceOf(services, context);
  const { bytes, size } = await root.read(media, { length: maxFileBytes });
  if (size > maxFileBytes)
    throw new UserError(
      "MEDIA_TOO_LARGE",
      `${media} has ${formatBytes(size)}; at most ${formatBytes(maxFileBytes)}`,
    );
  const type = binaryType(bytes)?.type ?? "text/plain";
  return `data:${type};name=${encodeURIComponent(basename(media))};base64,${Buffer.from(bytes).toString("base64")}`;
}
