import type { InboundEvent } from "../channels/contract.ts";
import { sortableId } from "../core/ids.ts";
import type { TranscriptEntry } from "../core/conversation.ts";

interface Line {
  messageId: string;
  sender: string;
  text: string;
  at: number;
}

/** What members said to each other in groups, until the assistant is spoken to. In memory: a restart forgets it. */
export interface GroupHistory {
  /** Keeps a message of an admitted member for the sessions it belongs to; `limit` messages at most, 0 keeps none. */
  note(sessionKeys: readonly string[], event: InboundEvent, limit: number): void;
  /** Follows an edit or a deletion of something that was kept. */
  follow(sessionKeys: readonly string[], event: InboundEvent): void;
  /** What was kept for a session, as one entry of foreign text for its conversation; it is forgotten here. */
  take(sessionKey: string, now: number): TranscriptEntry[];
}

const maxTextChars = 2000;
const maxNameChars = 80;
const maxSessions = 500;

export function createGroupHistory(): GroupHistory {
  const kept = new Map<string, { channel: string; lines: Line[] }>();
  return {
    note(sessionKeys, event, limit) {
      if (event.kind !== "message" || limit <= 0 || event.text.trim() === "") return;
      for (const key of sessionKeys) {
        const before = kept.get(key)?.lines ?? [];
        if (before.some(({ messageId }) => messageId === event.messageId)) continue;
        const { messageId, sender, sentAt } = event;
        const line = {
          messageId,
          sender: (sender.name ?? sender.id).slice(0, maxNameChars),
          text: event.text.slice(0, maxTextChars),
          at: sentAt,
        };
        // Re-inserted: the map's order is the order of use.
        kept.delete(key);
        kept.set(key, { channel: event.channel, lines: [...before, line].slice(-limit) });
        const oldest = kept.keys().next();
        if (kept.size > maxSessions && !oldest.done) kept.delete(oldest.value);
      }
    },
    follow(sessionKeys, event) {
      if (event.kind !== "edit" && event.kind !== "delete") return;
      const text = event.kind === "edit" ? event.text : undefined;
      for (const key of sessionKeys) {
        const group = kept.get(key);
        if (!group) continue;
        group.lines = group.lines.flatMap((line) => {
          if (line.messageId !== event.targetId) return [line];
          return text === undefined ? [] : [{ ...line, text: text.slice(0, maxTextChars) }];
        });
      }
    },
    take(sessionKey, now) {
      const group = kept.get(sessionKey);
      kept.delete(sessionKey);
      if (!group || group.lines.length === 0) return [];
      const text = group.lines.map(({ sender, text: said }) => `${oneLine(sender)}: ${indented(said)}`);
      return [
        {
          id: sortableId(now),
          ts: now,
          role: "user",
          kind: "injected",
          content: [{ type: "text", text: text.join("\n") }],
          origin: {
            door: `channel:${group.channel}`,
            trust: "untrusted",
            sender: "members of the group, not addressed to you",
          },
        },
      ];
    },
  };
}

/** So that no text can look like the line of somebody else. */
const indented = (text: string) => text.replaceAll(/[\r\n\u2028\u2029]+/gu, "\n  ");
const oneLine = (text: string) => text.replaceAll(/[\s\u0000-\u001f\u007f:]+/gu, " ");
