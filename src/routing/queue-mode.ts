import type { QueueMode } from "../ledger/contract.ts";

/** The mode of a message that says none (`messages.queue`): that of its channel, else the one for all. */
export function queueModeOf(
  door: string,
  settings: { queueMode: QueueMode; queueModeByChannel?: Readonly<Record<string, QueueMode>> },
): QueueMode {
  // Channels are the doors whose name says so.
  const channel = /^channel:(.+)$/.exec(door)?.[1] ?? "";
  const modes = settings.queueModeByChannel ?? {};
  return (Object.hasOwn(modes, channel) ? modes[channel] : undefined) ?? settings.queueMode;
}
