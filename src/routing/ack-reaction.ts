import type { InboundMessageEvent, Outbound } from "../channels/contract.ts";
import type { ChannelAccount } from "./account.ts";

/** `messages.ackReaction*`: the emoji that says "received". */
export interface AckSettings {
  emoji: string;
  scope: "group-mentions" | "group-all" | "direct" | "all" | "off";
  removeAfterReply: boolean;
}

/** More runs than this without an end are forgotten, oldest first; their emoji stays. */
const maxRemembered = 1000;

/** Puts the emoji on a message that was committed, and takes it away when it is answered. */
export function acknowledgement(deps: {
  attempt(place: { channel: string; account: string }, message: Outbound): Promise<boolean>;
  settings: () => AckSettings;
}) {
  const open = new Map<string, { place: { channel: string; account: string }; message: Outbound }>();

  return {
    accepted(account: ChannelAccount, event: InboundMessageEvent): void {
      const { emoji, scope, removeAfterReply } = deps.settings();
      if (emoji === "" || !applies(scope, event)) return;
      if (!account.manifest?.capabilities.can.includes("react")) return;
      const id = `${event.channel}:${event.account}:${event.messageId}`;
      const place = { channel: event.channel, account: event.account };
      const message = {
        kind: "react",
        key: `ack:${id}`,
        to: event.chat.id,
        messageId: event.messageId,
        emoji,
        ...(event.chat.threadId === undefined ? {} : { threadId: event.chat.threadId }),
      } satisfies Outbound;
      if (removeAfterReply) {
        open.set(id, { place, message: { ...message, key: `unack:${id}`, remove: true } });
        for (const oldest of open.keys()) {
          if (open.size <= maxRemembered) break;
          open.delete(oldest);
        }
      }
      void deps.attempt(place, message);
    },
    /** A run, or a message answered by another run, has ended. Their ids begin with that of the message. */
    ended(runId: string): void {
      const known = open.get(runId);
      if (!known) return;
      open.delete(runId);
      void deps.attempt(known.place, known.message);
    },
  };
}

function applies(scope: AckSettings["scope"], { chat, mentioned }: InboundMessageEvent): boolean {
  switch (scope) {
    case "all":
      return true;
    case "direct":
      return chat.kind === "direct";
    case "group-all":
      return chat.kind === "group";
    case "group-mentions":
      return chat.kind === "group" && mentioned;
    default:
      return false;
  }
}
