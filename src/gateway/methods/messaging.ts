import { z } from "zod";
import type { FoundAccount, Sent } from "../../routing/contract.ts";
import {
  createMessageDesk,
  partsOf,
  requireCapability,
  resolveTarget,
  runningOf,
  type AimedPlace,
} from "../../routing/index.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const text = z.string();
const named = z.string().min(1);
const place = {
  channel: text.optional(),
  accountId: text.optional(),
  threadId: text.optional(),
  /** Only says what would be done. */
  dryRun: z.boolean().optional(),
};
const button = z.strictObject({
  label: named.max(80),
  value: named.max(60),
  style: z.enum(["primary", "danger"]).optional(),
});
const historyLimit = z.int().min(1).max(200).optional();

type Place = { to: string; channel?: string; accountId?: string; threadId?: string; dryRun?: boolean };

/** `send`, `poll` (protocol.md 3.5) and what else can be done to messages of a channel. */
export function createMessagingMethods(services: GatewayServices): Method[] {
  const { channels, clock } = services;

  const desk = createMessageDesk({ channels, clock });

  /** The account and the id a request means. */
  function aim(request: Place): Promise<AimedPlace> {
    known(request.channel);
    const { to, channel, accountId: account, threadId } = request;
    return desk.aim({ to, channel, account, threadId });
  }

  function pick(request: { channel?: string | undefined; accountId?: string | undefined }): FoundAccount {
    known(request.channel);
    return channels.pick({
      ...(request.channel ? { channel: request.channel } : {}),
      ...(request.accountId ? { account: request.accountId } : {}),
    });
  }

  function known(channel: string | undefined): void {
    if (channel && !channels.ids().includes(channel))
      throw invalidRequest(`unsupported channel: ${channel.slice(0, 40)}`, "openclaw channels status");
  }

  const dry = (aimed: AimedPlace, what: object) => ({
    dryRun: true,
    channel: aimed.account.settings.channel,
    accountId: aimed.account.settings.account,
    to: aimed.to,
    ...what,
  });

  return [
    method({
      name: "send",
      authority: "write",
      params: z.strictObject({
        to: named,
        message: text,
        idempotencyKey: named,
        mediaUrl: text.optional(),
        mediaUrls: z.array(text).max(16).optional(),
        gifPlayback: z.boolean().optional(),
        replyTo: text.optional(),
        buttons: z.array(z.array(button).max(8)).max(8).optional(),
        silent: z.boolean().optional(),
        sessionKey: text.optional(),
        ...place,
      }),
      async handler(params, context) {
        const mediaUrls = [...(params.mediaUrl ? [params.mediaUrl] : []), ...(params.mediaUrls ?? [])];
        if (params.message.trim() === "" && mediaUrls.length === 0)
          throw invalidRequest("message or mediaUrl required");
        const aimed = await aim(params);
        if (params.dryRun) {
          const limit = aimed.account.manifest?.capabilities.maxTextLength;
          return dry(aimed, { parts: partsOf(params.message, limit), mediaUrls });
        }
        const { replyTo, buttons, silent } = params;
        const sent = await desk.send(
          aimed,
          {
            text: params.message,
            mediaUrls,
            ...(replyTo ? { replyTo } : {}),
            ...(buttons ? { buttons } : {}),
            ...(silent ? { silent } : {}),
          },
          { key: `send:${params.idempotencyKey}`, signal: context.signal },
        );
        return {
          ...answer(params.idempotencyKey, sent),
          ...(sent.parts > 1 ? { parts: sent.parts } : {}),
        };
      },
    }),
    method({
      name: "poll",
      authority: "admin",
      hidden: true,
      params: z.strictObject({
        to: named,
        question: named.max(300),
        options: z.array(named.max(100)).min(2).max(12),
        maxSelections: z.int().min(1).optional(),
        durationHours: z.int().min(1).max(768).optional(),
        idempotencyKey: named,
        ...place,
      }),
      async handler(params, context) {
        const aimed = await aim(params);
        requireCapability(aimed.account, "polls");
        const { question, options, durationHours } = params;
        const maxSelections = Math.min(params.maxSelections ?? 1, options.length);
        if (params.dryRun) return dry(aimed, { question, options, maxSelections });
        const poll = { question, options, maxSelections, ...(durationHours ? { durationHours } : {}) };
        const wish = { key: `poll:${params.idempotencyKey}`, signal: context.signal };
        const sent = await desk.poll(aimed, poll, wish);
        const { pollId } = sent.receipt;
        return { ...answer(params.idempotencyKey, sent), ...(typeof pollId === "string" ? { pollId } : {}) };
      },
    }),
    method({
      name: "message.action",
      authority: "write",
      params: z.strictObject({
        action: z.enum(["react", "edit", "delete"]),
        to: named,
        messageId: named,
        emoji: text.optional(),
        remove: z.boolean().optional(),
        message: text.optional(),
        idempotencyKey: named,
        ...place,
      }),
      async handler(params, context) {
        const { action, messageId, emoji, message, remove } = params;
        const aimed = await aim(params);
        requireCapability(aimed.account, action);
        if (action === "react" && !emoji) throw invalidRequest("emoji required");
        if (action === "edit" && !message?.trim()) throw invalidRequest("message required");
        if (params.dryRun) return dry(aimed, { action, messageId });
        const content =
          action === "react"
            ? { kind: action, messageId, emoji: emoji ?? "", ...(remove ? { remove } : {}) }
            : { kind: action, messageId };
        const sent = await desk.act(aimed, content, {
          key: `action:${params.idempotencyKey}`,
          signal: context.signal,
          ...(action === "edit" && message !== undefined ? { text: message } : {}),
        });
        return { ...answer(params.idempotencyKey, sent), messageId };
      },
    }),
    method({
      name: "message.read",
      authority: "read",
      params: z.strictObject({ to: named, before: text.optional(), limit: historyLimit, ...place }),
      async handler(params, context) {
        const aimed = await aim(params);
        const { before, limit = 20 } = params;
        return { to: aimed.to, messages: await desk.read(aimed, { before, limit }, context.signal) };
      },
    }),
    method({
      name: "message.search",
      authority: "read",
      params: z.strictObject({ query: named, to: named.optional(), limit: historyLimit, ...place }),
      async handler(params, context) {
        const account = pick(params);
        const running = runningOf(account, "search");
        const to = params.to === undefined ? null : await resolveTarget(account, params.to, clock);
        const { query, limit = 20 } = params;
        const found = await running.search?.(
          { text: query, limit, ...(to === null ? {} : { to }) },
          context.signal,
        );
        return { messages: found ?? [] };
      },
    }),
    method({
      name: "message.thread.create",
      authority: "write",
      params: z.strictObject({ to: named, name: named.max(100), messageId: text.optional(), ...place }),
      async handler(params, context) {
        const aimed = await aim(params);
        requireCapability(aimed.account, "threads");
        const { name, messageId } = params;
        if (params.dryRun) return dry(aimed, { name });
        const made = await desk.createThread(aimed, { name, messageId }, context.signal);
        return { ...made, to: aimed.to, channel: aimed.account.settings.channel };
      },
    }),
    method({
      name: "channels.directory",
      authority: "read",
      params: z.strictObject({
        kind: z.enum(["user", "group", "thread"]).optional(),
        query: text.optional(),
        limit: z.int().min(1).max(1000).optional(),
        channel: text.optional(),
        accountId: text.optional(),
      }),
      async handler({ kind, query, limit = 100, ...wanted }, context) {
        const account = pick(wanted);
        const running = runningOf(account, "directory");
        const entries =
          (await running.directory?.({ limit, ...(query ? { text: query } : {}) }, context.signal)) ?? [];
        return {
          channel: account.settings.channel,
          entries: entries.filter((entry) => kind === undefined || entry.kind === kind).slice(0, limit),
        };
      },
    }),
  ];
}

/** What clients of the existing system find in the answer to a send. */
function answer(runId: string, sent: Sent) {
  const ids = ["chatId", "channelId", "toJid", "conversationId"].flatMap((name) =>
    typeof sent.receipt[name] === "string" ? [[name, sent.receipt[name]] as const] : [],
  );
  return {
    runId,
    messageId: sent.messageId,
    channel: sent.channel,
    accountId: sent.account,
    key: sent.key,
    ...Object.fromEntries(ids),
  };
}
