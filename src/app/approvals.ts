import { channelCatalog } from "../channels/catalog.ts";
import type { ChannelManifest } from "../channels/contract.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";
import type { ApprovalPlaces } from "../sandbox/index.ts";
import { replyStyle } from "./replies.ts";

// From the configuration to where runs ask for permission.

/** `approvals.exec`: the chat a run answers in, and further places. */
export function approvalPlaces(config: OpenClawConfig): ApprovalPlaces {
  const { enabled, mode, targets } = config.approvals.exec;
  const places = targets.map(({ channel, accountId = "default", to, threadId }): DeliveryTarget => {
    const place = { channel, account: accountId, to };
    return threadId === undefined ? place : { ...place, threadId: String(threadId) };
  });
  return {
    inChat: enabled && mode !== "targets",
    targets: enabled && mode !== "session" ? places : [],
  };
}

/** What a place can show of a question. */
export function approvalPlace(
  config: OpenClawConfig,
  target: DeliveryTarget,
  catalog: readonly ChannelManifest[] = channelCatalog,
): { buttons: boolean; maxChars: number } {
  const manifest = catalog.find(({ id }) => id === target.channel);
  return {
    buttons: manifest?.capabilities.can.includes("buttons") === true,
    maxChars: replyStyle(config, target, catalog).limit,
  };
}

/** Ids of a channel in `approvals.exec.approvers`. */
export function approversOn(config: OpenClawConfig, channel: string): string[] {
  const prefix = `${channel}:`;
  return config.approvals.exec.approvers.flatMap((entry) => {
    const id = entry.trim();
    return id.startsWith(prefix) && id !== prefix ? [id.slice(prefix.length)] : [];
  });
}
