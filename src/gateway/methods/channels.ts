import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import type { ChannelAccountStatus } from "../../routing/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";

/** `channels.status` (protocol.md 3.8). */
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
      params: () => z.strictObject({ probe: z.boolean().optional(), timeoutMs: z.int().min(0).optional() }),
      async handler({ probe = false, timeoutMs = 10_000 }) {
        if (probe) await probeAll(Math.min(Math.max(timeoutMs, 1000), 60_000));
        const ids = channels.ids();
        const manifests = new Map(channels.available().map((manifest) => [manifest.id, manifest]));
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
            login: manifests.get(id)?.capabilities.can.includes("login") === true,
          })),
          // What could be configured besides, for people who look for it.
          channelsAvailable: [...manifests.values()]
            .filter(({ id }) => !ids.includes(id))
            .map(({ id, label, credentials }) => ({
              id,
              label,
              credentials: credentials.map(({ key, title, titles = {}, flag, optional = false }) => ({
                key,
                title,
                titles,
                flag,
                optional,
              })),
            })),
          channels: each((id) => summary(channels.accounts(id))),
          channelAccounts: each((id) => channels.accounts(id)),
          channelDefaultAccountId: each((id) => mainAccount(channels.accounts(id))?.accountId ?? "default"),
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
