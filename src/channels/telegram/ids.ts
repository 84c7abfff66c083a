// Telegram numbers messages per chat, so an id that names one message everywhere has both numbers: `-100123:45`.

/** The id of a message as the rest of the gateway knows it. */
export function messageIdOf(chatId: number | string, messageId: number): string {
  return `${chatId}:${messageId}`;
}

/** The number of a message in its chat, and the chat where the id tells. Null for what cannot be one of ours. */
export function parseMessageId(id: string): { chatId: string | null; number: number } | null {
  const match = /^(?:(-?\d{1,20}|@\w{1,64}):)?(\d{1,15})$/.exec(id);
  return match ? { chatId: match[1] ?? null, number: Number(match[2]) } : null;
}
