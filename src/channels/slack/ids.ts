// A message of Slack is named by its time, which is unique in its conversation only: ids here are `C0123:1700000000.000100`.

export function messageIdOf(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

/** The parts of an id; the conversation is `to` where the id names none. Null when it is no id of a message. */
export function parseMessageId(id: string, to: string): { channel: string; ts: string } | null {
  const [, channel, ts] = /^(?:([A-Z0-9]{2,32}):)?(\d{1,12}\.\d{1,9})$/.exec(id) ?? [];
  return ts === undefined ? null : { channel: channel ?? to, ts };
}

/** Epoch milliseconds of a message. */
export function timeOf(ts: string): number {
  return Math.round(Number(ts) * 1000) || 0;
}

/** Direct chats begin with D; channels and group chats with C or G. */
export function isDirect(channel: string): boolean {
  return channel.startsWith("D");
}

/** Whether the first time is later. Times have as many digits as they have, so they are compared as numbers in two parts. */
export function isLater(ts: string, than: string): boolean {
  const [whole = "0", part = "0"] = ts.split(".");
  const [otherWhole = "0", otherPart = "0"] = than.split(".");
  if (Number(whole) !== Number(otherWhole)) return Number(whole) > Number(otherWhole);
  return Number(part.padEnd(9, "0")) > Number(otherPart.padEnd(9, "0"));
}
