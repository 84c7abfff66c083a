import type { InboundMessageEvent } from "../channels/contract.ts";
import type { JsonObject } from "../core/json.ts";
import type { SessionStore } from "../sessions/contract.ts";
import type { AccountSettings } from "./accounts.ts";
import type { Route } from "./route.ts";

const maxTitleChars = 120;

/**
 * Writes to the record of a conversation where it takes place, before its message is accepted: replies find their way
 * by it, lists show the group's title, and the settings of the group hold for every run there. Writes only what changed.
 */
export async function rememberPlace(
  sessions: Pick<SessionStore, "get" | "ensure" | "patch">,
  at: { route: Route; event: InboundMessageEvent; settings: AccountSettings },
): Promise<void> {
  const { route, event, settings } = at;
  const { channel, account: accountId, chat } = event;
  const record = await sessions.ensure(route.sessionKey, route.agentId);
  const place: JsonObject = {
    channel,
    accountId,
    to: chat.id,
    ...(chat.threadId === undefined ? {} : { threadId: chat.threadId }),
    ...(chat.parentId === undefined ? {} : { parentId: chat.parentId }),
  };
  // What several chats share is no place of its own.
  const { mainKey } = settings.routing.session;
  const isShared = ["global", `agent:${route.agentId}:${mainKey}`].includes(route.sessionKey);
  const title = chat.kind === "group" ? chat.title?.trim().slice(0, maxTitleChars).toWellFormed() : undefined;
  const next = isShared
    ? { channel: record.channel, chatType: record.chatType, displayName: record.displayName }
    : { channel, chatType: chat.kind, displayName: title || record.displayName };
  const isSame =
    next.channel === record.channel &&
    next.chatType === record.chatType &&
    next.displayName === record.displayName &&
    JSON.stringify(place) === JSON.stringify(record.route);
  if (!isSame) await sessions.patch(route.sessionKey, { ...next, route: place });
}
