import type { DiscordRest } from "./rest.ts";
import type { WireChannel } from "./types.ts";
import { forumTypes, isId, publicThread } from "./wire.ts";

const nameLimit = 100;

/** Starts a thread in a channel, at a message where given; in a forum it is a post, whose first words are its name. */
export async function createThreadIn(
  rest: DiscordRest,
  { to, name, messageId }: { to: string; name: string; messageId?: string },
  signal: AbortSignal,
): Promise<{ threadId: string }> {
  const title = name.slice(0, nameLimit).toWellFormed();
  const make = async (path: string, body: Record<string, string | number | { content: string }>) => {
    const thread = (await rest.call({ method: "POST", path, body }, { signal })) as WireChannel;
    return { threadId: thread.id };
  };
  if (messageId !== undefined && isId(messageId))
    return make(`/channels/${to}/messages/${messageId}/threads`, { name: title });
  const channel = (await rest.call({ method: "GET", path: `/channels/${to}` }, { signal })) as WireChannel;
  return make(
    `/channels/${to}/threads`,
    forumTypes.has(channel.type)
      ? { name: title, message: { content: title } }
      : { name: title, type: publicThread },
  );
}
