import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import type { ChannelAccountStatus } from "../../routing/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const text = z.string();
const named = z.string().min(1);

/** `channels.status` and `send` (protocol.md 3.5, 3.8). */
export function createChannelMethods(services: GatewayServices): Method[] {
  const { channels, clock, logger } = services;

  async function probeAll(timeoutMs: number): Promise<void> {
    const accounts = channels
      .ids()
      .flatMap((id) => channels.accounts(id).map((account) => ({ id, accountId: account.accountId })));
    await Promise.all(
      accounts.map(async ({ id, accountId }) => {
        try {
          await channels.probe(id, accountId, timeoutMs);
        } catch (error) {
          // The account's own status says what is wrong; one that fails must not hide the others.
          logger.warn("a channel probe failed", { channel: id, account: accountId, error: messageOf(error) });
        }
      }),
    );
  }

  return [
    method({
      name: "channels.status",
      authority: "read",
      params: z.strictObject({ probe: z.boolean().optional(), timeoutMs: z.int().min(0).optional() }),
      async handler({ probe = false, timeoutMs = 10_000 }) {
        if (probe) await probeAll(Math.min(Math.max(timeoutMs, 1000), 60_000));
        const ids = channels.ids();
        const each = <T>(value: (id: string) => T) => Object.fromEntries(ids.map((id) => [id, value(id)]));
        return {
          ts: clock.now(),
          channelOrder: ids,
          channelLabels: each((id) => channels.label(id)),
          channelDetailLabels: each((id) => channels.label(id)),
          channelSystemImages: {},
          channelMeta: ids.map((id) => ({
            id,
            label: channels.label(id),
            detailLabel: channels.label(id),
          })),
          channels: each((id) => summary(channels.accounts(id))),
          channelAccounts: each((id) => channels.accounts(id)),
          channelDefaultAccountId: each((id) => mainAccount(channels.accounts(id))?.accountId ?? "default"),
        };
      },
    }),
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
        channel: text.optional(),
        accountId: text.optional(),
        threadId: text.optional(),
        sessionKey: text.optional(),
      }),
      async handler(params, context) {
        const mediaUrls = [...(params.mediaUrl ? [params.mediaUrl] : []), ...(params.mediaUrls ?? [])];
        if (params.message.trim() === "" && mediaUrls.length === 0)
          throw invalidRequest("message or mediaUrl required");
        if (params.channel && !channels.ids().includes(params.channel)) {
          throw invalidRequest(
            `unsupported channel: ${params.channel.slice(0, 40)}`,
            "openclaw channels status",
          );
        }
        const sent = await channels.send(
          {
            key: `send:${params.idempotencyKey}`,
            to: params.to,
            text: params.message,
            ...(params.channel ? { channel: params.channel } : {}),
            ...(params.accountId ? { account: params.accountId } : {}),
            ...(params.threadId ? { threadId: params.threadId } : {}),
            ...(mediaUrls.length === 0 ? {} : { mediaUrls }),
          },
          context.signal,
        );
        const named = ["chatId", "channelId", "toJid", "conversationId"].flatMap((name) =>
          typeof sent.receipt[name] === "string" ? [[name, sent.receipt[name]] as const] : [],
        );
        return {
          runId: params.idempotencyKey,
          messageId: sent.messageId,
          channel: sent.channel,
          ...Object.fromEntries(named),
        };
      },
    }),
  ];
}

function mainAccount(accounts: ChannelAccountStatus[]): ChannelAccountStatus | undefined {
  return accounts.find((account) => account.accountId === "default") ?? accounts[0];
}

function summary(accounts: ChannelAccountStatus[]): Record<string, unknown> {
  const main = mainAccount(accounts);
  if (!main) return { configured: false, running: false };
  const { accountId: _accountId, enabled: _enabled, ...fields } = main;
  return fields;
}
