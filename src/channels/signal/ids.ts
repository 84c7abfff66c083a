// Signal names a message by its author and the time its author stated: ids here are `1700000000000:<author>`, the author
// being the immutable UUID, or the phone number where that is all that is known (of ourselves, always the number).

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const number = /^\+\d{5,15}$/;

export function messageIdOf(timestamp: number, author: string): string {
  return `${timestamp}:${author}`;
}

export function parseMessageId(id: string): { timestamp: number; author: string } | null {
  const [, timestamp, author] = /^(\d{1,16}):(.{1,64})$/.exec(id) ?? [];
  if (timestamp === undefined || author === undefined) return null;
  return uuid.test(author) || number.test(author) ? { timestamp: Number(timestamp), author } : null;
}

/** How the daemon is told where something goes: a person, or a group by its base64 id. Null when it is neither. */
export function targetOf(to: string): { recipient: string[] } | { groupId: string } | null {
  if (uuid.test(to) || number.test(to) || /^u:[\w.]{3,48}$/.test(to)) return { recipient: [to] };
  return /^[A-Za-z0-9+/]{22,86}={0,2}$/.test(to) ? { groupId: to } : null;
}
